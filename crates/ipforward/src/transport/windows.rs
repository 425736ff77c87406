//! The device of Windows, by `CreateFile` and `DeviceIoControl`.
//!
//! The handle is opened for overlapped I/O: on a synchronous handle, Windows makes each call wait
//! for the previous one. The standard library opens and closes it.

mod interface;
mod names;

use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abi::{ControlCode, Guid, NtStatus};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_GEN_FAILURE, ERROR_IO_PENDING,
    ERROR_PATH_NOT_FOUND, TRUE,
};
use windows_sys::Win32::System::IO::{
    CancelIoEx, DeviceIoControl, GetOverlappedResult, OVERLAPPED,
};
use windows_sys::Win32::System::Threading::CreateEventW;

pub(crate) use interface::system_path;
pub(crate) use names::{alias_of_luid, luid_of_alias, luid_of_guid};

use super::{Access, Transport, checked_length};
use crate::driver_error::DriverError;
use crate::error::{Error, TransportError};

/// `FILE_FLAG_OVERLAPPED`; in windows-sys it needs the feature for the whole file system API.
const FILE_FLAG_OVERLAPPED: u32 = 0x4000_0000;

/// Opens the device named `path`.
pub(crate) fn open(path: &Path, access: Access) -> Result<Box<dyn Transport>, Error> {
    OpenOptions::new()
        .read(true)
        .write(access == Access::ReadWrite)
        .custom_flags(FILE_FLAG_OVERLAPPED)
        .open(path)
        .map(|file| {
            Box::new(DeviceHandle {
                device: file.into(),
                in_flight: Mutex::default(),
            }) as Box<dyn Transport>
        })
        .map_err(|error| not_opened(path, &error))
}

/// An open handle to the device.
struct DeviceHandle {
    device: OwnedHandle,
    /// The calls in flight: the code of each and the address of its `OVERLAPPED`, which stays in
    /// place for as long as it is here.
    in_flight: Mutex<Vec<(ControlCode, usize)>>,
}

/// Registers a call as in flight until it is dropped.
struct InFlightCall<'a> {
    handle: &'a DeviceHandle,
    address: usize,
}

impl<'a> InFlightCall<'a> {
    fn new(handle: &'a DeviceHandle, code: ControlCode, call: *const OVERLAPPED) -> Self {
        let address = call.addr();
        handle.calls().push((code, address));
        Self { handle, address }
    }
}

impl Drop for InFlightCall<'_> {
    fn drop(&mut self) {
        self.handle
            .calls()
            .retain(|(_, address)| *address != self.address);
    }
}

impl DeviceHandle {
    fn calls(&self) -> MutexGuard<'_, Vec<(ControlCode, usize)>> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for DeviceHandle {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        let input_length = checked_length(input, u32::MAX)?;
        let output_length = checked_length(output, u32::MAX)?;
        let event = new_event().map_err(|error| TransportError::Refused(last_error(&error)))?;
        let mut overlapped = OVERLAPPED {
            hEvent: event.as_raw_handle(),
            ..OVERLAPPED::default()
        };
        let call = &raw mut overlapped;
        let _in_flight = InFlightCall::new(self, code, call);
        // SAFETY: the handle and the event are open; `input` can be read and `output` written for
        // the lengths given; both, and `overlapped`, stay in place until the call is over, because
        // every path below either waits for it or returns after it has failed to start.
        let started = unsafe {
            DeviceIoControl(
                self.device.as_raw_handle(),
                code.0,
                input.as_ptr().cast(),
                input_length,
                output.as_mut_ptr().cast(),
                output_length,
                ptr::null_mut(),
                call,
            )
        };
        if started == 0 {
            let error = io::Error::last_os_error();
            if win32(&error) != ERROR_IO_PENDING {
                return Err(TransportError::Refused(last_error(&error)));
            }
        }
        let mut transferred = 0;
        // SAFETY: `call` is the call that was just started on this handle, and its event is open,
        // so that the wait ends when the call does and not before.
        let done = unsafe {
            GetOverlappedResult(
                self.device.as_raw_handle(),
                call,
                &raw mut transferred,
                TRUE,
            )
        };
        if done == 0 {
            let error = io::Error::last_os_error();
            return Err(TransportError::Refused(overlapped_error(
                &overlapped,
                &error,
            )));
        }
        Ok(transferred as usize)
    }

    fn cancel(&self, code: ControlCode) {
        let calls = self.calls();
        for (_, address) in calls.iter().filter(|(other, _)| *other == code) {
            let call = ptr::without_provenance::<OVERLAPPED>(*address);
            // SAFETY: the handle is open. The system only compares the address and does not read
            // through it; no other call has this address while the lock is held.
            let _ = unsafe { CancelIoEx(self.device.as_raw_handle(), call) };
        }
    }

    fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, TransportError> {
        Ok(luid_of_alias(alias))
    }

    fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, TransportError> {
        Ok(luid_of_guid(guid))
    }

    fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, TransportError> {
        Ok(alias_of_luid(luid))
    }
}

/// A private manual-reset event, not signalled.
fn new_event() -> io::Result<OwnedHandle> {
    // SAFETY: no attributes and no name are legal, and nothing else is passed.
    let event = unsafe { CreateEventW(ptr::null(), TRUE, 0, ptr::null()) };
    if event.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the event was just created, and nothing else closes it.
    Ok(unsafe { OwnedHandle::from_raw_handle(event) })
}

/// The error of a call that reached the driver: `OVERLAPPED.Internal` holds its `NTSTATUS`; the
/// Win32 error can stand for several.
fn overlapped_error(overlapped: &OVERLAPPED, error: &io::Error) -> DriverError {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the status is the low half, the kernel leaves the other as it was"
    )]
    let status = NtStatus::new(overlapped.Internal as u32);
    if status.is_success() {
        last_error(error)
    } else {
        DriverError::from_both(status, win32(error))
    }
}

fn last_error(error: &io::Error) -> DriverError {
    DriverError::from_win32(win32(error))
}

/// The number behind an error of the system.
fn win32(error: &io::Error) -> u32 {
    error
        .raw_os_error()
        .map_or(ERROR_GEN_FAILURE, i32::cast_unsigned)
}

fn not_opened(path: &Path, error: &io::Error) -> Error {
    let path = path.into();
    match win32(error) {
        ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => Error::DeviceNotFound { path },
        ERROR_ACCESS_DENIED => Error::AccessDenied { path },
        other => Error::OpenRefused {
            path,
            driver_error: DriverError::from_win32(other),
        },
    }
}

#[cfg(test)]
mod tests;
