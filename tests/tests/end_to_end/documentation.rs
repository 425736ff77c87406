//! The examples of the pages do what the pages say. Those of `routectl` are run as they stand
//! there; those in Rust are parts of the client's examples, which are run here.

use std::fs;
use std::io::{BufRead, BufReader, pipe};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use ipforward::{AddressFamily, Device, Interface, IpNet, Route, WatchFilter};
use tests::{Host, program, routectl, start_host, start_host_with};
use tree_checks::page_commands;
use tree_checks::source::Tree;

#[expect(dead_code, reason = "its `main` reads the command line")]
#[path = "../../../crates/ipforward/examples/batch.rs"]
mod batch;
#[expect(dead_code, reason = "its `main` reads the command line")]
#[path = "../../../crates/ipforward/examples/watch.rs"]
mod watch;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The Rust of a page, and what the page says that it prints.
fn example(page: &str) -> (String, String) {
    let text = fs::read_to_string(root().join("docs/user").join(page)).unwrap();
    let (_, after) = text.split_once("```rust\n").unwrap();
    let (code, after) = after.split_once("```\n").unwrap();
    let (_, after) = after.split_once("```text\n").unwrap();
    let (output, _) = after.split_once("```\n").unwrap();
    (code.to_owned(), output.to_owned())
}

/// The page shows code of the example that is run.
fn shows(code: &str, example: &str) {
    let file = fs::read_to_string(root().join("crates/ipforward/examples").join(example)).unwrap();
    assert!(file.contains(code), "{example} is not what the page shows");
}

/// The pages show no flags, because the stack has stored them as `routectl` gives them.
fn start_host_of_the_pages() -> Host {
    start_host_with(&["--behaviour", "stored-flags=as-given"])
}

#[test]
fn routectl_prints_what_the_page_of_leases_says() {
    let host = start_host_of_the_pages();
    let program: PathBuf = program("routectl");
    let folder = program.parent().unwrap().to_str().unwrap().to_owned();
    let socket = host.socket();
    trycmd::TestCases::new()
        .register_bin("routectl", program)
        .env("PATH", folder)
        .env("IPFORWARD_DEVICE", socket.to_str().unwrap())
        .case(root().join("docs/user/leases.md"))
        .run();
    let device = Device::open(&socket).unwrap();
    assert!(device.leases().unwrap().is_empty());
    drop(device);
    host.stop_clean();
}

/// The words of a text, with one space between them.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_of_routectl_has_the_exit_codes_of_its_help() {
    let help = Command::new(program("routectl")).arg("--help").output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let (_, help) = help.split_once("Exit codes:\n").unwrap();
    let (codes, of_a_command) = help.split_at(help.find("`hold`,").unwrap());
    let page = fs::read_to_string(root().join("docs/user/routectl.md")).unwrap();
    let rows = page
        .lines()
        .skip_while(|line| *line != "| code | meaning |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.trim_matches('|').replace(" | ", " "));
    assert_eq!(one_line(&rows.collect::<String>()), one_line(codes));
    assert!(one_line(&page).contains(&one_line(of_a_command)));
}

/// What the README says that the demo prints: the words of each command, and its output.
fn demo() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, after) = text.split_once("The demo, shortened:").unwrap();
    let (_, after) = after.split_once("```console\n").unwrap();
    let (block, _) = after.split_once("```\n").unwrap();
    let commands = block.split("\n# ").filter_map(|part| {
        let (_, command) = part.split_once("\n$ routectl ")?;
        let (words, output) = command.split_once('\n')?;
        Some((words.to_owned(), output.trim_end().to_owned()))
    });
    commands.collect()
}

#[test]
fn the_demo_prints_what_the_readme_says() {
    let host = start_host_of_the_pages();
    let mut process = host.connect();
    // So that no route grows older than the page says.
    process.pass_time(Duration::ZERO);
    let commands = demo();
    assert!(commands.len() > 3, "{commands:?}");
    for (words, expected) in commands {
        let output = routectl(&host.socket(), words.split(' ')).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        assert_eq!(printed.trim_end(), expected, "{words}");
    }
    drop(process);
    host.stop_clean();
}

/// What stands for any value in a command of nthost, and one.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("N", "1"),
    ("ID", "2"),
    ("MILLISECONDS", "20"),
    ("FILE.sys", "driver.sys"),
];

#[test]
fn nthost_understands_its_commands_on_the_pages() {
    let commands = page_commands::commands(&Tree::read().unwrap());
    let commands = commands.iter().filter_map(|one| one.arguments("nthost"));
    let mut count = 0;
    for arguments in commands {
        let words = arguments.split_whitespace().map(|word| {
            let placeholder = PLACEHOLDERS.iter().find(|(name, _)| *name == word);
            placeholder.map_or(word, |(_, value)| value)
        });
        // The help says nothing of an argument that a sentence leaves out.
        let output = Command::new(program("nthost"))
            .args(words.chain(["--help"]))
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
        count += 1;
    }
    assert!(count > 5, "{count}");
}

#[test]
fn the_example_of_batches_prints_what_its_page_says() {
    let (code, output) = example("batches.md");
    shows(&code, "batch.rs");
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let mut printed = Vec::new();
    batch::run(&device, &mut printed).unwrap();
    assert_eq!(String::from_utf8(printed).unwrap(), output);
    drop(device);
    host.stop_clean();
}

#[test]
fn the_example_of_watch_prints_what_its_page_says() {
    let (code, output) = example("watch.md");
    shows(&code, "watch.rs");
    let host = start_host();
    let (device, other) = (
        Device::open(host.socket()).unwrap(),
        Device::open(host.socket()).unwrap(),
    );
    let filter = WatchFilter::new().family(AddressFamily::IPV4);
    let mut watch = device.watch(&filter).unwrap();
    let (printed, mut out) = pipe().unwrap();
    let mut lines = BufReader::new(printed).lines().map(Result::unwrap);
    let printed: Vec<String> = thread::scope(|scope| {
        scope.spawn(move || watch::follow(&mut watch, 2, &mut out).unwrap());
        let first = lines.next();
        let prefix: IpNet = "10.20.0.0/16".parse().unwrap();
        let gateway: IpAddr = [192, 0, 2, 254].into();
        let route = Route::new(prefix, Interface::Index(7))
            .via(gateway)
            .metric(5);
        device.create_route(&route).unwrap();
        let second = lines.next();
        other.delete_route(&route.key()).unwrap();
        first.into_iter().chain(second).chain(lines).collect()
    });
    assert_eq!(printed.join("\n") + "\n", output);
    drop((device, other));
    host.stop_clean();
}
