//! A client process: its calls as they come, and what the system does when it exits.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nt_kernel::process::{self, Process};
use nt_kernel::{thread, warning, watchdog};
use nt_types::NtStatus;
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, ReplyHeader, receive};
use zerocopy::little_endian::{U32, U64};

use super::call::{Answer, Job};
use super::call_log;
use super::calls::Calls;
use super::client_threads::ClientThreads;
use super::control::ControlCalls;
use super::in_flight::{Cancelled, InFlight};
use super::replies::Replies;
use super::running_threads::RunningThreads;
use super::thread_queues::ThreadQueues;
use super::threads;

/// Whether a stream has ended, in whatever way.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// A client process.
pub(super) struct Connection {
    process: Arc<Process>,
    stream: UnixStream,
    replies: Arc<Replies>,
    in_flight: InFlight,
    queues: ThreadQueues<Job>,
    threads: Arc<ClientThreads>,
    running: RunningThreads,
    /// True once the process is being terminated.
    terminating: AtomicBool,
    calls: Calls,
}

impl Connection {
    pub(super) fn new(
        process: Arc<Process>,
        stream: UnixStream,
        control: ControlCalls,
    ) -> io::Result<Self> {
        let replies = Arc::new(Replies::new(stream.try_clone()?));
        Ok(Self {
            threads: control.threads(),
            calls: Calls::new(control),
            process,
            stream,
            replies,
            in_flight: InFlight::default(),
            queues: ThreadQueues::default(),
            running: RunningThreads::default(),
            terminating: AtomicBool::new(false),
        })
    }

    /// Lets the process make calls until it exits, and cleans up behind it.
    pub(super) fn serve(self: &Arc<Self>) {
        let _entered = process::enter(&self.process);
        let mut stream = &self.stream;
        loop {
            match receive::<CallHeader>(&mut stream) {
                Ok(Some((header, payload))) => {
                    if !self.accept(Job { header, payload }) {
                        break;
                    }
                }
                Ok(None) => break,
                // A process may die in the middle of a message, or before it has read its replies.
                Err(error) if is_end(&error) => break,
                Err(error) => {
                    self.warn(&format!("is cut off: {error}"));
                    break;
                }
            }
        }
        self.exit();
    }

    /// True if the process has an open file, or is opening one.
    pub(super) fn uses_files(&self) -> bool {
        self.calls.uses_files()
    }

    /// True if the process does not end when user sessions are logged off.
    pub(super) fn is_service(&self) -> bool {
        self.calls.is_service()
    }

    /// Ends the process.
    pub(super) fn hang_up(&self) {
        // If it is not connected any more, it has ended.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Takes a call; false if the process does not keep to the protocol.
    fn accept(self: &Arc<Self>, job: Job) -> bool {
        call_log::arrived(self.process.pid, &job.header, &job.payload);
        let id = job.header.id.get();
        let thread = job.header.thread.get();
        if !self.in_flight.arrive(id, thread) {
            self.warn(&format!("is cut off: it used the call id {id} twice"));
            return false;
        }
        let connection = Arc::clone(self);
        if CallKind::from_number(job.header.kind.get()) == Some(CallKind::Cancel) {
            threads::run(move || connection.cancel(&job));
            return true;
        }
        if let Some(first) = self.queues.enter(thread, job) {
            self.running.begin();
            threads::run(move || connection.run_thread(thread, first));
        }
        true
    }

    /// Makes the calls of one of the process's threads until there are none.
    fn run_thread(self: &Arc<Self>, number: u64, first: Job) {
        let _running = self.running.run();
        let _entered = process::enter(&self.process);
        let object = self.threads.get(number);
        let _as_thread = thread::enter(&object);
        let mut next = Some(first);
        while let Some(job) = next {
            self.make(job);
            next = self.queues.next(number);
        }
        if self.terminating.load(Ordering::SeqCst) {
            self.cancel_calls_of(number);
        }
    }

    fn make(self: &Arc<Self>, job: Job) {
        let id = job.header.id.get();
        if !self.in_flight.begin(id) {
            return;
        }
        let connection = Arc::clone(self);
        let done = Box::new(move |answer| connection.answer(id, &answer));
        if let Some(irp) = self.calls.make(job, done) {
            self.in_flight.pend(id, &irp);
            nt_io::send(&irp);
        }
    }

    fn cancel(&self, job: &Job) {
        let _entered = process::enter(&self.process);
        let target = job.header.target.get();
        let status = match self.in_flight.cancel(target) {
            Cancelled::Unknown => NtStatus::NOT_FOUND,
            Cancelled::Requested => NtStatus::SUCCESS,
            Cancelled::BeforeItBegan => {
                self.answer(target, &Answer::status(NtStatus::CANCELLED));
                NtStatus::SUCCESS
            }
        };
        self.answer(job.header.id.get(), &Answer::status(status));
    }

    /// Answers a call. Any IRQL.
    fn answer(&self, id: u64, answer: &Answer) {
        let header = ReplyHeader {
            id: U64::new(id),
            information: U64::new(answer.information),
            status: U32::new(answer.status.bits()),
            length: U32::new(u32::try_from(answer.output.len()).unwrap_or(u32::MAX)),
        };
        call_log::answered(self.process.pid, id, answer);
        self.in_flight.end(id);
        self.replies.send(&header, &answer.output);
    }

    /// Cleans up after a process that exits, as the system does: marks its threads as terminating,
    /// cancels the requests of each thread once it has left the driver, waits for them, and closes
    /// the handles in the context of the last thread.
    fn exit(&self) {
        self.threads.terminate();
        self.terminating.store(true, Ordering::SeqCst);
        for (id, number) in self.in_flight.ids() {
            self.in_flight.end_waiting(id);
            // A thread that is busy is in the driver, and sees to its calls when it leaves.
            if !self.queues.is_busy(number) {
                self.cancel_calls_of(number);
            }
        }
        if !self.in_flight.wait_empty(watchdog::timeout()) {
            let what = format!("process {} cannot exit", self.process.pid);
            nt_io::stop_for(&what, &self.in_flight.pending());
        }
        // The driver may be busy in a thread whose call it has completed.
        if !self.running.wait_none(watchdog::timeout()) {
            self.warn("cannot exit: the driver keeps one of its threads");
        }
        let last = self.threads.get(u64::MAX);
        let _as_thread = thread::enter(&last);
        self.calls.close_all();
    }

    fn cancel_calls_of(&self, number: u64) {
        let ids = self.in_flight.ids();
        for (id, _) in ids.into_iter().filter(|(_, thread)| *thread == number) {
            self.in_flight.cancel(id);
        }
    }

    fn warn(&self, text: &str) {
        warning(format!("process {} {text}", self.process.pid));
    }
}
