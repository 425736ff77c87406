//! Document, driver and tests name the same rules.

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write as _};
use std::process::Command;

use nt_kernel::on_windows::RulesPage;
use nt_kernel::testing::assert_page_agrees;

use crate::codes::{WDF_VIOLATION, wdf};
use crate::document;
use crate::faulty_host::{commit, known_faults};

/// The files of this program whose tests are about more than one rule, or about none of that document.
const NO_RULES: [&str; 6] = [
    "as_windows::",
    "built_irps::",
    "consistency::",
    "exceptions::",
    "irps::",
    "stacks::",
];

/// The rules with a test: all tests of this program that are in the file of a family.
fn tested_rules() -> BTreeSet<String> {
    let this = env::current_exe().expect("a running program has a path");
    let list = Command::new(this).arg("--list").output();
    let list = list.expect("this program starts again").stdout;
    String::from_utf8_lossy(&list)
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| name.contains("::") && !NO_RULES.iter().any(|file| name.starts_with(file)))
        .map(str::to_owned)
        .collect()
}

/// The rules in the tables of docs/host/rules.md. The test of each compares what it saw the host do with
/// what is said there.
fn documented_rules() -> BTreeSet<String> {
    document::rows().into_iter().map(|row| row.rule).collect()
}

#[test]
fn every_rule_is_documented_and_tested() {
    let (tested, documented) = (tested_rules(), documented_rules());
    // The test harness captures `println!`.
    let _ = writeln!(
        io::stderr(),
        "\nrules, each documented and tested: {}",
        documented.len()
    );
    assert_eq!(documented, tested);
}

/// The host's own first parameters of 0xC4, which are letters: CMP, HAN, LCK, NET, NOT, OUT, REG.
const OWN_PARAMETERS: [&str; 7] = [
    "0x434D50", "0x48414E", "0x4C434B", "0x4E4554", "0x4E4F54", "0x4F5554", "0x524547",
];

#[test]
fn every_rule_says_what_windows_does() {
    for row in document::rows() {
        let (rule, windows) = (row.rule, row.windows);
        assert!(!windows.is_empty(), "{rule}");
        // What the host answers is what the documentation says.
        assert!(
            !row.reaction.starts_with("answers") || windows == "the same",
            "{rule}"
        );
        // Windows has none of the host's own first parameters.
        let is_own = OWN_PARAMETERS.iter().any(|own| row.reaction.ends_with(own));
        assert!(
            !is_own || !windows.starts_with("the same"),
            "{rule}: {windows}"
        );
    }
}

/// What `--as-windows` does is what the document says of Windows.
#[test]
fn the_host_and_the_document_say_the_same_of_windows() {
    assert_page_agrees(RulesPage::General);
}

#[test]
fn every_fault_of_the_driver_has_its_test() {
    let known = known_faults().into_iter().collect();
    assert_eq!(tested_rules(), known);
}

/// The lines of the driver's own functions in the report of docs/host/reports.md that begins with `start`,
/// with the folder that is shortened there. What the compiler has made of macros and closures is
/// left out: it may have other names in the next version.
fn documented_frames(start: &str) -> Vec<String> {
    let document = document::reports();
    let (_, report) = document.split_once(start).expect("the report is there");
    let (report, _) = report.split_once("```").expect("the report ends");
    let source = concat!("(", env!("CARGO_MANIFEST_DIR"), "/drivers/faulty/src/");
    let mut frames = report.lines().map(str::trim).collect::<Vec<_>>();
    frames.retain(|line| line.starts_with("faulty::"));
    frames.retain(|line| !line.contains("_impl (") && !line.contains("closure$"));
    let frames = frames.into_iter();
    frames.map(|line| line.replace("(src/", source)).collect()
}

#[test]
fn the_reports_in_the_document_are_those_of_the_host() {
    let stop = documented_frames("*** STOP");
    let leak = documented_frames("nthost: left behind");
    assert!(stop.len() > 6 && leak.len() > 3, "{stop:?} {leak:?}");
    commit("requests::a_request_is_completed_twice")
        .stops(WDF_VIOLATION, wdf::INVALID_HANDLE)
        .saying(&stop);
    commit("pool::a_block_is_left_on_an_error_path")
        .leaves_something()
        .saying(&leak);
}
