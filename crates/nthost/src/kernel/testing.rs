//! Tests of what stops the machine: the test runs itself again, in a process that may end.

use std::process::Command;

use super::bugcheck;

/// Set in the process that is meant to stop.
const CHILD: &str = "NTHOST_TEST_CHILD";

/// Runs `body` in a process of its own, where it has to stop the machine, and gives the report.
///
/// Used once in a test, whose path it finds by itself.
macro_rules! expect_stop {
    ($body:expr $(,)?) => {{
        fn here() {}
        $crate::kernel::testing::run_and_expect_stop(std::any::type_name_of_val(&here), $body)
    }};
}
pub(crate) use expect_stop;

/// See [`expect_stop!`]; `here` is the path of a function within the test.
pub(crate) fn run_and_expect_stop(here: &str, body: impl FnOnce()) -> String {
    if std::env::var_os(CHILD).is_some() {
        body();
        eprintln!("the machine did not stop");
        std::process::exit(0);
    }
    let test = here
        .trim_start_matches(concat!(env!("CARGO_CRATE_NAME"), "::"))
        .trim_end_matches("::here");
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(bugcheck::EXIT_CODE), "{report}");
    report
}
