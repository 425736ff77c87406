//! The protocol that a client process and nthost speak over a Unix socket.
//!
//! The socket stands for the system call interface: a connection is a process, and what it sends
//! are the I/O calls of that process (`CreateFile`, `DeviceIoControl`, `ReadFile`, `WriteFile`,
//! `CancelIoEx`, `CloseHandle`). Every call carries an id of the caller's choice and is answered
//! by one reply with that id, in whatever order calls end. When the connection ends, the host does
//! what Windows does for a process that exits: it cancels what is in flight and closes what is
//! open.
//!
//! A message is a fixed [`Header`] and then `length` bytes; [`syscall`] has the calls of a
//! process, [`control`] those of a test.
#![forbid(unsafe_code)]

pub mod control;
mod message;
#[cfg(unix)]
mod polled_stream;
pub mod syscall;

pub use message::{
    CallHeader, Header, PAYLOAD_MAX, ReplyHeader, default_socket, receive, receive_header, send,
};
#[cfg(unix)]
pub use polled_stream::PolledStream;
