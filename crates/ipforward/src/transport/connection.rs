//! A connection to nthost that carries several calls at once.
//!
//! Callers write under a lock; each call has its own id. One thread reads the replies and sends each
//! to the caller that waits for its id. When the stream ends, every waiting and every later caller
//! gets the error that ended it.

use std::collections::HashMap;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};

/// A reply and its payload.
pub(crate) type HostReply = (ReplyHeader, Vec<u8>);

/// The calls that wait for a reply, or the error that ended the connection.
#[derive(Debug)]
enum ConnectionState {
    Open(HashMap<u64, PendingCall>),
    Gone(io::ErrorKind),
}

/// A call in flight.
#[derive(Debug)]
struct PendingCall {
    caller: Sender<HostReply>,
    kind: u32,
    argument: u32,
}

/// One connection: to the host, one process.
#[derive(Debug)]
pub(crate) struct HostConnection {
    writer: Mutex<UnixStream>,
    stream: UnixStream,
    state: Arc<Mutex<ConnectionState>>,
    next_id: AtomicU64,
    reader: Option<JoinHandle<()>>,
}

impl HostConnection {
    /// Starts to read replies from `stream`.
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        let writer = Mutex::new(stream.try_clone()?);
        let state = Arc::new(Mutex::new(ConnectionState::Open(HashMap::new())));
        let replies = stream.try_clone()?;
        let reader = thread::Builder::new()
            .name("ipforward replies".into())
            .spawn({
                let state = Arc::clone(&state);
                move || {
                    let kind = read_replies(replies, &state);
                    // Dropping the senders wakes the waiting callers.
                    *lock(&state) = ConnectionState::Gone(kind);
                }
            })?;
        Ok(Self {
            writer,
            stream,
            state,
            next_id: AtomicU64::new(1),
            reader: Some(reader),
        })
    }

    /// Makes one call and waits for its reply. Sets id, thread and length of the header.
    pub(crate) fn call(
        &self,
        header: CallHeader,
        payload: &[u8],
    ) -> Result<HostReply, io::ErrorKind> {
        let length = u32::try_from(payload.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let reply = self.expect_reply(id, &header)?;
        let header = CallHeader {
            id: U64::new(id),
            thread: U64::new(thread_number()),
            length: U32::new(length),
            ..header
        };
        if let Err(error) = send(&mut *lock(&self.writer), &header, payload) {
            // Part of the message may have been sent, so no other message can follow.
            *lock(&self.state) = ConnectionState::Gone(error.kind());
            return Err(error.kind());
        }
        reply.recv().map_err(|_| self.end())
    }

    /// The ids of the `DeviceControl` calls in flight with this code.
    pub(super) fn in_flight(&self, code: u32) -> Vec<u64> {
        match &*lock(&self.state) {
            ConnectionState::Open(waiting) => waiting
                .iter()
                .filter(|(_, call)| {
                    (call.kind, call.argument) == (CallKind::DeviceControl as u32, code)
                })
                .map(|(id, _)| *id)
                .collect(),
            ConnectionState::Gone(_) => Vec::new(),
        }
    }

    fn expect_reply(
        &self,
        id: u64,
        header: &CallHeader,
    ) -> Result<Receiver<HostReply>, io::ErrorKind> {
        match &mut *lock(&self.state) {
            ConnectionState::Open(waiting) => {
                let (sender, receiver) = mpsc::channel();
                let call = PendingCall {
                    caller: sender,
                    kind: header.kind.get(),
                    argument: header.argument.get(),
                };
                waiting.insert(id, call);
                Ok(receiver)
            }
            ConnectionState::Gone(kind) => Err(*kind),
        }
    }

    fn end(&self) -> io::ErrorKind {
        match &*lock(&self.state) {
            ConnectionState::Open(_) => io::ErrorKind::Other,
            ConnectionState::Gone(kind) => *kind,
        }
    }
}

impl Drop for HostConnection {
    fn drop(&mut self) {
        // If the stream is not connected any more, the reader thread has ended already.
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has ended too.
            let _ = reader.join();
        }
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

/// Sends replies to their callers until the stream ends; returns the error that ended it.
fn read_replies(mut stream: UnixStream, state: &Mutex<ConnectionState>) -> io::ErrorKind {
    loop {
        let (header, payload) = match receive::<ReplyHeader>(&mut stream) {
            Ok(Some(reply)) => reply,
            Ok(None) => return io::ErrorKind::UnexpectedEof,
            Err(error) => return error.kind(),
        };
        let waiting = match &mut *lock(state) {
            ConnectionState::Open(waiting) => waiting.remove(&header.id.get()),
            ConnectionState::Gone(kind) => return *kind,
        };
        let Some(PendingCall { caller, .. }) = waiting else {
            return io::ErrorKind::InvalidData;
        };
        // The caller waits until its sender is gone, so it is there.
        let _ = caller.send((header, payload));
    }
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
