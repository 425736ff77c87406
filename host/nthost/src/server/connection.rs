//! A client process: its calls as they come, and what the system does when it exits.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nt_kernel::process::{self, Process};
use nt_kernel::{callback_guard, thread, warning, watchdog};
use nt_types::NtStatus;
use nthost_protocol::ReplyHeader;
use nthost_protocol::syscall::CallKind;
use zerocopy::little_endian::{U32, U64};

use super::call::{Answer, Job};
use super::call_log;
use super::call_reader::CallReader;
use super::calls::Calls;
use super::client_threads::ClientThreads;
use super::control::ControlCalls;
use super::in_flight::{Cancelled, InFlight};
use super::replies::Replies;
use super::running_threads::RunningThreads;
use super::thread_queues::ThreadQueues;
use super::threads;

/// The name of the host's work for a call, in reports.
const WORK: &str = "a call of a process";

/// Whether a stream has ended, in whatever way.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// A client process.
pub(super) struct Connection {
    process: Arc<Process>,
    stream: UnixStream,
    reader: CallReader,
    replies: Arc<Replies>,
    in_flight: InFlight,
    queues: ThreadQueues<Job>,
    threads: Arc<ClientThreads>,
    running: RunningThreads,
    /// True once the process is being terminated.
    terminating: AtomicBool,
    calls: Calls,
    /// Called when the process has exited.
    on_exit: Box<dyn Fn() + Send + Sync>,
}

/// What the thread that has read a call does next.
enum Accepted {
    /// It makes this call of a thread, and those that come after it.
    Make(u64, Job),
    /// It makes this call, which cancels another one.
    Cancel(Job),
    /// Nothing: the thread of the call makes another one.
    Queued,
    /// It cuts the process off, which does not keep to the protocol.
    Refused,
}

impl Connection {
    pub(super) fn new(
        process: Arc<Process>,
        stream: UnixStream,
        control: ControlCalls,
        on_exit: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let replies = Arc::new(Replies::new(stream.try_clone()?));
        let connection = Arc::new(Self {
            threads: control.threads(),
            calls: Calls::new(control),
            process,
            reader: CallReader::new(stream.try_clone()?)?,
            stream,
            replies,
            in_flight: InFlight::default(),
            queues: ThreadQueues::default(),
            running: RunningThreads::default(),
            terminating: AtomicBool::new(false),
            on_exit: Box::new(on_exit),
        });
        let reading = Arc::downgrade(&connection);
        connection.reader.on_call(move || {
            if let Some(connection) = reading.upgrade() {
                connection.take_over();
            }
        });
        Ok(connection)
    }

    /// Reads the calls of the process and makes them, until it exits; cleans up behind it then. Ends
    /// before that if another thread reads on.
    pub(super) fn serve(self: &Arc<Self>) {
        while let Some(job) = self.receive() {
            let reads_on = match self.accept(job) {
                Accepted::Make(thread, first) => {
                    self.while_watched(|| self.run_thread(thread, first))
                }
                Accepted::Cancel(job) => self.while_watched(|| self.cancel(&job)),
                Accepted::Queued => true,
                Accepted::Refused => break,
            };
            if !reads_on {
                return;
            }
        }
        callback_guard::run_system_call(WORK, || self.exit());
        (self.on_exit)();
    }

    /// The next call; `None` if there are no more.
    fn receive(&self) -> Option<Job> {
        match self.reader.receive() {
            Ok(job) => job,
            // A process may die in the middle of a message, or before it has read its replies.
            Err(error) if is_end(&error) => None,
            Err(error) => {
                self.warn(&format!("is cut off: {error}"));
                None
            }
        }
    }

    /// Does the work of a call, while the socket is watched for the next one. Returns true if this
    /// thread reads on.
    fn while_watched(self: &Arc<Self>, work: impl FnOnce()) -> bool {
        if !self.reader.begin_call() {
            self.read_in_another_thread();
        }
        callback_guard::run_system_call(WORK, work);
        self.reader.read_on()
    }

    /// A call has arrived while the thread that read the calls is busy.
    fn take_over(self: &Arc<Self>) {
        if self.reader.read_on() {
            self.read_in_another_thread();
        }
    }

    fn read_in_another_thread(self: &Arc<Self>) {
        let connection = Arc::clone(self);
        threads::run(move || connection.serve());
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

    /// Takes a call.
    fn accept(&self, job: Job) -> Accepted {
        call_log::arrived(self.process.pid, &job.header, &job.payload);
        let id = job.header.id.get();
        let thread = job.header.thread.get();
        if !self.in_flight.arrive(id, thread) {
            self.warn(&format!("is cut off: it used the call id {id} twice"));
            return Accepted::Refused;
        }
        if CallKind::from_number(job.header.kind.get()) == Some(CallKind::Cancel) {
            return Accepted::Cancel(job);
        }
        match self.queues.enter(thread, job) {
            Some(first) => {
                self.running.begin();
                Accepted::Make(thread, first)
            }
            None => Accepted::Queued,
        }
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
        let _entered = process::enter(&self.process);
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
