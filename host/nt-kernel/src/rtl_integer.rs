//! `Rtl`: numbers in counted strings.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::rtl_ansi::{BUFFER_OVERFLOW, Counted};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlInt64ToUnicodeString,
        RtlIntegerToUnicodeString,
        RtlUnicodeStringToInteger,
    ]
}

/// `PASSIVE_LEVEL`. The base is 2, 8, 10 or 16; 0 is 10.
unsafe extern "win64" fn RtlIntegerToUnicodeString(
    number: u32,
    base: u32,
    target: *mut Counted<u16>,
) -> NtStatus {
    irql::require_at_most("RtlIntegerToUnicodeString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    unsafe { write(number.into(), base, target) }
}

/// As [`RtlIntegerToUnicodeString`].
unsafe extern "win64" fn RtlInt64ToUnicodeString(
    number: u64,
    base: u32,
    target: *mut Counted<u16>,
) -> NtStatus {
    irql::require_at_most("RtlInt64ToUnicodeString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    unsafe { write(number, base, target) }
}

/// `PASSIVE_LEVEL`. The number ends before the first character that is no digit. With base 0 the prefixes
/// `0x`, `0o` and `0b` say the base.
unsafe extern "win64" fn RtlUnicodeStringToInteger(
    source: *const Counted<u16>,
    base: u32,
    number: *mut u32,
) -> NtStatus {
    irql::require_at_most("RtlUnicodeStringToInteger", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let text = String::from_utf16_lossy(unsafe { source.characters() });
    let Some(found) = parse(&text, base) else {
        return NtStatus::INVALID_PARAMETER;
    };
    // SAFETY: by contract the caller's variable.
    unsafe { number.write(found) };
    NtStatus::SUCCESS
}

/// # Safety
///
/// It is a string whose buffer has its maximum length.
unsafe fn write(number: u64, base: u32, target: *mut Counted<u16>) -> NtStatus {
    let text = match base {
        2 => format!("{number:b}"),
        8 => format!("{number:o}"),
        0 | 10 => number.to_string(),
        16 => format!("{number:X}"),
        _ => return NtStatus::INVALID_PARAMETER,
    };
    let text: Vec<u16> = text.encode_utf16().collect();
    // SAFETY: by contract the caller's string.
    let target = unsafe { &mut *target };
    // SAFETY: by contract.
    unsafe { target.put(0, &text, BUFFER_OVERFLOW) }
}

/// `None` for a base that there is not.
fn parse(text: &str, base: u32) -> Option<u32> {
    let text = text.trim_start_matches(|character| character <= ' ');
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match base {
        0 => with_prefix(digits),
        2 | 8 | 10 | 16 => (base, digits),
        _ => return None,
    };
    let digits = digits
        .chars()
        .map_while(|character| character.to_digit(base));
    let number = digits.fold(0_u32, |number, digit| {
        number.wrapping_mul(base).wrapping_add(digit)
    });
    Some(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}

fn with_prefix(digits: &str) -> (u32, &str) {
    [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, base)| Some((base, digits.strip_prefix(prefix)?)))
        .unwrap_or((10, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, base: u32) -> Result<u32, NtStatus> {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        let source = Counted::of(&mut units);
        let mut number = 7;
        // SAFETY: a string and a variable of this test.
        match unsafe { RtlUnicodeStringToInteger(&raw const source, base, &raw mut number) } {
            NtStatus::SUCCESS => Ok(number),
            status => Err(status),
        }
    }

    fn written(number: u64, base: u32, room: usize) -> Result<String, NtStatus> {
        let mut units = vec![0; room];
        let mut target = Counted::of(&mut units);
        // SAFETY: a string of this test.
        match unsafe { RtlInt64ToUnicodeString(number, base, &raw mut target) } {
            // SAFETY: as above.
            NtStatus::SUCCESS => Ok(String::from_utf16_lossy(unsafe { target.characters() })),
            status => Err(status),
        }
    }

    #[test]
    fn a_number_ends_before_what_is_no_digit() {
        assert_eq!(read(" \t42;", 10), Ok(42));
        assert_eq!(read("-1", 0), Ok(u32::MAX));
        assert_eq!(read("+18", 8), Ok(1));
        assert_eq!(read("", 10), Ok(0));
    }

    #[test]
    fn a_prefix_says_the_base_unless_the_caller_does() {
        assert_eq!(read("0xfF", 0), Ok(255));
        assert_eq!(read("0o17", 0), Ok(15));
        assert_eq!(read("0b101", 0), Ok(5));
        assert_eq!(read("0xff", 16), Ok(0));
        assert_eq!(read("1", 7), Err(NtStatus::INVALID_PARAMETER));
    }

    #[test]
    fn a_number_is_written_in_its_base() {
        assert_eq!(written(0xAB, 16, 3).as_deref(), Ok("AB"));
        assert_eq!(written(5, 2, 3).as_deref(), Ok("101"));
        assert_eq!(written(8, 8, 2).as_deref(), Ok("10"));
        assert_eq!(
            written(u64::MAX, 0, 20).as_deref(),
            Ok("18446744073709551615")
        );
        assert_eq!(written(10, 10, 1), Err(BUFFER_OVERFLOW));
        assert_eq!(written(10, 3, 9), Err(NtStatus::INVALID_PARAMETER));
        let mut units = [0_u16; 4];
        let mut target = Counted::of(&mut units);
        // SAFETY: a string of this test.
        let status = unsafe { RtlIntegerToUnicodeString(7, 10, &raw mut target) };
        // SAFETY: as above.
        let units = unsafe { target.characters() };
        assert_eq!((status, units), (NtStatus::SUCCESS, &[0x37][..]));
    }
}
