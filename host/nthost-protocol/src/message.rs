//! Messages: a fixed header and then `length` bytes. All integers are little-endian.

use std::io::{self, IoSlice, Read, Write};
use std::path::PathBuf;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Longest payload of one message, in bytes: 16 MiB.
pub const PAYLOAD_MAX: u32 = 16 << 20;

/// Where nthost listens by default: `$XDG_RUNTIME_DIR/nthost.sock`, or
/// `/tmp/nthost.sock` where there is no such directory.
#[must_use]
pub fn default_socket() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map_or_else(std::env::temp_dir, PathBuf::from)
        .join("nthost.sock")
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
    /// Chosen by the client; the host repeats it in the reply.
    pub id: U64,
    /// The handle the call is about; 0 for [`CallKind::Open`](crate::syscall::CallKind::Open).
    pub handle: U64,
    /// The id of another call, for [`CallKind::Cancel`](crate::syscall::CallKind::Cancel).
    pub target: U64,
    /// The thread of the client's that makes the call, in numbers of the client's choice. The calls
    /// of one thread reach the driver in the order in which they were sent, each when the one
    /// before has been answered or is pending; those of different threads run side by side.
    pub thread: U64,
    /// A [`CallKind`](crate::syscall::CallKind) or a [`ControlKind`](crate::control::ControlKind).
    pub kind: U32,
    /// Control code or desired access, or what the kind says.
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
    // Not copied behind the header: a payload of a batch has 800 KiB.
    let mut parts = [header.as_bytes(), payload].map(IoSlice::new);
    write_all(stream, &mut parts)
}

/// Writes every part.
fn write_all(stream: &mut impl Write, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
    while parts.iter().any(|part| !part.is_empty()) {
        match stream.write_vectored(parts) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Receives one message, or `None` at the end of the stream.
///
/// # Errors
///
/// What the stream answers; `InvalidData` if the message claims more than [`PAYLOAD_MAX`] bytes;
/// `UnexpectedEof` if the stream ends within a message.
pub fn receive<H: Header>(stream: &mut impl Read) -> io::Result<Option<(H, Vec<u8>)>> {
    let Some(header) = receive_header::<H>(stream)? else {
        return Ok(None);
    };
    let mut payload = vec![0; header.payload_length() as usize];
    stream.read_exact(&mut payload)?;
    Ok(Some((header, payload)))
}

/// Receives the header of a message, or `None` at the end of the stream. The payload follows it.
///
/// # Errors
///
/// As [`receive`].
pub fn receive_header<H: Header>(stream: &mut impl Read) -> io::Result<Option<H>> {
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
    Ok(Some(header))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syscall::CallKind;

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

    /// A stream that takes a few bytes at a time, and is interrupted before each.
    #[derive(Default)]
    struct SlowStream {
        bytes: Vec<u8>,
        is_interrupted: bool,
    }

    impl Write for SlowStream {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.is_interrupted ^= true;
            if self.is_interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            self.bytes.write(&bytes[..bytes.len().min(7)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_message_is_sent_whole_to_a_stream_that_takes_it_in_pieces() {
        let header = ReplyHeader {
            id: U64::new(7),
            length: U32::new(20),
            ..ReplyHeader::default()
        };
        let payload = [3; 20];
        let mut stream = SlowStream::default();
        send(&mut stream, &header, &payload).unwrap();
        assert_eq!(stream.bytes, [header.as_bytes(), &payload].concat());
        let full = send(&mut [].as_mut_slice(), &header, &payload);
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::WriteZero);
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
    fn an_oversized_message_is_refused_before_allocation() {
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
