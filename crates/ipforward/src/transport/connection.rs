//! A connection to nthost that carries several calls at once.
//!
//! Callers write under a lock; each call has its own id. One of the waiting callers reads, and hands
//! the replies of the others over to them; so a reply wakes one thread, that of its caller. When the
//! stream ends, every waiting and every later caller gets the error that ended it.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, Header, PolledStream, ReplyHeader, receive_header, send};
use zerocopy::little_endian::{U32, U64};

/// A reply and its payload.
pub(crate) type HostReply = (ReplyHeader, Vec<u8>);

/// A reply, and its payload if that is not in the room that its caller has for it.
pub(crate) type ReplyInRoom = (ReplyHeader, Option<Vec<u8>>);

/// The calls that have not got their replies.
#[derive(Debug, Default)]
struct ConnectionState {
    calls: HashMap<u64, PendingCall>,
    /// True while a caller reads replies.
    is_read: bool,
    /// The error that ended the connection.
    gone: Option<io::ErrorKind>,
}

/// A call in flight.
#[derive(Debug)]
struct PendingCall {
    caller: Thread,
    kind: u32,
    argument: u32,
    /// The reply, if another caller has read it.
    reply: Option<ReplyInRoom>,
}

/// One connection: to the host, one process.
#[derive(Debug)]
pub(crate) struct HostConnection {
    writer: Mutex<UnixStream>,
    replies: Mutex<BufReader<PolledStream>>,
    state: Mutex<ConnectionState>,
    next_id: AtomicU64,
}

impl HostConnection {
    /// A connection over `stream`.
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        Ok(Self {
            writer: Mutex::new(stream.try_clone()?),
            replies: Mutex::new(BufReader::new(PolledStream::new(stream))),
            state: Mutex::default(),
            next_id: AtomicU64::new(1),
        })
    }

    /// Makes one call and waits for its reply. Sets id, thread and length of the header.
    pub(crate) fn call(
        &self,
        header: CallHeader,
        payload: &[u8],
    ) -> Result<HostReply, io::ErrorKind> {
        let (header, payload) = self.call_with_room(header, payload, &mut [])?;
        Ok((header, payload.unwrap_or_default()))
    }

    /// As [`call`](Self::call). The payload of the reply is in `room` if it fits. It is read there, unless
    /// another caller reads it.
    pub(crate) fn call_with_room(
        &self,
        header: CallHeader,
        payload: &[u8],
        room: &mut [u8],
    ) -> Result<ReplyInRoom, io::ErrorKind> {
        let length = u32::try_from(payload.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        lock(&self.state).expect_reply(id, &header)?;
        let header = CallHeader {
            id: U64::new(id),
            thread: U64::new(thread_number()),
            length: U32::new(length),
            ..header
        };
        let sent = send(&mut *lock(&self.writer), &header, payload);
        if let Err(error) = sent {
            // Part of the message may have been sent, so no other message can follow.
            lock(&self.state).end(error.kind());
        }
        self.wait(id, room)
    }

    /// The ids of the `DeviceControl` calls in flight with this code.
    pub(super) fn in_flight(&self, code: u32) -> Vec<u64> {
        let state = lock(&self.state);
        let has_code = |call: &PendingCall| {
            (call.kind, call.argument) == (CallKind::DeviceControl as u32, code)
        };
        let calls = state.calls.iter().filter(|(_, call)| has_code(call));
        calls.map(|(id, _)| *id).collect()
    }

    /// Waits for the reply to a call, and reads if no other caller does.
    fn wait(&self, id: u64, room: &mut [u8]) -> Result<ReplyInRoom, io::ErrorKind> {
        loop {
            let mut state = lock(&self.state);
            if let Some(outcome) = state.outcome(id) {
                return outcome.map(|reply| into_room(reply, room));
            }
            if state.is_read {
                drop(state);
                // The caller that reads wakes this one for its reply, or to read on.
                thread::park();
                continue;
            }
            state.is_read = true;
            drop(state);
            let received = receive_reply(&mut *lock(&self.replies), id, room);
            lock(&self.state).receive(received);
        }
    }
}

impl ConnectionState {
    /// Adds a call of this thread.
    fn expect_reply(&mut self, id: u64, header: &CallHeader) -> Result<(), io::ErrorKind> {
        if let Some(kind) = self.gone {
            return Err(kind);
        }
        let call = PendingCall {
            caller: thread::current(),
            kind: header.kind.get(),
            argument: header.argument.get(),
            reply: None,
        };
        self.calls.insert(id, call);
        Ok(())
    }

    /// Removes a call that has its reply, or never gets one.
    fn outcome(&mut self, id: u64) -> Option<Result<ReplyInRoom, io::ErrorKind>> {
        let reply = self.calls.get_mut(&id).and_then(|call| call.reply.take());
        let outcome = reply.map(Ok).or(self.gone.map(Err))?;
        self.calls.remove(&id);
        if !self.is_read {
            self.wake_reader();
        }
        Some(outcome)
    }

    /// Has a waiting caller read.
    fn wake_reader(&self) {
        let waiting = self.calls.values().find(|call| call.reply.is_none());
        if let Some(call) = waiting {
            call.caller.unpark();
        }
    }

    /// Takes what a caller has read.
    fn receive(&mut self, received: io::Result<Option<ReplyInRoom>>) {
        self.is_read = false;
        match received {
            Ok(Some((header, payload))) => match self.calls.get_mut(&header.id.get()) {
                Some(call) => {
                    call.reply = Some((header, payload));
                    call.caller.unpark();
                }
                None => self.end(io::ErrorKind::InvalidData),
            },
            Ok(None) => self.end(io::ErrorKind::UnexpectedEof),
            Err(error) => self.end(error.kind()),
        }
    }

    /// Ends the connection for all callers. The first error is the one that counts.
    fn end(&mut self, kind: io::ErrorKind) {
        self.gone.get_or_insert(kind);
        for call in self.calls.values() {
            call.caller.unpark();
        }
    }
}

/// Receives one reply, of any call; the payload is in `room` if the reply is that to the call with this id
/// and fits.
fn receive_reply(
    stream: &mut impl Read,
    id: u64,
    room: &mut [u8],
) -> io::Result<Option<ReplyInRoom>> {
    let Some(header) = receive_header::<ReplyHeader>(stream)? else {
        return Ok(None);
    };
    let length = header.payload_length() as usize;
    let payload = match room.get_mut(..length) {
        Some(place) if header.id == id => {
            stream.read_exact(place)?;
            None
        }
        _ => {
            let mut payload = vec![0; length];
            stream.read_exact(&mut payload)?;
            Some(payload)
        }
    };
    Ok(Some((header, payload)))
}

/// A reply that another caller has read, with its payload in `room` now, if it fits.
fn into_room((header, payload): ReplyInRoom, room: &mut [u8]) -> ReplyInRoom {
    match payload {
        Some(bytes) if bytes.len() <= room.len() => {
            room[..bytes.len()].copy_from_slice(&bytes);
            (header, None)
        }
        payload => (header, payload),
    }
}

/// The number of the calling thread: the host runs the calls of one thread in order.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// Locks, also after a thread panicked with the lock: no state is left half-written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_a_number_of_its_own() {
        let here = thread_number();
        let there = thread::spawn(thread_number).join().unwrap();
        assert_eq!(thread_number(), here);
        assert_ne!(there, here);
    }
}
