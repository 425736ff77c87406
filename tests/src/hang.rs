//! Waiting for a process that may hang: it is killed then, and what its threads were about is told.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// How often is looked whether the process has ended.
const STEP: Duration = Duration::from_millis(5);

/// Waits until the process ends. If it does not within `limit`, it is killed; the result says what
/// hung.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<String> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        // An error is for whoever asks for the exit code next.
        if !matches!(child.try_wait(), Ok(None)) {
            return None;
        }
        thread::sleep(STEP);
    }
    let report = format!(
        "\nkilled: it has not ended in {} seconds; its threads:\n{}",
        limit.as_secs(),
        threads(child.id())
    );
    // It may have ended just now.
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
    fn what_does_not_end_is_killed_and_told_of() {
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut cat = cat.spawn().unwrap();
        // When it answers, it is cat, and not its parent's copy any more.
        cat.stdin.as_mut().unwrap().write_all(b"?").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let report = wait(&mut cat, Duration::ZERO).unwrap();
        assert!(report.contains("  cat ("), "{report}");
        assert!(!cat.wait().unwrap().success());
    }

    #[test]
    fn what_ends_is_not_told_of() {
        let mut child = Command::new("true").spawn().unwrap();
        assert_eq!(wait(&mut child, Duration::from_mins(1)), None);
    }
}
