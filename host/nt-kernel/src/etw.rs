//! `Etw`: providers of events, whose events the host prints.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::atomic::{AtomicU64, Ordering};

use nt_types::NtStatus;

use crate::console;
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::{bugcheck, fault, resource_tracker};

/// What the resource tracker calls a registration.
const TRACKED_KIND: &str = "ETW registration";
/// The host's own first parameter for a handle that is no registration: "ETW".
const NOT_REGISTERED: u64 = 0x45_5457;

/// The next registration's handle.
static NEXT: AtomicU64 = AtomicU64::new(1);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        EtwActivityIdControl,
        EtwEventEnabled,
        EtwProviderEnabled,
        EtwRegister,
        EtwSetInformation,
        EtwUnregister,
        EtwWrite,
        EtwWriteString,
        EtwWriteTransfer,
    ]
}

/// A GUID, byte for byte.
type Guid = [u8; 16];

/// `EVENT_DESCRIPTOR`, byte for byte: the event's id first, its level at 4, its keyword at 8.
type EventDescriptor = [u8; 16];

/// `PASSIVE_LEVEL`. No session listens, so the enable callback is not called.
unsafe extern "win64" fn EtwRegister(
    provider: *const Guid,
    _callback: usize,
    _context: usize,
    handle: *mut u64,
) -> NtStatus {
    irql::require_at_most("EtwRegister", Irql::PASSIVE);
    if fault::inject("EtwRegister") {
        return NtStatus::NO_MEMORY;
    }
    // SAFETY: by contract the caller's GUID.
    let provider = unsafe { provider.read() };
    let new = NEXT.fetch_add(1, Ordering::Relaxed);
    resource_tracker::record(TRACKED_KIND, address(new), guid_text(&provider));
    // SAFETY: by contract the caller's variable.
    unsafe { handle.write(new) };
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`.
extern "win64" fn EtwUnregister(handle: u64) -> NtStatus {
    irql::require_at_most("EtwUnregister", Irql::PASSIVE);
    if !resource_tracker::release(TRACKED_KIND, address(handle)) {
        bugcheck::stop(bugcheck::BugCheck {
            code: bugcheck::DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [NOT_REGISTERED, handle, 0, 0],
            rule: format!(
                "EtwUnregister: {handle:#x} is no registration, or has been unregistered"
            ),
        });
    }
    NtStatus::SUCCESS
}

/// Any IRQL. No session listens.
extern "win64" fn EtwProviderEnabled(_handle: u64, _level: u8, _keyword: u64) -> u8 {
    0
}

/// Any IRQL. No session listens.
extern "win64" fn EtwEventEnabled(_handle: u64, _event: *const EventDescriptor) -> u8 {
    0
}

/// Any IRQL.
unsafe extern "win64" fn EtwWrite(
    handle: u64,
    event: *const EventDescriptor,
    _activity: *const Guid,
    _count: u32,
    _data: usize,
) -> NtStatus {
    // SAFETY: by contract the caller's descriptor.
    unsafe { print(handle, event) }
}

/// Any IRQL.
unsafe extern "win64" fn EtwWriteTransfer(
    handle: u64,
    event: *const EventDescriptor,
    _activity: *const Guid,
    _related: *const Guid,
    _count: u32,
    _data: usize,
) -> NtStatus {
    // SAFETY: by contract the caller's descriptor.
    unsafe { print(handle, event) }
}

/// Any IRQL.
unsafe extern "win64" fn EtwWriteString(
    handle: u64,
    level: u8,
    _keyword: u64,
    _activity: *const Guid,
    text: *const u16,
) -> NtStatus {
    let unit = |place: usize| {
        // SAFETY: by contract a string with a terminator, which has not come yet.
        unsafe { text.wrapping_add(place).read() }
    };
    let units: Vec<u16> = (0..usize::MAX)
        .map(unit)
        .take_while(|unit| *unit != 0)
        .collect();
    let text = String::from_utf16_lossy(&units);
    console::write_line(&format!("ETW provider {handle}, level {level}: {text}"));
    NtStatus::SUCCESS
}

/// Any IRQL. What a provider says of itself is for sessions.
extern "win64" fn EtwSetInformation(
    _handle: u64,
    _class: u32,
    _information: usize,
    _length: u32,
) -> NtStatus {
    NtStatus::SUCCESS
}

/// Any IRQL. Codes 3 and 4 ask for a new activity; the others change that of the thread, which nothing
/// here reads.
unsafe extern "win64" fn EtwActivityIdControl(code: u32, activity: *mut Guid) -> NtStatus {
    const CREATE: u32 = 3;
    const CREATE_AND_SET: u32 = 4;
    if matches!(code, CREATE | CREATE_AND_SET) {
        let mut new = [0; 16];
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        new[..8].copy_from_slice(&number.to_le_bytes());
        // SAFETY: by contract the caller's GUID.
        unsafe { activity.write(new) };
    }
    NtStatus::SUCCESS
}

/// # Safety
///
/// `event` is a descriptor.
unsafe fn print(handle: u64, event: *const EventDescriptor) -> NtStatus {
    // SAFETY: by contract.
    let event = unsafe { event.read() };
    let [id_low, id_high, _, _, level, _, _, _, keyword @ ..] = event;
    let id = u16::from_le_bytes([id_low, id_high]);
    let keyword = u64::from_le_bytes(keyword);
    console::write_line(&format!(
        "ETW provider {handle}: event {id}, level {level}, keyword {keyword:#x}"
    ));
    NtStatus::SUCCESS
}

fn address(handle: u64) -> usize {
    usize::try_from(handle).unwrap_or_default()
}

fn guid_text(guid: &Guid) -> String {
    /// The places of the bytes in the text, group by group: the first three are numbers.
    const GROUPS: [&[usize]; 5] = [
        &[3, 2, 1, 0],
        &[5, 4],
        &[7, 6],
        &[8, 9],
        &[10, 11, 12, 13, 14, 15],
    ];
    let group = |places: &&[usize]| {
        let digits = places.iter().map(|place| format!("{:02x}", guid[*place]));
        digits.collect::<Vec<_>>().concat()
    };
    GROUPS.iter().map(group).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    fn register() -> u64 {
        let mut handle = 0;
        // SAFETY: variables of this test.
        let status = unsafe { EtwRegister(&[1; 16], 0, 0, &raw mut handle) };
        assert_eq!(status, NtStatus::SUCCESS);
        handle
    }

    #[test]
    fn a_registration_is_tracked_until_it_ends() {
        let handle = register();
        assert!(resource_tracker::describe(address(handle)).contains("ETW registration"));
        assert_eq!(EtwUnregister(handle), NtStatus::SUCCESS);
    }

    #[test]
    fn a_registration_that_ends_twice_stops() {
        let report = expect_stop!(|| {
            let handle = register();
            let _ = EtwUnregister(handle);
            let _ = EtwUnregister(handle);
        });
        assert!(report.contains("is no registration"), "{report}");
    }

    #[test]
    fn a_guid_is_printed_as_people_write_it() {
        let bytes = std::array::from_fn(|place| u8::try_from(place).unwrap());
        assert_eq!(guid_text(&bytes), "03020100-0504-0706-0809-0a0b0c0d0e0f");
    }
}
