//! Datagrams of a netlink socket, received into one buffer.

use std::io;
use std::os::fd::AsRawFd;

use netlink_sys::Socket;
use nix::sys::socket::{MsgFlags, recv};

/// The kernel fills at most 32 KiB of a dump, whatever room a datagram has.
const SIZE: usize = 64 << 10;

/// Room for a datagram. It is used again for each, so that a datagram costs one call of the system and
/// no allocation.
pub(crate) struct DatagramBuffer(Box<[u8]>);

impl DatagramBuffer {
    pub(crate) fn new() -> Self {
        Self(vec![0; SIZE].into_boxed_slice())
    }

    /// Receives the next datagram.
    ///
    /// # Errors
    ///
    /// Those of `recv`; `InvalidData` for a datagram that is larger than the buffer.
    pub(crate) fn receive(&mut self, socket: &Socket) -> io::Result<&[u8]> {
        // With this flag the length is the datagram's own.
        let length = recv(socket.as_raw_fd(), &mut self.0, MsgFlags::MSG_TRUNC)?;
        self.0.get(..length).ok_or_else(|| {
            let text = format!("a netlink datagram of {length} bytes");
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }
}
