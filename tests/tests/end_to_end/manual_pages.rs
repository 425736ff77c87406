//! The manual pages that the programs write.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use tests::program;

/// The requests and macros that a page has.
const REQUESTS: [&str; 12] = [
    "TH", "SH", "TP", "PP", "IP", "RS", "RE", "br", "nf", "fi", "ie", "el",
];

/// The programs that format or check a page, with their arguments.
const CHECKERS: [(&str, &[&str]); 2] = [
    ("man", &["--warnings", "-E", "UTF-8", "-l"]),
    ("mandoc", &["-T", "lint", "-W", "warning"]),
];

/// The output of a program of this workspace that succeeds.
fn printed(name: &str, words: &[&str]) -> String {
    let output = Command::new(program(name)).args(words).output().unwrap();
    assert!(output.status.success(), "{name} {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn help(name: &str, command: &[String]) -> String {
    let words = command.iter().map(String::as_str);
    printed(name, &words.chain(["--help"]).collect::<Vec<_>>())
}

/// The program, and every command that its help lists, each as its words.
fn commands(name: &str) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    let mut next = 0;
    while let Some(outer) = found.get(next).cloned() {
        let help = help(name, &outer);
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in listed.take_while(|line| !line.is_empty()) {
            let command = line.strip_prefix("  ").unwrap().split(' ').next().unwrap();
            if !command.is_empty() && command != "help" {
                found.push([&outer[..], &[command.to_owned()]].concat());
            }
        }
        next += 1;
    }
    found
}

/// The long options of a help text.
fn options(help: &str) -> BTreeSet<&str> {
    let lines = help.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.starts_with('-'));
    let names = lines.filter_map(|line| line.split("  ").next());
    let words = names.flat_map(|names| names.split([' ', ',', '[', '=']));
    words.filter(|word| word.starts_with("--")).collect()
}

/// What every reader of a page needs: its title, the usual sections, and known requests.
fn check_structure(title: &str, page: &str) {
    assert!(page.contains(&format!(".TH {title} 1 ")), "{title}: {page}");
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
        let heading = format!(".SH {section}\n");
        assert!(page.contains(&heading), "{title}: no {section}");
    }
    for line in page.lines() {
        if let Some(request) = line.strip_prefix('.') {
            let request = request.split(' ').next().unwrap();
            assert!(REQUESTS.contains(&request), "{title}: {line}");
        }
    }
}

/// The warnings of a program about a page; none if the program is not installed.
fn warnings(checker: &str, arguments: &[&str], page: &Path) -> String {
    let mut command = Command::new(checker);
    command.args(arguments).arg(page).env("MANWIDTH", "80");
    let Ok(output) = command.output() else {
        return String::new();
    };
    let text = match checker {
        // Its output is the page.
        "man" => output.stderr,
        _ => output.stdout,
    };
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn each_command_has_a_manual_page_without_a_warning() {
    for name in ["routectl", "nthost"] {
        let folder = tempfile::tempdir().unwrap();
        printed(name, &["man", folder.path().to_str().unwrap()]);
        let mut expected = BTreeSet::new();
        for command in commands(name) {
            let title = [&[name.to_owned()][..], &command].concat().join("-");
            let path = folder.path().join(format!("{title}.1"));
            let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{title}: {error}"));
            check_structure(&title, &page);
            for option in options(&help(name, &command)) {
                let written = option.replace('-', "\\-");
                assert!(page.contains(&written), "{title}: no {option}: {page}");
            }
            for (checker, arguments) in CHECKERS {
                let warnings = warnings(checker, arguments, &path);
                assert_eq!(warnings, "", "{checker}: {title}");
            }
            expected.insert(format!("{title}.1"));
        }
        let written = fs::read_dir(folder.path()).unwrap();
        let written = written.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(written.collect::<BTreeSet<_>>(), expected);
    }
}
