//! A client without the client library: the test begins, awaits and cancels each request itself.

use std::path::Path;

use abi::device::USER_PATH;
use abi::{NtStatus, Operation, WatchEvent, WatchHeader};
use nthost_protocol::syscall::CallKind;
use nthost_testkit::{Process, Reply};
use zerocopy::FromBytes;

/// A process with one handle of the driver's device. Dropping it ends the process.
pub struct RawClient {
    process: Process,
    handle: u64,
}

impl RawClient {
    /// Starts a process on the host at `socket` and opens the device.
    ///
    /// # Errors
    ///
    /// The status of the open.
    pub fn open(socket: &Path) -> Result<Self, NtStatus> {
        let mut process = Process::start(socket);
        let handle = process.open(USER_PATH)?;
        Ok(Self { process, handle })
    }

    /// Begins a request without waiting for it. The result is the request's id.
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

    /// As [`Process::set_compartment`].
    pub fn set_compartment(&mut self, compartment: u32) {
        self.process.set_compartment(compartment);
    }

    /// Closes the handle; the process continues.
    pub fn close(&mut self) -> NtStatus {
        self.process.close(self.handle)
    }
}

/// The header and the events of a `WATCH` answer.
///
/// # Panics
///
/// If the output is not a whole answer.
#[must_use]
pub fn events(output: &[u8]) -> (WatchHeader, Vec<WatchEvent>) {
    let (header, rest) = WatchHeader::read_from_prefix(output).expect("a header");
    let events = rest
        .chunks_exact(size_of::<WatchEvent>())
        .map(|event| WatchEvent::read_from_bytes(event).expect("a whole event"));
    (header, events.collect())
}
