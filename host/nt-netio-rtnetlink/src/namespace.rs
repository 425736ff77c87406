//! The way into a network namespace: a socket belongs to the namespace it was opened in.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use thiserror::Error;

/// Where `ip netns add` puts the names of namespaces.
const NAMES: &str = "/run/netns";

/// Why a network namespace cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// No namespace has that name.
    #[error("there is no network namespace `{name}` in {NAMES}; make one: ip netns add {name}")]
    Missing {
        /// The name.
        name: String,
    },
    /// The process may not enter it.
    #[error(
        "no permission to enter the network namespace `{name}`: it needs root, or the \
         capabilities CAP_SYS_ADMIN and CAP_NET_ADMIN"
    )]
    Denied {
        /// The name.
        name: String,
    },
    /// Anything else.
    #[error("the network namespace `{name}` cannot be used")]
    Other {
        /// The name.
        name: String,
        /// Why not.
        source: io::Error,
    },
}

impl OpenError {
    pub(crate) fn new(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { name },
            io::ErrorKind::PermissionDenied => Self::Denied { name },
            _ => Self::Other { name, source },
        }
    }
}

/// Calls `open` inside the namespace, on a thread that ends there.
pub(crate) fn inside<T: Send>(
    name: &str,
    open: impl FnOnce() -> io::Result<T> + Send,
) -> Result<T, OpenError> {
    let opened = File::open(path_of(name)).and_then(|namespace| {
        let enter = move || {
            setns(namespace, CloneFlags::CLONE_NEWNET).map_err(from_errno)?;
            open()
        };
        thread::scope(|scope| {
            let visitor = thread::Builder::new().spawn_scoped(scope, enter)?;
            visitor.join().expect("opening a socket does not panic")
        })
    });
    opened.map_err(|error| OpenError::new(name, error))
}

fn path_of(name: &str) -> PathBuf {
    Path::new(NAMES).join(name)
}

fn from_errno(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_namespace_is_reported_with_its_command() {
        let Err(error) = inside("no-such-namespace", || Ok(())) else {
            panic!("there is no such namespace");
        };
        let said = error.to_string();
        assert!(said.contains("ip netns add no-such-namespace"), "{said}");
    }

    #[test]
    fn a_lack_of_privilege_says_which() {
        let denied = io::Error::from_raw_os_error(Errno::EPERM as i32);
        let said = OpenError::new("blue", denied).to_string();
        assert!(
            said.contains("`blue`") && said.contains("CAP_NET_ADMIN"),
            "{said}"
        );
    }
}
