//! The words that a client process and nthost exchange over a Unix socket.
//!
//! The socket stands for the system call interface: a connection is a process, and what it sends
//! are the I/O calls of that process (`CreateFile`, `DeviceIoControl`, `ReadFile`, `WriteFile`,
//! `CancelIoEx`, `CloseHandle`). Every call carries an id of the caller's choice and is answered
//! by one reply with that id, in whatever order calls end. When the connection ends, the host does
//! what Windows does for a process that exits: it cancels what is in flight and closes what is
//! open.
//!
//! A message is a fixed [`Header`] and then `length` bytes. All integers are little-endian.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::path::PathBuf;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The environment variable that names the device (or socket) to use.
pub const DEVICE_VARIABLE: &str = "IPFORWARD_DEVICE";

/// Longest payload of one message, in bytes: 16 MiB.
pub const PAYLOAD_MAX: u32 = 16 << 20;

/// Where nthost listens if nobody says otherwise: `$XDG_RUNTIME_DIR/nthost.sock`, or
/// `/tmp/nthost.sock` where there is no such directory.
#[must_use]
pub fn default_socket() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map_or_else(std::env::temp_dir, PathBuf::from)
        .join("nthost.sock")
}

/// The calls that a client can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CallKind {
    /// Open the object named by the payload (UTF-8, `\\.\Name` or `\Device\Name`, with what
    /// follows the device's name passed on). `argument` is the desired access: bit 0
    /// `FILE_READ_DATA`, bit 1 `FILE_WRITE_DATA`. The reply's `information` is the handle.
    Open = 1,
    /// Close `handle`.
    Close = 2,
    /// `DeviceIoControl` on `handle` with the code `argument`, the payload as input, and room for
    /// `output_length` bytes.
    DeviceControl = 3,
    /// Read up to `output_length` bytes from `handle`.
    Read = 4,
    /// Write the payload to `handle`.
    Write = 5,
    /// Cancel the call in flight whose id is `target`. The reply says whether it was found; the
    /// cancelled call is still answered by its own reply.
    Cancel = 6,
    /// Ask the host, not the driver: arm fault injection. `argument` is 0 for no fault, 1 to fail
    /// the call that has the number `target` alone, 2 to fail it and all later ones. The payload
    /// is empty, or one byte: in which of the ways that its documentation lists the call fails,
    /// from 0, counted round; and then what a function's name has to contain to count. The reply's
    /// `information` is how many calls have been counted since the last time, its payload what is
    /// known of the first one that was failed meanwhile, if any: a [`FailedCall`] and then the
    /// function's name. Only for the host's own user.
    ArmFault = 7,
    /// Ask the host, not the driver: what the driver has taken and not given back. The reply's
    /// `information` is the number of entries, its payload as much of their text as there is room
    /// for. Only for the host's own user.
    Outstanding = 8,
    /// Ask the host, not the driver: hold a call of the driver's, so that it stands still in the
    /// middle of its work. `argument` is 0 to let go of it, 1 to hold the call that has the number
    /// `target` among those that may fail, counted from 0 now, 2 to change nothing. The payload is
    /// the name of a function, of which alone the calls are counted, or empty. The reply's
    /// `information` is 1 if a call is held now, otherwise 0. Only for the host's own user.
    PausePoint = 9,
    /// Ask the host, not the driver: which requests the driver has not completed. The reply's
    /// `information` is their number, its payload as much of their text as there is room for, a line
    /// each. Only for the host's own user.
    InFlight = 10,
    /// Ask the host, not the driver: answer when the machine has come to rest, which is when every
    /// change has been told, every timer that is due has gone off and no work item is left. With
    /// the `argument` 1, work items begin from now on only while somebody waits for them, as this
    /// call does. Only for the host's own user.
    Quiesce = 11,
    /// Ask the host, not the driver: let `target` units of 100 ns pass for the driver, whose clock
    /// stands still otherwise from now on, and [quiesce](Self::Quiesce). Only for the host's own user.
    PassTime = 12,
    /// Ask the host, not the driver: take the interface with the index `target` out of the machine,
    /// with its routes (`argument` 0), or put it back (1). Only for the host's own user.
    Plug = 13,
    /// Ask the host, not the driver: begin to trace the calls of NETIO (`argument` 1), with the
    /// payload empty, or the `SOCKADDR_INET` of a destination whose way is asked for after each
    /// call; or end the trace (0). The reply to the end has a line for each call: its function, its
    /// status, and the prefix and the next hop of the best route to the destination, or dashes.
    /// Only for the host's own user.
    Trace = 14,
    /// Tell the `PnP` manager, not the driver: remove the root-enumerated device with the number
    /// `target`. `argument` is 0 to do so in order, which an open file vetoes
    /// (`STATUS_PLUGPLAY_QUERY_VETOED`), 1 to do so by surprise: the reply comes when the driver has
    /// seen it, the rest of the removal follows the close of the last file. With its last device the
    /// driver is unloaded. Only for the host's own user.
    Remove = 15,
    /// Tell the system, not the driver: end all other client processes that have open files, remove
    /// the devices in order and unload the driver, if it is still there. The host goes on without
    /// it. `STATUS_PLUGPLAY_QUERY_VETOED` if the caller has open files itself. The reply's
    /// `information` is how many things the driver has left behind, its payload as much of their
    /// text as there is room for. Only for the host's own user.
    Unload = 16,
    /// Ask the host, not the driver: the routes of its network, also without a driver. The reply's
    /// `information` is their number, its payload a `MIB_IPFORWARD_ROW2` each. Only for the host's
    /// own user.
    Routes = 17,
    /// Ask the `PnP` manager, not the driver: the enabled device interfaces of a class, as
    /// `CM_Get_Device_Interface_List` does, which any process may. The payload is the class, in
    /// braces. The reply's `information` is their number, its payload as many of their paths as
    /// there is room for, a line each; a path is what [`Open`](Self::Open) takes.
    Interfaces = 18,
    /// Make another handle to the file of `handle`, for the same process (`DuplicateHandle`). The
    /// reply's `information` is the handle. The file is closed with its last handle.
    Duplicate = 19,
    /// Ask the IP helper, not the driver, which any process may, about the alias of an interface, as
    /// people call it. `argument` 0: the payload is an alias, and the reply's `information` the
    /// interface's LUID (`ConvertInterfaceAliasToLuid`). 1: `target` is a LUID, and the reply's
    /// payload the alias (`ConvertInterfaceLuidToAlias`). `STATUS_INVALID_PARAMETER` for what no
    /// interface has.
    Alias = 20,
}

impl CallKind {
    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        [
            Self::Open,
            Self::Close,
            Self::DeviceControl,
            Self::Read,
            Self::Write,
            Self::Cancel,
            Self::ArmFault,
            Self::Outstanding,
            Self::PausePoint,
            Self::InFlight,
            Self::Quiesce,
            Self::PassTime,
            Self::Plug,
            Self::Trace,
            Self::Remove,
            Self::Unload,
            Self::Routes,
            Self::Interfaces,
            Self::Duplicate,
            Self::Alias,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }
}

/// What a client sends before the payload.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Unaligned,
)]
#[repr(C)]
pub struct CallHeader {
    /// Chosen by the client; comes back in the reply.
    pub id: U64,
    /// The handle the call is about; 0 for [`CallKind::Open`].
    pub handle: U64,
    /// The id of another call, for [`CallKind::Cancel`].
    pub target: U64,
    /// The thread of the client's that makes the call, in numbers of the client's choice. The calls
    /// of one thread reach the driver in the order in which they were sent, each when the one
    /// before has been answered or is pending; those of different threads run side by side.
    pub thread: U64,
    /// A [`CallKind`].
    pub kind: U32,
    /// Control code or desired access, see [`CallKind`].
    pub argument: U32,
    /// Length of the caller's output buffer, in bytes.
    pub output_length: U32,
    /// Length of the payload that follows, in bytes.
    pub length: U32,
}

/// What the host answers before the payload (the output bytes).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Unaligned,
)]
#[repr(C)]
pub struct ReplyHeader {
    /// The id of the call.
    pub id: U64,
    /// `IO_STATUS_BLOCK.Information`: bytes transferred, or the new handle.
    pub information: U64,
    /// The `NTSTATUS`.
    pub status: U32,
    /// Length of the payload that follows, in bytes.
    pub length: U32,
}

/// What [`CallKind::ArmFault`] tells of the call that was failed, before its name (UTF-8).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Unaligned,
)]
#[repr(C)]
pub struct FailedCall {
    /// The `NTSTATUS` with which it failed.
    pub status: U32,
    /// In how many ways it may fail.
    pub ways: U32,
    /// 1 if it, or a later call that was failed too, said that something is absent.
    pub said_absent: U32,
}

/// The fixed part of a message.
pub trait Header: FromBytes + IntoBytes + Immutable + Default {
    /// Length of the payload that follows, in bytes.
    fn payload_length(&self) -> u32;
}

impl Header for CallHeader {
    fn payload_length(&self) -> u32 {
        self.length.get()
    }
}

impl Header for ReplyHeader {
    fn payload_length(&self) -> u32 {
        self.length.get()
    }
}

/// Sends one message. The header's `length` must be the payload's.
///
/// # Errors
///
/// What the stream answers; `InvalidInput` if the payload is longer than [`PAYLOAD_MAX`] or the
/// header says another length.
pub fn send<H: Header>(stream: &mut impl Write, header: &H, payload: &[u8]) -> io::Result<()> {
    let length = header.payload_length();
    if length > PAYLOAD_MAX || usize::try_from(length) != Ok(payload.len()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "a payload of {} bytes does not fit its message",
                payload.len()
            ),
        ));
    }
    let mut message = Vec::with_capacity(size_of::<H>() + payload.len());
    message.extend_from_slice(header.as_bytes());
    message.extend_from_slice(payload);
    stream.write_all(&message)
}

/// Receives one message, or `None` at the end of the stream.
///
/// # Errors
///
/// What the stream answers; `InvalidData` if the message claims more than [`PAYLOAD_MAX`] bytes;
/// `UnexpectedEof` if the stream ends within a message.
pub fn receive<H: Header>(stream: &mut impl Read) -> io::Result<Option<(H, Vec<u8>)>> {
    let mut header = H::default();
    let bytes = header.as_mut_bytes();
    let started = match stream.read(bytes) {
        Ok(0) => return Ok(None),
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
        Err(error) => return Err(error),
    };
    stream.read_exact(&mut bytes[started..])?;
    let length = header.payload_length();
    if length > PAYLOAD_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a message claims {length} bytes, more than {PAYLOAD_MAX}"),
        ));
    }
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload)?;
    Ok(Some((header, payload)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_arrives_as_it_was_sent() {
        let header = CallHeader {
            id: U64::new(7),
            kind: U32::new(CallKind::Write as u32),
            length: U32::new(3),
            ..CallHeader::default()
        };
        let mut stream = Vec::new();
        send(&mut stream, &header, b"abc").unwrap();
        let (received, payload) = receive::<CallHeader>(&mut stream.as_slice())
            .unwrap()
            .unwrap();
        assert_eq!((received, payload.as_slice()), (header, b"abc".as_slice()));
    }

    #[test]
    fn the_end_of_the_stream_is_not_an_error_between_messages() {
        assert!(
            receive::<ReplyHeader>(&mut [].as_slice())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn the_end_of_the_stream_within_a_message_is_an_error() {
        let error = receive::<ReplyHeader>(&mut [0; 5].as_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_message_that_claims_too_much_is_refused_before_memory_is_taken() {
        let header = ReplyHeader {
            length: U32::new(PAYLOAD_MAX + 1),
            ..ReplyHeader::default()
        };
        let error = receive::<ReplyHeader>(&mut header.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_payload_of_another_length_than_the_header_says_is_not_sent() {
        let mut stream = Vec::new();
        let error = send(&mut stream, &CallHeader::default(), b"x").unwrap_err();
        assert_eq!(
            (error.kind(), stream.len()),
            (io::ErrorKind::InvalidInput, 0)
        );
    }
}
