//! Processes, as a driver sees them: an id, and the user that access checks consider.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

/// The process id of the system process on Windows.
const SYSTEM_PID: u32 = 4;

/// The mode of a request's caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A component of the kernel, which is trusted: no access check applies.
    Kernel,
    /// A program.
    User,
}

impl Mode {
    /// As `KPROCESSOR_MODE` numbers it.
    #[must_use]
    pub const fn number(self) -> i8 {
        match self {
            Self::Kernel => 0,
            Self::User => 1,
        }
    }
}

/// A process that makes I/O calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// The Unix user that it runs as.
    pub uid: u32,
    /// The mode of its calls.
    pub mode: Mode,
    /// The SIDs of its token; `None` if they follow from its user.
    pub token: Option<Vec<String>>,
}

static SYSTEM: LazyLock<Arc<Process>> = LazyLock::new(|| {
    Arc::new(Process {
        pid: SYSTEM_PID,
        uid: 0,
        mode: Mode::Kernel,
        token: None,
    })
});

impl Process {
    /// A program with this id and user.
    #[must_use]
    pub fn user(pid: u32, uid: u32) -> Arc<Self> {
        Arc::new(Self {
            pid,
            uid,
            mode: Mode::User,
            token: None,
        })
    }

    /// The same process with a token that has these SIDs.
    #[must_use]
    pub fn with_token(&self, sids: Vec<String>) -> Arc<Self> {
        Arc::new(Self {
            token: Some(sids),
            ..self.clone()
        })
    }

    /// The system process, in which system threads run and from which the kernel itself calls.
    #[must_use]
    pub fn system() -> Arc<Self> {
        Arc::clone(&SYSTEM)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Process>>> = const { RefCell::new(None) };
}

/// The process that this thread belongs to; the system process unless [`enter`] put the thread into another.
#[must_use]
pub fn current() -> Arc<Process> {
    CURRENT
        .with_borrow(Option::clone)
        .unwrap_or_else(Process::system)
}

/// Makes this thread one of `process` until the guard is dropped.
#[must_use = "the thread leaves the process when the guard is dropped"]
pub fn enter(process: &Arc<Process>) -> Entered {
    Entered {
        before: CURRENT.replace(Some(Arc::clone(process))),
    }
}

/// The thread's stay in a process, see [`enter`].
#[derive(Debug)]
pub struct Entered {
    before: Option<Arc<Process>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_belongs_to_the_system_unless_it_entered_a_process() {
        let program = Process::user(77, 1000);
        let entered = enter(&program);
        assert_eq!(current(), program);
        drop(entered);
        assert_eq!(current(), Process::system());
    }
}
