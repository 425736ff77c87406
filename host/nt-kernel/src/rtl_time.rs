//! `Rtl` and `Ex`: times in units of 100 ns since 1601, and the fields of a date. The host's time zone is
//! UTC.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nix::libc;

use crate::clock::{TICKS_PER_SECOND, UNIX_EPOCH_TICKS};
use crate::exports::{Export, ntoskrnl};

/// Units of 100 ns in a millisecond.
const TICKS_PER_MILLISECOND: i64 = TICKS_PER_SECOND / 1000;

/// A `TIME_FIELDS`. Sunday is day 0 of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
struct TimeFields {
    year: i16,
    month: i16,
    day: i16,
    hour: i16,
    minute: i16,
    second: i16,
    milliseconds: i16,
    weekday: i16,
}

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExLocalTimeToSystemTime,
        ExSystemTimeToLocalTime,
        RtlTimeFieldsToTime,
        RtlTimeToTimeFields,
    ]
}

/// Any IRQL, as for all of them, if the memory is resident.
unsafe extern "win64" fn RtlTimeToTimeFields(time: *const i64, fields: *mut TimeFields) {
    // SAFETY: by contract the caller's time.
    let time = unsafe { time.read() };
    let found = fields_of(time).unwrap_or_default();
    // SAFETY: by contract the caller's structure.
    unsafe { fields.write(found) };
}

/// Whether there is such a day and time; the day of the week does not matter.
unsafe extern "win64" fn RtlTimeFieldsToTime(fields: *const TimeFields, time: *mut i64) -> u8 {
    // SAFETY: by contract the caller's structure.
    let fields = unsafe { fields.read() };
    let found = time_of(&fields);
    if let Some(found) = found {
        // SAFETY: by contract the caller's variable.
        unsafe { time.write(found) };
    }
    found.is_some().into()
}

unsafe extern "win64" fn ExSystemTimeToLocalTime(system: *const i64, local: *mut i64) {
    // SAFETY: by contract the caller's time.
    let time = unsafe { system.read() };
    // SAFETY: by contract the caller's variable.
    unsafe { local.write(time) };
}

unsafe extern "win64" fn ExLocalTimeToSystemTime(local: *const i64, system: *mut i64) {
    // SAFETY: by contract the two variables of the caller.
    unsafe { ExSystemTimeToLocalTime(local, system) };
}

fn fields_of(time: i64) -> Option<TimeFields> {
    let since_1970 = time.checked_sub(UNIX_EPOCH_TICKS)?;
    let seconds = since_1970.div_euclid(TICKS_PER_SECOND);
    let milliseconds = since_1970.rem_euclid(TICKS_PER_SECOND) / TICKS_PER_MILLISECOND;
    let calendar = calendar_of(seconds)?;
    let field = |number: i32| i16::try_from(number).ok();
    Some(TimeFields {
        year: field(calendar.tm_year + 1900)?,
        month: field(calendar.tm_mon + 1)?,
        day: field(calendar.tm_mday)?,
        hour: field(calendar.tm_hour)?,
        minute: field(calendar.tm_min)?,
        second: field(calendar.tm_sec)?,
        milliseconds: i16::try_from(milliseconds).ok()?,
        weekday: field(calendar.tm_wday)?,
    })
}

fn time_of(fields: &TimeFields) -> Option<i64> {
    if !(1601..=30827).contains(&fields.year) || !(0..1000).contains(&fields.milliseconds) {
        return None;
    }
    // SAFETY: a structure of numbers and of a pointer, for which null is valid.
    let mut calendar: libc::tm = unsafe { std::mem::zeroed() };
    calendar.tm_year = i32::from(fields.year) - 1900;
    calendar.tm_mon = i32::from(fields.month) - 1;
    calendar.tm_mday = fields.day.into();
    calendar.tm_hour = fields.hour.into();
    calendar.tm_min = fields.minute.into();
    calendar.tm_sec = fields.second.into();
    // SAFETY: a structure with all fields of a date.
    let seconds = unsafe { libc::timegm(&raw mut calendar) };
    let milliseconds = i64::from(fields.milliseconds) * TICKS_PER_MILLISECOND;
    let ticks = seconds.checked_mul(TICKS_PER_SECOND)?;
    let time = ticks.checked_add(UNIX_EPOCH_TICKS + milliseconds)?;
    // A day that no month has has become one of the next month.
    let again = fields_of(time)?;
    let same_weekday = TimeFields {
        weekday: again.weekday,
        ..*fields
    };
    (again == same_weekday).then_some(time)
}

/// The date of a time since 1970.
fn calendar_of(seconds: i64) -> Option<libc::tm> {
    // SAFETY: a structure of numbers and of a pointer, for which null is valid.
    let mut calendar: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: reads a number and writes a structure.
    let found = unsafe { libc::gmtime_r(&raw const seconds, &raw mut calendar) };
    (!found.is_null()).then_some(calendar)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAP_DAY: TimeFields = TimeFields {
        year: 2024,
        month: 2,
        day: 29,
        hour: 12,
        minute: 34,
        second: 56,
        milliseconds: 789,
        weekday: 4,
    };

    fn to_time(fields: &TimeFields) -> Option<i64> {
        let mut time = 0;
        // SAFETY: a structure and a variable of this test.
        let is_one = unsafe { RtlTimeFieldsToTime(fields, &raw mut time) };
        (is_one != 0).then_some(time)
    }

    fn to_fields(time: i64) -> TimeFields {
        let mut fields = TimeFields::default();
        // SAFETY: a variable and a structure of this test.
        unsafe { RtlTimeToTimeFields(&raw const time, &raw mut fields) };
        fields
    }

    #[test]
    fn a_time_has_the_fields_that_make_it() {
        let time = to_time(&LEAP_DAY).unwrap();
        assert_eq!(time, 133_536_836_967_890_000);
        assert_eq!(to_fields(time + 9_999), LEAP_DAY);
    }

    #[test]
    fn time_begins_on_a_monday_of_1601() {
        let first = TimeFields {
            year: 1601,
            month: 1,
            day: 1,
            weekday: 1,
            ..TimeFields::default()
        };
        assert_eq!(to_fields(0), first);
        assert_eq!(to_time(&first), Some(0));
    }

    #[test]
    fn a_day_that_is_none_has_no_time() {
        for wrong in [
            TimeFields {
                year: 2023,
                ..LEAP_DAY
            },
            TimeFields {
                month: 13,
                ..LEAP_DAY
            },
            TimeFields {
                year: 30827,
                month: i16::MAX,
                ..LEAP_DAY
            },
            TimeFields {
                hour: 24,
                ..LEAP_DAY
            },
            TimeFields {
                milliseconds: 1000,
                ..LEAP_DAY
            },
            TimeFields {
                year: 1600,
                ..LEAP_DAY
            },
        ] {
            assert_eq!(to_time(&wrong), None, "{wrong:?}");
        }
        assert!(
            to_time(&TimeFields {
                weekday: 0,
                ..LEAP_DAY
            })
            .is_some()
        );
    }

    #[test]
    fn local_time_is_that_of_the_system() {
        let (mut local, mut system) = (0, 0);
        // SAFETY: variables of this test.
        unsafe { ExSystemTimeToLocalTime(&5, &raw mut local) };
        // SAFETY: as above.
        unsafe { ExLocalTimeToSystemTime(&raw const local, &raw mut system) };
        assert_eq!((local, system), (5, 5));
    }
}
