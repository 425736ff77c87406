//! Waiting for a process that may hang: after a time limit it is killed, and the report says where
//! its threads wait.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// The time between two checks whether the process has ended.
const STEP: Duration = Duration::from_millis(1);

/// Waits until the process ends. If it does not end within `limit`, kills it and returns a report
/// of its threads.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<String> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        // The caller sees an error when it asks for the exit code.
        if !matches!(child.try_wait(), Ok(None)) {
            return None;
        }
        thread::sleep(STEP);
    }
    let report = format!(
        "\nkilled: the process did not end within {} seconds; its threads:\n{}",
        limit.as_secs(),
        threads(child.id())
    );
    // The process may have ended since the last check.
    let _ = child.kill();
    Some(report)
}

/// The name of each thread of a process, and where in the kernel it waits.
fn threads(process: u32) -> String {
    let tasks = fs::read_dir(format!("/proc/{process}/task"));
    let mut report = String::new();
    for task in tasks.into_iter().flatten().flatten() {
        let name = line_of(&task.path(), "comm");
        let waits = line_of(&task.path(), "wchan");
        // Writing to a string does not fail.
        let _ = writeln!(report, "  {name} ({waits})");
    }
    report
}

fn line_of(task: &Path, file: &str) -> String {
    let text = fs::read_to_string(task.join(file)).unwrap_or_default();
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_that_does_not_end_is_killed_with_a_report() {
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut cat = cat.spawn().unwrap();
        // Once it answers, the process runs cat and not a copy of this program.
        cat.stdin.as_mut().unwrap().write_all(b"?").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let report = wait(&mut cat, Duration::ZERO).unwrap();
        assert!(report.contains("  cat ("), "{report}");
        assert!(!cat.wait().unwrap().success());
    }

    #[test]
    fn a_process_that_ends_has_no_report() {
        let mut child = Command::new("true").spawn().unwrap();
        assert_eq!(wait(&mut child, Duration::from_mins(1)), None);
    }
}
