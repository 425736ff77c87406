//! Tests of what concerns the whole process, as the stop of the machine does: such a test runs itself
//! again, in a process of its own.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use crate::bugcheck;
use crate::on_windows::{self, RulesPage};

/// Set in the process of its own.
const CHILD: &str = "NTHOST_TEST_CHILD";
/// With this it ends if the body returns. One that finds no test to run ends otherwise.
const RETURNED: i32 = 42;

/// Runs `body` in a process of its own, where it must cause a bugcheck. Returns the report.
///
/// A test may use it once: the macro finds the child process's test by its path.
#[macro_export]
macro_rules! expect_stop {
    ($body:expr $(,)?) => {{
        fn here() {}
        $crate::testing::run_and_expect_stop(std::any::type_name_of_val(&here), $body)
    }};
}
pub use expect_stop;

/// Runs `body` in a process of its own, where it may change what belongs to the process.
///
/// Used once in a test, as [`expect_stop!`].
#[macro_export]
macro_rules! run_alone {
    ($body:expr $(,)?) => {{
        fn here() {}
        $crate::testing::run_and_expect_return(std::any::type_name_of_val(&here), $body)
    }};
}
pub use run_alone;

/// See [`expect_stop!`]; `here` is the path of a function within the test.
///
/// # Panics
///
/// If the machine does not stop.
pub fn run_and_expect_stop(here: &str, body: impl FnOnce()) -> String {
    let output = run_again(here, body);
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let stopped = output.status.code() == Some(bugcheck::EXIT_CODE);
    assert!(stopped, "the machine did not stop; {report}");
    report
}

/// See [`run_alone!`].
///
/// # Panics
///
/// If `body` does not return.
pub fn run_and_expect_return(here: &str, body: impl FnOnce()) {
    let output = run_again(here, body);
    let report = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(RETURNED), "{report}");
}

fn run_again(here: &str, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some() {
        body();
        std::process::exit(RETURNED);
    }
    let test = here
        .split_once("::")
        .map_or(here, |(_crate, path)| path)
        .trim_end_matches("::here");
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap()
}

/// Requires that the rules of `page` and of the host are the same, and what both say of Windows.
///
/// # Panics
///
/// If they differ.
pub fn assert_page_agrees(page: RulesPage) {
    let file = format!(
        "{}/../../docs/host/{}",
        env!("CARGO_MANIFEST_DIR"),
        page.file_name()
    );
    let text = fs::read_to_string(&file).expect("the page is in the workspace");
    let documented: BTreeMap<_, _> = text.lines().filter_map(rule_and_windows).collect();
    let known: BTreeMap<_, _> = on_windows::rules(page).collect();
    let names = |rule: &&str| (*rule).to_owned();
    let documented_rules: Vec<_> = documented.keys().map(names).collect();
    let known_rules: Vec<_> = known.keys().map(names).collect();
    assert_eq!(documented_rules, known_rules, "{file}");
    for (rule, reaction) in known {
        let (windows, words) = (documented[rule], reaction.in_words());
        assert!(windows.starts_with(&words), "{rule}: {windows}, or {words}");
    }
}

/// The rule of a line of a page's table, and what the line says of Windows.
fn rule_and_windows(line: &str) -> Option<(&str, &str)> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let ["", _broken, _host, windows, _documentation, rule, ""] = cells[..] else {
        return None;
    };
    Some((rule.strip_prefix('`')?.strip_suffix('`')?, windows))
}
