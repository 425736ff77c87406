//! The date that a build carries: that of its source, so that the same source gives the same files.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use anyhow::Context;
use anyhow::Result;

use crate::program;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// A day of the Gregorian calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

/// The day of `SOURCE_DATE_EPOCH` if it is set, otherwise of the newest commit in `folder`,
/// otherwise today.
pub(crate) fn of(folder: &Path) -> Result<Date> {
    if let Some(seconds) = env::var_os("SOURCE_DATE_EPOCH") {
        let seconds = seconds.to_string_lossy().trim().parse().with_context(|| {
            format!(
                "SOURCE_DATE_EPOCH is no number of seconds: {}",
                seconds.display()
            )
        })?;
        return Ok(Date::of_unix_time(seconds));
    }
    let commit = program::output(Command::new("git").arg("-C").arg(folder).args([
        "log",
        "-1",
        "--format=%ct",
    ]));
    if let Some(seconds) = commit.ok().and_then(|seconds| seconds.trim().parse().ok()) {
        return Ok(Date::of_unix_time(seconds));
    }
    program::print_status("no commit to date the build by, so it carries today's date");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is before 1970")?;
    Ok(Date::of_unix_time(i64::try_from(now.as_secs())?))
}

impl Date {
    fn of_unix_time(seconds: i64) -> Self {
        // Howard Hinnant's days-to-civil: years begin in March, eras have 400 of them.
        let days = seconds.div_euclid(SECONDS_PER_DAY) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        let date = |seconds| {
            let date = Date::of_unix_time(seconds);
            (date.year, date.month, date.day)
        };
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(951_782_399), (2000, 2, 28));
        assert_eq!(date(951_782_400), (2000, 2, 29));
        assert_eq!(date(951_868_800), (2000, 3, 1));
        assert_eq!(date(1_735_689_599), (2024, 12, 31));
        assert_eq!(date(1_735_689_600), (2025, 1, 1));
        assert_eq!(date(4_107_542_400), (2100, 3, 1));
    }
}
