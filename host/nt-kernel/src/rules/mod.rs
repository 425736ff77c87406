//! The rules of the kernel's objects: a driver that breaks one stops the machine. The page
//! `docs/host/kernel.md` lists them.

mod as_windows;
mod dpcs;
mod handles;
mod mdls;
mod resources;
mod threads;
mod timers;
mod waits;

use crate::on_windows::RulesPage;
use crate::testing::assert_page_agrees;

/// Requires the stop code and its first parameter, and words of the rule.
fn assert_says(report: &str, code: &str, first: &str, words: &str) {
    let code = format!("*** STOP {code} ");
    assert!(report.contains(&code), "{code} in {report}");
    let first = format!(" ({first}, ");
    assert!(report.contains(&first), "{first} in {report}");
    assert!(report.contains(words), "{words} in {report}");
}

/// The names of the tests in these files.
fn tested() -> Vec<String> {
    let files = [
        ("dpcs", include_str!("dpcs.rs")),
        ("timers", include_str!("timers.rs")),
        ("waits", include_str!("waits.rs")),
        ("threads", include_str!("threads.rs")),
        ("handles", include_str!("handles.rs")),
        ("resources", include_str!("resources.rs")),
        ("mdls", include_str!("mdls.rs")),
    ];
    let names = files.iter().flat_map(|(family, source)| {
        let tests = source.split("#[test]\nfn ").skip(1);
        let names = tests.filter_map(|test| test.split('(').next());
        names.map(move |name| format!("{family}::{name}"))
    });
    names.collect()
}

#[test]
fn the_page_lists_each_rule() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/host/kernel.md");
    let page = std::fs::read_to_string(page).expect("the page is in the workspace");
    let rows = page.lines().filter(|line| line.contains("| stops: "));
    let names = rows.filter_map(|row| row.rsplit('`').nth(1));
    let listed: Vec<String> = names.map(str::to_owned).collect();
    assert_eq!(listed, tested());
}

#[test]
fn the_page_and_the_host_say_the_same_of_windows() {
    assert_page_agrees(RulesPage::Kernel);
}
