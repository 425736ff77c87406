//! Document, driver and tests name the same rules.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use crate::victim::known_faults;

/// The rules with a test: all tests of this program that are in the file of a family.
fn tested_rules() -> BTreeSet<String> {
    let this = env::current_exe().expect("a running program has a path");
    let list = Command::new(this).arg("--list").output();
    let list = list.expect("this program starts again").stdout;
    String::from_utf8_lossy(&list)
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| name.contains("::") && !name.starts_with("rot::"))
        .map(str::to_owned)
        .collect()
}

/// The rules in the tables of docs/host.md: the last column.
fn documented_rules() -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/host.md");
    let text = fs::read_to_string(path).expect("the document is there");
    text.lines()
        .filter_map(|line| line.strip_suffix("` |")?.rsplit_once('`'))
        .map(|(_, name)| name.to_owned())
        .filter(|name| name.contains("::"))
        .collect()
}

#[test]
fn every_rule_is_documented_and_tested() {
    let (tested, documented) = (tested_rules(), documented_rules());
    // Not through `println!`, which the test program swallows: the count is worth seeing.
    let _ = writeln!(
        io::stderr(),
        "\nrules, each documented and tested: {}",
        documented.len()
    );
    assert_eq!(documented, tested);
}

#[test]
fn every_fault_of_the_driver_has_its_test() {
    let known = known_faults().into_iter().collect();
    assert_eq!(tested_rules(), known);
}
