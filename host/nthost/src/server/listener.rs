//! The socket at which clients arrive.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::socket::{Shutdown, shutdown};

/// Every user may connect: the device's security descriptor decides which users may open the
/// device.
const MODE: u32 = 0o666;

/// Why the host cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// A host that lives has the socket.
    #[error("another host serves {}", path.display())]
    Busy {
        /// The socket.
        path: PathBuf,
    },
    /// Something else has the name.
    #[error("{} exists and is no socket", path.display())]
    NoSocket {
        /// The path of the socket.
        path: PathBuf,
    },
    /// What the system says.
    #[error("cannot listen at {}", path.display())]
    System {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A listening socket. Its file is deleted when the value is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
    closed: AtomicBool,
}

impl Listener {
    /// Listens at `path`. The socket that a dead host left there is replaced.
    ///
    /// # Errors
    ///
    /// See [`ListenError`].
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        make_way(path)?;
        let system = |source| ListenError::System {
            path: path.to_owned(),
            source,
        };
        let socket = UnixListener::bind(path).map_err(system)?;
        fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(system)?;
        Ok(Self {
            socket,
            path: path.to_owned(),
            closed: AtomicBool::new(false),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The clients as they arrive, until [`Listener::close`].
    pub(super) fn incoming(&self) -> impl Iterator<Item = UnixStream> {
        self.socket
            .incoming()
            .take_while(|_| !self.closed.load(Ordering::Acquire))
            .flatten()
    }

    /// Accepts no more clients.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        // Wakes the acceptor; an error means that it does not wait.
        let _ = shutdown(self.socket.as_raw_fd(), Shutdown::Both);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Another process may have removed it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the socket of a host that is dead.
fn make_way(path: &Path) -> Result<(), ListenError> {
    let path_buf = || path.to_owned();
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(ListenError::NoSocket { path: path_buf() });
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(ListenError::Busy { path: path_buf() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)
            .map_err(|source| ListenError::System {
                path: path_buf(),
                source,
            }),
        Err(source) => Err(ListenError::System {
            path: path_buf(),
            source,
        }),
    }
}
