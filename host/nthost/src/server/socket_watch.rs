//! A thread that watches the sockets of processes whose reading thread makes a call.
//!
//! A thread that has read a call of a process makes it itself, so that a call wakes one thread. Until
//! it reads again, the process may make more calls, of other threads or to cancel the first one: this
//! thread sees them arrive, and has another thread read on.

use std::collections::HashMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use parking_lot::Mutex;

/// What is done when a call arrives.
type OnCall = Arc<dyn Fn() + Send + Sync>;

/// The sockets that are watched at times, by number.
struct SocketWatch {
    sockets: Epoll,
    on_call: Mutex<HashMap<u64, OnCall>>,
}

static WATCH: LazyLock<SocketWatch> = LazyLock::new(|| {
    let sockets = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC);
    let watch = thread::Builder::new().name("socket watch".to_owned());
    if let Err(error) = watch.spawn(|| WATCH.watch()) {
        panic!("the system has no thread left: {error}");
    }
    SocketWatch {
        sockets: sockets.expect("the system can make an epoll instance"),
        on_call: Mutex::default(),
    }
});

impl SocketWatch {
    fn watch(&self) {
        let mut events = [EpollEvent::empty(); 16];
        loop {
            // An interrupted wait has no events.
            let count = self.sockets.wait(&mut events, EpollTimeout::NONE);
            for event in &events[..count.unwrap_or(0)] {
                let on_call = self.on_call.lock().get(&event.data()).cloned();
                if let Some(on_call) = on_call {
                    on_call();
                }
            }
        }
    }
}

/// The socket of a connection. Once [`arm`](Self::arm)ed it is watched until a call arrives.
pub(super) struct WatchedSocket {
    socket: UnixStream,
    number: u64,
}

impl WatchedSocket {
    /// A socket that is not watched yet.
    pub(super) fn new(socket: UnixStream) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let event = EpollEvent::new(EpollFlags::EPOLLONESHOT, number);
        WATCH.sockets.add(&socket, event)?;
        Ok(Self { socket, number })
    }

    /// Sets what is done when a call arrives while the socket is watched.
    pub(super) fn on_call(&self, on_call: impl Fn() + Send + Sync + 'static) {
        WATCH.on_call.lock().insert(self.number, Arc::new(on_call));
    }

    /// Watches the socket until a call arrives or has arrived.
    pub(super) fn arm(&self) {
        self.set(EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP);
    }

    /// Watches the socket no more.
    pub(super) fn disarm(&self) {
        self.set(EpollFlags::empty());
    }

    fn set(&self, flags: EpollFlags) {
        let mut event = EpollEvent::new(flags | EpollFlags::EPOLLONESHOT, self.number);
        let changed = WATCH.sockets.modify(&self.socket, &mut event);
        debug_assert!(changed.is_ok());
    }
}

impl Drop for WatchedSocket {
    fn drop(&mut self) {
        WATCH.on_call.lock().remove(&self.number);
        let deleted = WATCH.sockets.delete(&self.socket);
        debug_assert!(deleted.is_ok());
    }
}
