//! System threads: each runs work, then waits for more work before it ends.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

/// The time after which a thread without work ends.
const TIMEOUT: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

/// A thread without work.
struct Idle {
    id: thread::ThreadId,
    work: Sender<Work>,
}

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

/// Runs `work` on a system thread, at `PASSIVE_LEVEL`.
pub(super) fn run(work: impl FnOnce() + Send + 'static) {
    let mut work: Work = Box::new(work);
    while let Some(idle) = { IDLE.lock().pop() } {
        match idle.work.send(work) {
            Ok(()) => return,
            Err(mpsc::SendError(unsent)) => work = unsent,
        }
    }
    let spawned = thread::Builder::new()
        .name("system".to_owned())
        .spawn(move || live(work));
    if let Err(error) = spawned {
        panic!("the system has no thread left: {error}");
    }
}

fn live(first: Work) {
    let (sender, receiver) = mpsc::channel();
    let mut next = Some(first);
    while let Some(work) = next {
        work();
        IDLE.lock().push(Idle {
            id: thread::current().id(),
            work: sender.clone(),
        });
        next = wait(&receiver);
    }
}

fn wait(work: &Receiver<Work>) -> Option<Work> {
    match work.recv_timeout(TIMEOUT) {
        Ok(work) => Some(work),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => {
            let me = thread::current().id();
            let mut idle = IDLE.lock();
            let before = idle.len();
            idle.retain(|idle| idle.id != me);
            let promised = idle.len() == before;
            drop(idle);
            // The thread that removed this one from the list is about to send it work.
            if promised { work.recv().ok() } else { None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_side_by_side_on_threads_that_are_used_again() {
        let (here, there) = mpsc::channel();
        let (go, wait_for_go) = mpsc::channel::<()>();
        let report = here.clone();
        run(move || {
            wait_for_go.recv().unwrap();
            report.send("slow").unwrap();
        });
        run(move || here.send("quick").unwrap());
        assert_eq!(there.recv().unwrap(), "quick");
        go.send(()).unwrap();
        assert_eq!(there.recv().unwrap(), "slow");
    }
}
