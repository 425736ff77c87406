//! The device in nthost, over its Unix socket.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use abi::device::{INTERFACE_CLASS, USER_PATH};
use abi::{ControlCode, Guid, NtStatus};
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, Header, PAYLOAD_MAX};
use zerocopy::little_endian::{U32, U64};

use super::connection::{HostConnection, ReplyInRoom};
use super::{Access, Transport, checked_length};
use crate::driver_error::DriverError;
use crate::error::{Error, Malformed, TransportError};

/// `FILE_READ_DATA`.
const READ_DATA: u32 = 1 << 0;
/// `FILE_WRITE_DATA`.
const WRITE_DATA: u32 = 1 << 1;

pub(crate) fn system_path() -> PathBuf {
    nthost_protocol::default_socket()
}

/// Opens the device in the host that listens at `path`.
pub(crate) fn open(path: &Path, access: Access) -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(Socket::open(connect(path)?, path, access)?))
}

/// A connection to the host that listens at `path`.
pub(crate) fn connect(path: &Path) -> Result<HostConnection, Error> {
    UnixStream::connect(path)
        .and_then(HostConnection::new)
        .map_err(|error| not_connected(path, error.kind()))
}

/// An open handle in the host.
struct Socket {
    connection: HostConnection,
    handle: U64,
}

impl Socket {
    fn open(connection: HostConnection, path: &Path, access: Access) -> Result<Self, Error> {
        let desired = match access {
            Access::ReadOnly => READ_DATA,
            Access::ReadWrite => READ_DATA | WRITE_DATA,
        };
        let header = CallHeader {
            argument: U32::new(desired),
            kind: U32::new(CallKind::Open as u32),
            ..CallHeader::default()
        };
        let name = device_name(&connection).map_err(|kind| Error::HostGone { kind })?;
        let (reply, _) = connection
            .call(header, name.as_bytes())
            .map_err(|kind| Error::HostGone { kind })?;
        match NtStatus::new(reply.status.get()) {
            status if status.is_success() => Ok(Self {
                connection,
                handle: reply.information,
            }),
            NtStatus::OBJECT_NAME_NOT_FOUND => Err(Error::DeviceNotFound { path: path.into() }),
            NtStatus::ACCESS_DENIED => Err(Error::AccessDenied { path: path.into() }),
            status => Err(Error::OpenRefused {
                path: path.into(),
                driver_error: DriverError::from_status(status),
            }),
        }
    }
}

/// The path of the device's interface, else its symbolic link.
fn device_name(connection: &HostConnection) -> Result<String, io::ErrorKind> {
    let header = CallHeader {
        kind: U32::new(CallKind::Interfaces as u32),
        output_length: U32::new(PAYLOAD_MAX),
        ..CallHeader::default()
    };
    let class = INTERFACE_CLASS.to_string();
    let (_, paths) = connection.call(header, class.as_bytes())?;
    let paths = String::from_utf8_lossy(&paths);
    Ok(paths.lines().next().unwrap_or(USER_PATH).to_owned())
}

impl Transport for Socket {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        checked_length(input, PAYLOAD_MAX)?;
        let header = CallHeader {
            handle: self.handle,
            kind: U32::new(CallKind::DeviceControl as u32),
            argument: U32::new(code.0),
            output_length: U32::new(checked_length(output, u32::MAX)?),
            ..CallHeader::default()
        };
        let reply = self
            .connection
            .call_with_room(header, input, output)
            .map_err(TransportError::Gone)?;
        answer_length(&reply, output.len())
    }

    fn cancel(&self, code: ControlCode) {
        for target in self.connection.in_flight(code.0) {
            let header = CallHeader {
                handle: self.handle,
                kind: U32::new(CallKind::Cancel as u32),
                target: U64::new(target),
                ..CallHeader::default()
            };
            // The call may have ended, or the host may be gone: both need no cancellation.
            let _ = self.connection.call(header, &[]);
        }
    }

    fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, TransportError> {
        let luid = self.connection.luid_of_alias(alias);
        luid.map_err(TransportError::Gone)
    }

    fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, TransportError> {
        let luid = self.connection.luid_of_guid(guid);
        luid.map_err(TransportError::Gone)
    }

    fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, TransportError> {
        let alias = self.connection.alias_of_luid(luid);
        alias.map_err(TransportError::Gone)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let header = CallHeader {
            handle: self.handle,
            kind: U32::new(CallKind::Close as u32),
            ..CallHeader::default()
        };
        // If the host is gone, the handle is closed already.
        let _ = self.connection.call(header, &[]);
    }
}

/// The length of the answer, if the call succeeded and the answer fits in its room.
fn answer_length((header, payload): &ReplyInRoom, room: usize) -> Result<usize, TransportError> {
    NtStatus::new(header.status.get())
        .into_result()
        .map_err(|status| TransportError::Refused(DriverError::from_status(status)))?;
    let length = header.payload_length() as usize;
    let wrong_length = |expected| {
        TransportError::Malformed(Malformed::Length {
            expected,
            actual: length,
        })
    };
    if u64::from(header.payload_length()) != header.information.get() {
        let information = usize::try_from(header.information.get()).unwrap_or(usize::MAX);
        return Err(wrong_length(information));
    }
    if payload.is_some() {
        return Err(wrong_length(room));
    }
    Ok(length)
}

fn not_connected(path: &Path, kind: io::ErrorKind) -> Error {
    let path = path.into();
    match kind {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            Error::DeviceNotFound { path }
        }
        io::ErrorKind::PermissionDenied => Error::AccessDenied { path },
        kind => Error::Unreachable { path, kind },
    }
}

#[cfg(test)]
mod tests;
