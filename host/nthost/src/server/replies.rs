//! The queue of replies to a client. Sending a reply never waits, because the driver's thread may
//! send it while the client does not read.

use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::sys::socket::{MsgFlags, send};
use nthost_protocol::ReplyHeader;
use parking_lot::Mutex;
use zerocopy::IntoBytes;

use super::threads;

/// The sending side of a connection.
pub(super) struct Replies {
    stream: UnixStream,
    unsent: Mutex<Unsent>,
}

/// The bytes for which the socket had no room.
#[derive(Default)]
struct Unsent {
    bytes: Vec<u8>,
    /// True while a thread waits for room in the socket.
    waiting: bool,
}

impl Replies {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            unsent: Mutex::default(),
        }
    }

    /// Sends one reply, now or as soon as there is room. Any IRQL. A reply to a disconnected client
    /// is dropped.
    pub(super) fn send(self: &Arc<Self>, header: &ReplyHeader, payload: &[u8]) {
        let mut message = Vec::with_capacity(size_of::<ReplyHeader>() + payload.len());
        message.extend_from_slice(header.as_bytes());
        message.extend_from_slice(payload);
        let mut unsent = self.unsent.lock();
        let sent = if unsent.bytes.is_empty() && !unsent.waiting {
            self.send_now(&message)
        } else {
            0
        };
        let rest = &message[sent..];
        if rest.is_empty() {
            return;
        }
        unsent.bytes.extend_from_slice(rest);
        if !unsent.waiting {
            unsent.waiting = true;
            let replies = Arc::clone(self);
            threads::run(move || replies.send_rest());
        }
    }

    /// Sends as many bytes as the socket has room for. Returns their number. Bytes for a
    /// disconnected client count as sent.
    fn send_now(&self, bytes: &[u8]) -> usize {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        match send(self.stream.as_raw_fd(), bytes, flags) {
            Ok(sent) => sent,
            Err(nix::Error::EAGAIN | nix::Error::EINTR) => 0,
            Err(_) => bytes.len(),
        }
    }

    /// Sends what is left, waiting for room.
    fn send_rest(&self) {
        loop {
            let mut unsent = self.unsent.lock();
            let bytes = std::mem::take(&mut unsent.bytes);
            if bytes.is_empty() {
                unsent.waiting = false;
                return;
            }
            drop(unsent);
            // A reply to a disconnected client is dropped.
            let _ = (&self.stream).write_all(&bytes);
        }
    }
}
