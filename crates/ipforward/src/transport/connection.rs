//! A connection to nthost that carries several calls at once.
//!
//! Callers write under a lock, each call with an id of its own. One thread reads the replies and
//! hands each to the caller that waits for its id. When the stream ends, every waiting caller and
//! every later one is told how it ended.

use std::collections::HashMap;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use nthost_protocol::{CallHeader, CallKind, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};

/// A reply and its payload.
pub(crate) type Reply = (ReplyHeader, Vec<u8>);

/// Who waits for what, or how the connection ended.
#[derive(Debug)]
enum State {
    Open(HashMap<u64, Waiting>),
    Gone(io::ErrorKind),
}

/// A call in flight.
#[derive(Debug)]
struct Waiting {
    caller: Sender<Reply>,
    kind: u32,
    argument: u32,
}

/// One connection: to the host, one process.
#[derive(Debug)]
pub(crate) struct Connection {
    writer: Mutex<UnixStream>,
    stream: UnixStream,
    state: Arc<Mutex<State>>,
    next_id: AtomicU64,
    reader: Option<JoinHandle<()>>,
}

impl Connection {
    /// Starts to read replies from `stream`.
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        let writer = Mutex::new(stream.try_clone()?);
        let state = Arc::new(Mutex::new(State::Open(HashMap::new())));
        let replies = stream.try_clone()?;
        let reader = thread::Builder::new()
            .name("ipforward replies".into())
            .spawn({
                let state = Arc::clone(&state);
                move || {
                    let kind = read_replies(replies, &state);
                    // Dropping the senders wakes those who wait.
                    *lock(&state) = State::Gone(kind);
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

    /// Makes one call and waits for its reply. Id, thread and length of the header are set here.
    pub(crate) fn call(&self, header: CallHeader, payload: &[u8]) -> Result<Reply, io::ErrorKind> {
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
            // What of the message went out is not known, so nothing can follow it.
            *lock(&self.state) = State::Gone(error.kind());
            return Err(error.kind());
        }
        reply.recv().map_err(|_| self.end())
    }

    /// The ids of the `DeviceControl` calls in flight with this code.
    pub(super) fn in_flight(&self, code: u32) -> Vec<u64> {
        match &*lock(&self.state) {
            State::Open(waiting) => waiting
                .iter()
                .filter(|(_, call)| {
                    (call.kind, call.argument) == (CallKind::DeviceControl as u32, code)
                })
                .map(|(id, _)| *id)
                .collect(),
            State::Gone(_) => Vec::new(),
        }
    }

    fn expect_reply(&self, id: u64, header: &CallHeader) -> Result<Receiver<Reply>, io::ErrorKind> {
        match &mut *lock(&self.state) {
            State::Open(waiting) => {
                let (sender, receiver) = mpsc::channel();
                let call = Waiting {
                    caller: sender,
                    kind: header.kind.get(),
                    argument: header.argument.get(),
                };
                waiting.insert(id, call);
                Ok(receiver)
            }
            State::Gone(kind) => Err(*kind),
        }
    }

    fn end(&self) -> io::ErrorKind {
        match &*lock(&self.state) {
            State::Open(_) => io::ErrorKind::Other,
            State::Gone(kind) => *kind,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // If the stream is not connected any more, the reader has ended already.
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has nothing left to wait for.
            let _ = reader.join();
        }
    }
}

/// The number of the calling thread: what the host keeps in order, and what it may run side by side.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// Hands out replies until the stream ends; says how it did.
fn read_replies(mut stream: UnixStream, state: &Mutex<State>) -> io::ErrorKind {
    loop {
        let (header, payload) = match receive::<ReplyHeader>(&mut stream) {
            Ok(Some(reply)) => reply,
            Ok(None) => return io::ErrorKind::UnexpectedEof,
            Err(error) => return error.kind(),
        };
        let waiting = match &mut *lock(state) {
            State::Open(waiting) => waiting.remove(&header.id.get()),
            State::Gone(kind) => return *kind,
        };
        let Some(Waiting { caller, .. }) = waiting else {
            return io::ErrorKind::InvalidData;
        };
        // The caller waits until its sender is gone, so it is there.
        let _ = caller.send((header, payload));
    }
}

/// The lock, also after a thread that held it panicked: no state is left half-written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_number_and_shares_it_with_none() {
        let here = thread_number();
        let there = thread::spawn(thread_number).join().unwrap();
        assert_eq!(thread_number(), here);
        assert_ne!(there, here);
    }
}
