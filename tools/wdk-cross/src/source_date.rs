//! The date that a build carries: that of its source, so that the same source gives the same files.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use anyhow::Result;
use der::DateTime;

use crate::program;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// The day of `SOURCE_DATE_EPOCH` if it is set, otherwise of the newest commit in `folder`,
/// otherwise today.
///
/// # Errors
///
/// If `SOURCE_DATE_EPOCH` is not a number of seconds.
pub fn of(folder: &Path) -> Result<DateTime> {
    if let Some(seconds) = env::var_os("SOURCE_DATE_EPOCH") {
        let seconds = seconds.to_string_lossy().trim().parse().with_context(|| {
            format!(
                "SOURCE_DATE_EPOCH is `{}`: expected a number of seconds",
                seconds.display()
            )
        })?;
        return day_of(seconds);
    }
    let commit = program::output(Command::new("git").arg("-C").arg(folder).args([
        "log",
        "-1",
        "--format=%ct",
    ]));
    if let Some(seconds) = commit.ok().and_then(|seconds| seconds.trim().parse().ok()) {
        return day_of(seconds);
    }
    program::print_status("no commit has a date for the build: it carries today's date");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is before 1970")?;
    day_of(now.as_secs())
}

/// The beginning of the day, UTC, that a Unix time is in.
fn day_of(seconds: u64) -> Result<DateTime> {
    DateTime::from_unix_duration(Duration::from_secs(seconds - seconds % SECONDS_PER_DAY))
        .with_context(|| format!("no date for the Unix time {seconds}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_day_of_a_unix_time() {
        let date = |seconds| {
            let date = day_of(seconds).unwrap();
            (date.year(), date.month(), date.day(), date.hour())
        };
        assert_eq!(date(0), (1970, 1, 1, 0));
        assert_eq!(date(951_782_400), (2000, 2, 29, 0));
        assert_eq!(date(1_735_689_599), (2024, 12, 31, 0));
        assert_eq!(date(1_735_689_600), (2025, 1, 1, 0));
        assert!(day_of(u64::MAX).is_err());
    }
}
