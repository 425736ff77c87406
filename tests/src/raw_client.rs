//! A client by hand: its requests can be begun, waited for and cancelled one by one.

use std::path::Path;

use abi::device::USER_PATH;
use abi::{NtStatus, Operation, WatchEvent, WatchHeader};
use nthost_protocol::CallKind;
use zerocopy::FromBytes;

use crate::process::{Process, Reply};

/// A process with one handle. Dropping it is its death.
pub struct RawClient {
    process: Process,
    handle: u64,
}

impl RawClient {
    /// A new process on the host at `socket`, which opens the device.
    ///
    /// # Errors
    ///
    /// The status.
    pub fn open(socket: &Path) -> Result<Self, NtStatus> {
        let mut process = Process::start(socket);
        let handle = process.open(USER_PATH)?;
        Ok(Self { process, handle })
    }

    /// Makes a request, and does not wait for it. Its id is the result.
    pub fn begin(&mut self, operation: Operation, input: &[u8], room: u32) -> u64 {
        let code = operation.description().code.0;
        let kind = CallKind::DeviceControl;
        self.process.begin(kind, self.handle, code, input, room)
    }

    /// Makes a request and waits for its outcome.
    pub fn call(&mut self, operation: Operation, input: &[u8], room: u32) -> Reply {
        let request = self.begin(operation, input, room);
        self.wait(request)
    }

    /// As [`Process::wait`].
    pub fn wait(&mut self, request: u64) -> Reply {
        self.process.wait(request)
    }

    /// As [`Process::cancel`].
    pub fn cancel(&mut self, request: u64) -> bool {
        self.process.cancel(request)
    }

    /// As [`Process::quiesce_after`].
    pub fn quiesce_after(&mut self, request: u64) {
        self.process.quiesce_after(request);
    }

    /// Closes the handle, not the process.
    pub fn close(&mut self) -> NtStatus {
        self.process.close(self.handle)
    }
}

/// What a `WATCH` answered.
///
/// # Panics
///
/// If it is no such answer.
#[must_use]
pub fn events(output: &[u8]) -> (WatchHeader, Vec<WatchEvent>) {
    let (header, rest) = WatchHeader::read_from_prefix(output).expect("a header");
    let events = rest
        .chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).expect("a whole event"));
    (header, events.collect())
}
