//! The system call interface: client processes over a Unix socket.
//!
//! A connection is a process. It runs on the host's system threads (`threads`), reads calls
//! (`connection`, `call_reader`, `socket_watch`), makes them (`calls`) and answers them (`replies`).

mod call;
pub mod call_log;
mod call_reader;
mod calls;
mod client_threads;
mod connection;
mod control;
mod in_flight;
mod listener;
mod queries;
mod replies;
mod running_threads;
mod socket_watch;
#[cfg(test)]
mod tests;
mod thread_queues;
mod threads;

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nt_kernel::process::Process;
use nt_kernel::warning;
use parking_lot::{Condvar, Mutex};

pub use listener::{ListenError, Listener};

use crate::pnp_commands::{ClientProcesses, PnpCommands};
use connection::Connection;
use control::ControlCalls;

/// Serves clients until it is stopped.
pub struct Server {
    listener: Arc<Listener>,
    clients: Arc<Clients>,
    acceptor: thread::JoinHandle<()>,
}

/// The connections that there are.
#[derive(Default)]
struct Clients {
    connections: Mutex<HashMap<u64, Arc<Connection>>>,
    fewer: Condvar,
}

impl Server {
    /// Begins to accept clients on `listener`, which may give `orders`.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub fn start(listener: Listener, commands: PnpCommands) -> std::io::Result<Self> {
        let listener = Arc::new(listener);
        let clients = Arc::<Clients>::default();
        let acceptor = thread::Builder::new().name("acceptor".to_owned()).spawn({
            let listener = Arc::clone(&listener);
            let clients = Arc::clone(&clients);
            move || accept_all(&listener, &clients, &commands)
        })?;
        Ok(Self {
            listener,
            clients,
            acceptor,
        })
    }

    /// Accepts no more clients, and ends those that there are as if their processes had died.
    /// Returns when all of their files are closed.
    pub fn stop(self) {
        self.listener.close();
        if self.acceptor.join().is_err() {
            warning("the acceptor had panicked");
        }
        let mut connections = self.clients.connections.lock();
        for connection in connections.values() {
            connection.hang_up();
        }
        while !connections.is_empty() {
            self.clients.fewer.wait(&mut connections);
        }
    }
}

impl ClientProcesses for Server {
    fn end_others(&self, number: u64) -> Box<dyn FnOnce() + Send> {
        self.end(|other, connection| other != number && connection.uses_files())
    }

    fn end_user_sessions(&self, number: u64) -> Box<dyn FnOnce() + Send> {
        self.end(|other, connection| {
            other != number && connection.uses_files() && !connection.is_service()
        })
    }
}

impl Server {
    /// Ends the processes that `which` picks. The returned function waits until they have ended.
    fn end(&self, which: impl Fn(u64, &Connection) -> bool) -> Box<dyn FnOnce() + Send> {
        let connections = self.clients.connections.lock();
        let in_the_way =
            |(other, connection): &(&u64, &Arc<Connection>)| which(**other, connection);
        let others = connections.iter().filter(in_the_way);
        let others: Vec<u64> = others
            .map(|(other, connection)| {
                connection.hang_up();
                *other
            })
            .collect();
        drop(connections);
        let clients = Arc::clone(&self.clients);
        Box::new(move || clients.wait_gone(&others))
    }
}

impl Clients {
    fn remove(&self, number: u64) {
        self.connections.lock().remove(&number);
        self.fewer.notify_all();
    }

    /// Waits until none of these is left.
    fn wait_gone(&self, numbers: &[u64]) {
        let mut connections = self.connections.lock();
        let is_there = |connections: &mut HashMap<u64, _>| {
            numbers
                .iter()
                .any(|number| connections.contains_key(number))
        };
        self.fewer.wait_while(&mut connections, is_there);
    }
}

fn accept_all(listener: &Listener, clients: &Arc<Clients>, commands: &PnpCommands) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if let Err(error) = admit(number, stream, clients, commands) {
            warning(format!("a client could not be admitted: {error}"));
        }
    }
}

fn admit(
    number: u64,
    stream: UnixStream,
    clients: &Arc<Clients>,
    commands: &PnpCommands,
) -> std::io::Result<()> {
    let peer = getsockopt(&stream, PeerCredentials)?;
    let process = Process::user(peer.pid().unsigned_abs(), peer.uid());
    let control = ControlCalls::new(number, Arc::clone(&process), commands.clone());
    let exited = {
        let clients = Arc::clone(clients);
        move || clients.remove(number)
    };
    let connection = Connection::new(process, stream, control, exited)?;
    let mut connections = clients.connections.lock();
    connections.insert(number, Arc::clone(&connection));
    drop(connections);
    threads::run(move || connection.serve());
    Ok(())
}
