//! `Rtl`: strings without regard to case, and the beginnings of strings.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::rtl::{downcase, folding, upcase};
use crate::rtl_ansi::{BUFFER_OVERFLOW, Counted};
use crate::unicode::UnicodeString;

/// The multiplier of the one hash of strings that there is, `HASH_STRING_ALGORITHM_X65599`.
const MULTIPLIER: u32 = 65_599;
/// `HASH_STRING_ALGORITHM_DEFAULT` and `HASH_STRING_ALGORITHM_X65599`.
const ALGORITHMS: [u32; 2] = [0, 1];

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        RtlDowncaseUnicodeChar,
        RtlHashUnicodeString,
        RtlPrefixUnicodeString,
        RtlUpcaseUnicodeChar,
        RtlUpcaseUnicodeString,
    ]
}

/// `PASSIVE_LEVEL`.
extern "win64" fn RtlUpcaseUnicodeChar(unit: u16) -> u16 {
    irql::require_at_most("RtlUpcaseUnicodeChar", Irql::PASSIVE);
    upcase(unit)
}

/// `PASSIVE_LEVEL`.
extern "win64" fn RtlDowncaseUnicodeChar(unit: u16) -> u16 {
    irql::require_at_most("RtlDowncaseUnicodeChar", Irql::PASSIVE);
    downcase(unit)
}

/// `PASSIVE_LEVEL`. Into a new string, which `RtlFreeUnicodeString` frees, if `allocates`. The driver's
/// own string, which may be the source, needs no room for a terminator.
unsafe extern "win64" fn RtlUpcaseUnicodeString(
    target: *mut Counted<u16>,
    source: *const UnicodeString,
    allocates: u8,
) -> NtStatus {
    const NAME: &str = "RtlUpcaseUnicodeString";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let text: Vec<u16> = unsafe { source.units() }
        .iter()
        .copied()
        .map(upcase)
        .collect();
    // SAFETY: by contract the caller's string.
    let target = unsafe { &mut *target };
    if allocates == 0 {
        // SAFETY: by contract the buffer has its maximum length.
        return unsafe { target.put(0, &text, BUFFER_OVERFLOW) };
    }
    // SAFETY: a buffer is allocated.
    unsafe { target.convert(NAME, &text, true) }
}

/// `PASSIVE_LEVEL`. Whether the second string begins with the first one.
unsafe extern "win64" fn RtlPrefixUnicodeString(
    beginning: *const UnicodeString,
    whole: *const UnicodeString,
    ignores_case: u8,
) -> u8 {
    irql::require_at_most("RtlPrefixUnicodeString", Irql::PASSIVE);
    // SAFETY: by contract the caller's string.
    let beginning = unsafe { &*beginning };
    // SAFETY: by contract the caller's string.
    let whole = unsafe { &*whole };
    // SAFETY: by contract.
    let beginning = unsafe { beginning.units() };
    // SAFETY: by contract.
    let whole = unsafe { whole.units() };
    let fold = folding(ignores_case);
    let mut pairs = beginning.iter().zip(whole);
    let is_same = pairs.all(|(one, other)| fold(*one) == fold(*other));
    (is_same && beginning.len() <= whole.len()).into()
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn RtlHashUnicodeString(
    source: *const UnicodeString,
    ignores_case: u8,
    algorithm: u32,
    hash: *mut u32,
) -> NtStatus {
    irql::require_at_most("RtlHashUnicodeString", Irql::PASSIVE);
    if !ALGORITHMS.contains(&algorithm) {
        return NtStatus::INVALID_PARAMETER;
    }
    // SAFETY: by contract the caller's string.
    let source = unsafe { &*source };
    // SAFETY: by contract.
    let units = unsafe { source.units() }.iter();
    let units = units.copied().map(folding(ignores_case));
    let found = units.fold(0_u32, |hash, unit| {
        hash.wrapping_mul(MULTIPLIER).wrapping_add(unit.into())
    });
    // SAFETY: by contract the caller's variable.
    unsafe { hash.write(found) };
    NtStatus::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unicode::OwnedUnicodeString;

    #[test]
    fn a_unit_changes_its_case_and_back() {
        for (lower, upper) in [('a', 'A'), ('ü', 'Ü'), ('1', '1'), ('ß', 'ß')] {
            let [lower, upper] = [lower, upper].map(|one| u16::try_from(u32::from(one)).unwrap());
            assert_eq!(RtlUpcaseUnicodeChar(lower), upper);
            assert_eq!(RtlDowncaseUnicodeChar(upper), lower);
        }
    }

    #[test]
    fn a_string_begins_with_another_one() {
        let begins = |beginning: &str, whole: &str, ignores_case| {
            let beginning = OwnedUnicodeString::new(beginning);
            let whole = OwnedUnicodeString::new(whole);
            let beginning = beginning.as_unicode_string();
            let whole = whole.as_unicode_string();
            // SAFETY: strings of this test.
            unsafe { RtlPrefixUnicodeString(&raw const beginning, &raw const whole, ignores_case) }
        };
        assert_eq!(begins("Ab", "Abc", 0), 1);
        assert_eq!(begins("ab", "Abc", 0), 0);
        assert_eq!(begins("ab", "ABC", 1), 1);
        assert_eq!(begins("", "", 0), 1);
        assert_eq!(begins("abcd", "abc", 1), 0);
    }

    #[test]
    fn a_string_in_upper_case_needs_room_for_its_characters() {
        let source = OwnedUnicodeString::new("ab");
        let source = source.as_unicode_string();
        let upper = |room: usize| {
            let mut units = vec![0; room];
            let mut target = Counted::of(&mut units);
            // SAFETY: strings of this test.
            let status = unsafe { RtlUpcaseUnicodeString(&raw mut target, &raw const source, 0) };
            (status, units)
        };
        assert_eq!(upper(3), (NtStatus::SUCCESS, vec![0x41, 0x42, 0]));
        assert_eq!(upper(2), (NtStatus::SUCCESS, vec![0x41, 0x42]));
        assert_eq!(upper(1).0, BUFFER_OVERFLOW);
    }

    #[test]
    fn strings_that_differ_in_case_have_one_hash_if_asked() {
        let hash = |text: &str, ignores_case, algorithm| {
            let text = OwnedUnicodeString::new(text);
            let text = text.as_unicode_string();
            let mut hash = 0;
            // SAFETY: a string and a variable of this test.
            let status = unsafe {
                RtlHashUnicodeString(&raw const text, ignores_case, algorithm, &raw mut hash)
            };
            (status, hash)
        };
        assert_eq!(hash("AB", 0, 0), (NtStatus::SUCCESS, 0x41 * 65_599 + 0x42));
        assert_eq!(hash("ab", 1, 1), hash("AB", 0, 0));
        assert_ne!(hash("ab", 0, 1), hash("AB", 0, 0));
        assert_eq!(hash("ab", 0, 2).0, NtStatus::INVALID_PARAMETER);
    }
}
