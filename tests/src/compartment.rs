//! The client library in a process of another network compartment.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use abi::device::USER_PATH;
use abi::{ControlCode, NtStatus};
use ipforward::{Device, DriverError, Error, Transport, TransportError};
use nthost_testkit::Process;

/// A process with one handle of the driver's device.
struct ProcessTransport {
    process: Mutex<Process>,
    handle: u64,
}

/// Opens the device in a process that is in a network compartment. Dropping the device closes the
/// handle, and ends the process.
///
/// # Errors
///
/// As [`Device::open`].
///
/// # Panics
///
/// If the host's network has no such compartment, or the open is refused.
pub fn device_in_compartment(socket: &Path, compartment: u32) -> Result<Device, Error> {
    let mut process = Process::start(socket);
    process.set_compartment(compartment);
    let handle = process
        .open(USER_PATH)
        .map_err(|status| Error::OpenRefused {
            path: socket.into(),
            driver_error: DriverError::from_status(status),
        })?;
    Device::with_transport(ProcessTransport {
        process: Mutex::new(process),
        handle,
    })
}

impl Drop for ProcessTransport {
    fn drop(&mut self) {
        let process = self.process.get_mut();
        let process = process.unwrap_or_else(PoisonError::into_inner);
        let _ = process.close(self.handle);
    }
}

impl Transport for ProcessTransport {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        let room = u32::try_from(output.len()).expect("a buffer of a test is short");
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = process.device_control(self.handle, code.0, input, room);
        if reply.status != NtStatus::SUCCESS {
            let driver_error = DriverError::from_status(reply.status);
            return Err(TransportError::Refused(driver_error));
        }
        output[..reply.output.len()].copy_from_slice(&reply.output);
        Ok(reply.output.len())
    }
}
