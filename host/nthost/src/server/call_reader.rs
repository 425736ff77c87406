//! The receiving side of a connection: one thread at a time reads there.

use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;

use nthost_protocol::{CallHeader, PolledStream, receive};
use parking_lot::Mutex;

use super::call::Job;
use super::socket_watch::WatchedSocket;

/// Reads the calls of a process.
pub(super) struct CallReader {
    stream: Mutex<BufReader<PolledStream>>,
    socket: WatchedSocket,
    /// True while no thread reads, because the one that did makes a call, and the socket is watched for
    /// the next call. The first thread that is free reads on.
    is_watched: Mutex<bool>,
}

impl CallReader {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        Ok(Self {
            socket: WatchedSocket::new(stream.try_clone()?)?,
            stream: Mutex::new(BufReader::new(PolledStream::new(stream))),
            is_watched: Mutex::new(false),
        })
    }

    /// Sets what is done when a call arrives while no thread reads.
    pub(super) fn on_call(&self, on_call: impl Fn() + Send + Sync + 'static) {
        self.socket.on_call(on_call);
    }

    /// Waits for the next call; `None` at the end of the stream.
    pub(super) fn receive(&self) -> io::Result<Option<Job>> {
        let received = receive::<CallHeader>(&mut *self.stream.lock())?;
        Ok(received.map(|(header, payload)| Job { header, payload }))
    }

    /// The reading thread begins to make a call. Returns false if another thread has to read on at
    /// once, because more calls have been read from the socket already.
    pub(super) fn begin_call(&self) -> bool {
        if !self.stream.lock().buffer().is_empty() {
            return false;
        }
        let mut is_watched = self.is_watched.lock();
        *is_watched = true;
        self.socket.arm();
        true
    }

    /// Returns true if no thread was reading: the caller is the reading thread from now on.
    pub(super) fn read_on(&self) -> bool {
        let mut is_watched = self.is_watched.lock();
        if *is_watched {
            self.socket.disarm();
        }
        std::mem::take(&mut *is_watched)
    }
}
