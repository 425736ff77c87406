//! The queue of replies to a client. Sending a reply never waits, because the driver's thread may
//! send it while the client does not read.

use std::io::{IoSlice, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::sys::socket::{MsgFlags, sendmsg};
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
        let mut message = [header.as_bytes(), payload].map(IoSlice::new);
        let mut unsent = self.unsent.lock();
        let sent = if unsent.bytes.is_empty() && !unsent.waiting {
            self.send_now(&message)
        } else {
            0
        };
        let mut rest = &mut message[..];
        IoSlice::advance_slices(&mut rest, sent);
        for part in rest {
            unsent.bytes.extend_from_slice(part);
        }
        if unsent.bytes.is_empty() {
            return;
        }
        if !unsent.waiting {
            unsent.waiting = true;
            let replies = Arc::clone(self);
            threads::run(move || replies.send_rest());
        }
    }

    /// Sends as many bytes as the socket has room for. Returns their number. Bytes for a
    /// disconnected client count as sent.
    fn send_now(&self, message: &[IoSlice<'_>]) -> usize {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        match sendmsg::<()>(self.stream.as_raw_fd(), message, &[], flags, None) {
            Ok(sent) => sent,
            Err(nix::Error::EAGAIN | nix::Error::EINTR) => 0,
            Err(_) => message.iter().map(|part| part.len()).sum(),
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

#[cfg(test)]
mod tests {
    use std::thread;

    use nthost_protocol::receive;
    use zerocopy::little_endian::U32;

    use super::*;

    #[test]
    fn replies_beyond_the_room_of_the_socket_arrive_whole() {
        let (here, mut there) = UnixStream::pair().unwrap();
        let replies = Arc::new(Replies::new(here));
        let payload = |number: u8| vec![number; 1 << 20];
        for number in 0..4 {
            let header = ReplyHeader {
                status: U32::new(number.into()),
                length: U32::new(1 << 20),
                ..ReplyHeader::default()
            };
            replies.send(&header, &payload(number));
        }
        let reader = thread::spawn(move || {
            for number in 0..4 {
                let (header, received) = receive::<ReplyHeader>(&mut there).unwrap().unwrap();
                assert_eq!(header.status.get(), number.into());
                assert!(received == payload(number), "reply {number}");
            }
        });
        reader.join().unwrap();
    }
}
