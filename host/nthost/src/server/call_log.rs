//! The calls of client processes as lines on standard error: `nthost run --verbose`.

use std::sync::atomic::{AtomicBool, Ordering};

use nt_kernel::console;
use nt_types::NtStatus;
use nthost_protocol::CallHeader;
use nthost_protocol::syscall::CallKind;

use super::call::Answer;

static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Writes a line for each call that arrives, and for each outcome, from now on.
pub fn enable() {
    VERBOSE.store(true, Ordering::Relaxed);
}

/// A call has arrived.
pub(super) fn arrived(process: u32, header: &CallHeader, payload: &[u8]) {
    if VERBOSE.load(Ordering::Relaxed) {
        let (id, words) = (header.id, words(header, payload));
        console::write_line(&format!("process {process}, call {id}: {words}"));
    }
}

/// A call has its outcome. Any IRQL.
pub(super) fn answered(process: u32, id: u64, answer: &Answer) {
    if !VERBOSE.load(Ordering::Relaxed) {
        return;
    }
    let Answer {
        status,
        information,
        output,
    } = answer;
    let length = output.len();
    let outcome = outcome(*status, *information, length);
    console::write_line(&format!("process {process}, call {id}: {outcome}"));
}

fn outcome(status: NtStatus, information: u64, length: usize) -> String {
    format!("{status}, information {information}, {length} bytes out")
}

/// A call in words.
fn words(header: &CallHeader, payload: &[u8]) -> String {
    let CallHeader {
        handle,
        target,
        argument,
        output_length,
        ..
    } = header;
    let length = payload.len();
    let Some(kind) = CallKind::from_number(header.kind.get()) else {
        return "a command to the host".to_owned();
    };
    match kind {
        CallKind::Open => format!(
            "opens {} for access {argument:#x}",
            String::from_utf8_lossy(payload)
        ),
        CallKind::Close => format!("closes handle {handle}"),
        CallKind::DeviceControl => format!(
            "DeviceIoControl {argument:#010x} on handle {handle}, {length} bytes in, room for \
             {output_length}"
        ),
        CallKind::Read => format!("ReadFile on handle {handle}, room for {output_length}"),
        CallKind::Write => format!("WriteFile on handle {handle}, {length} bytes in"),
        CallKind::Cancel => format!("cancels call {target}"),
        CallKind::Duplicate => format!("duplicates handle {handle}"),
        CallKind::Interfaces => "asks for device interfaces".to_owned(),
        CallKind::Alias => "asks for the name of an interface".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use zerocopy::little_endian::{U32, U64};

    use super::*;

    #[test]
    fn a_call_is_shown_with_its_code_and_sizes() {
        let header = CallHeader {
            handle: U64::new(4),
            kind: U32::new(CallKind::DeviceControl as u32),
            argument: U32::new(0x8000_2000),
            output_length: U32::new(64),
            ..CallHeader::default()
        };
        let expected = "DeviceIoControl 0x80002000 on handle 4, 3 bytes in, room for 64";
        assert_eq!(words(&header, &[1, 2, 3]), expected);
        let control = CallHeader {
            kind: U32::new(7),
            ..header
        };
        assert_eq!(words(&control, &[]), "a command to the host");
        let shown = outcome(NtStatus::SUCCESS, 2, 2);
        assert!(shown.ends_with("information 2, 2 bytes out"), "{shown}");
    }
}
