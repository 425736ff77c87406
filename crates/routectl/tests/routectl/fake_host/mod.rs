//! A host in this process, with the driver's own engine over a stack of a few rules: enough to
//! speak to routectl.

mod stack;

use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use engine::worker::{self, Clock, Enqueue, ParkedRequests, Queue};
use engine::{
    AtomicCounters, CounterScopes, EventLog, HandleState, LeaseTable, Lock, Session, decode,
};
use ipforward::Route;
use ipforward::abi::{ControlCode, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, Operation};
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};

use stack::Stack;
pub(crate) use stack::{LUID, interface};

/// How the host behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Sound,
    /// Speaks another version of the contract.
    Newer,
    /// Lets nobody open the device.
    Closed,
    /// Goes away at the first call that is about routes.
    Mortal,
    /// Knows none of the calls that explain: diagnoses, interfaces.
    Terse,
}

/// A running host; its socket is gone when it is dropped.
pub(crate) struct FakeHost {
    folder: tempfile::TempDir,
    machine: Arc<Machine>,
}

struct Machine {
    manner: Manner,
    stack: Stack,
    leases: Locked<LeaseTable>,
    counters: AtomicCounters,
}

impl FakeHost {
    pub(crate) fn start(manner: Manner) -> Self {
        let host = Self {
            folder: tempfile::tempdir().unwrap(),
            machine: Arc::new(Machine {
                manner,
                stack: Stack::default(),
                leases: Locked(Mutex::new(LeaseTable::new(7))),
                counters: AtomicCounters::new(),
            }),
        };
        let listener = UnixListener::bind(host.socket()).unwrap();
        let machine = Arc::clone(&host.machine);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let machine = Arc::clone(&machine);
                thread::spawn(move || machine.serve(stream.unwrap()));
            }
        });
        host
    }

    pub(crate) fn socket(&self) -> PathBuf {
        Path::new(self.folder.path()).join("host.sock")
    }

    /// Puts a route into the table as it is.
    pub(crate) fn has(&self, route: Route) {
        let row = MibIpForwardRow2::from(&route);
        self.machine.stack.routes.lock().unwrap().push(row);
    }

    /// Has these interfaces and no others.
    pub(crate) fn has_interfaces(&self, rows: impl IntoIterator<Item = MibIpInterfaceRow>) {
        *self.machine.stack.interfaces.lock().unwrap() = rows.into_iter().collect();
    }

    /// Looks for the best route on one interface only, and wants to be told which.
    pub(crate) fn wants_an_interface(&self) {
        let stack = &self.machine.stack;
        stack.wants_interface.store(true, Ordering::Relaxed);
    }

    /// Refuses to create anything, with this status.
    pub(crate) fn refuses(&self, status: NtStatus) {
        *self.machine.stack.driver_error.lock().unwrap() = Some(status);
    }
}

type State = HandleState<Vec<MibIpForwardRow2>, Vec<MibIpInterfaceRow>>;

/// A value that one thread sees at a time.
#[derive(Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Lock<T> for Locked<T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

/// Requests that wait look for themselves, again and again; and worker are run after each call.
pub(crate) struct Polled;

impl Enqueue for Polled {
    fn enqueue(&self) {}
}

impl Clock for Polled {
    fn now(&self) -> u64 {
        now()
    }

    fn wake_in(&self, _ticks: u64) {}
}

impl ParkedRequests for Polled {
    type Request = ();

    fn count(&self, _: Queue) -> u32 {
        0
    }

    fn take(&self, _: Queue) -> Option<()> {
        None
    }

    fn put(&self, _: Queue, (): ()) {}

    fn serve(&self, (): ()) -> Option<()> {
        None
    }
}

/// The time, in ticks of 100 ns.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos() / 100).unwrap() + 1
}

/// One client with one handle.
struct Client {
    machine: Arc<Machine>,
    handle: Locked<State>,
    counters: AtomicCounters,
    replies: Mutex<UnixStream>,
    /// Calls that were cancelled.
    cancelled: Mutex<Vec<u64>>,
}

impl Machine {
    /// Serves one client until it goes.
    fn serve(self: Arc<Self>, mut stream: UnixStream) {
        let client = Arc::new(Client {
            replies: Mutex::new(stream.try_clone().unwrap()),
            machine: self,
            handle: Locked::default(),
            counters: AtomicCounters::new(),
            cancelled: Mutex::default(),
        });
        client.take_calls(&mut stream);
        // As for a process that exits: what it holds goes.
        client.session().close(&Polled);
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// The driver's own worker.
    fn keep(&self) {
        let watch = &self.stack.watch;
        worker::run(&self.stack, &self.leases, watch, &Polled, &Polled);
    }

    /// Whether the call may be made with a handle that was opened for `access`.
    fn allowed(&self, code: ControlCode, access: u32) -> Result<(), NtStatus> {
        let operation = Operation::from_code(code).unwrap();
        let explains = matches!(
            operation,
            Operation::ExplainRoute | Operation::GetInterface | Operation::GetInterfaceTable
        );
        if self.manner == Manner::Terse && explains {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        if operation.description().access.bits() & access == 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(())
    }
}

impl Client {
    fn take_calls(self: &Arc<Self>, stream: &mut UnixStream) {
        let mut access = 0;
        while let Ok(Some((call, input))) = receive::<CallHeader>(stream) {
            let argument = call.argument.get();
            match CallKind::from_number(call.kind.get()).unwrap() {
                CallKind::Open if self.machine.manner == Manner::Closed => {
                    self.reply(&call, Err(NtStatus::ACCESS_DENIED));
                }
                CallKind::Open => {
                    access = argument;
                    self.reply(&call, Ok(Vec::new()));
                }
                CallKind::Close => {
                    self.session().close(&Polled);
                    self.reply(&call, Ok(Vec::new()));
                }
                CallKind::Cancel => {
                    self.cancelled.lock().unwrap().push(call.target.get());
                    self.reply(&call, Ok(Vec::new()));
                }
                CallKind::DeviceControl => {
                    let code = ControlCode(argument);
                    if self.machine.manner == Manner::Mortal
                        && Operation::from_code(code) != Some(Operation::QueryVersion)
                    {
                        return;
                    }
                    if let Err(status) = self.machine.allowed(code, access) {
                        self.reply(&call, Err(status));
                    } else if Operation::from_code(code) == Some(Operation::Watch) {
                        let client = Arc::clone(self);
                        thread::spawn(move || client.wait(&call, &input));
                    } else {
                        let answer = self.control(&call, &input);
                        self.machine.keep();
                        self.reply(&call, answer);
                    }
                }
                CallKind::Alias => self.tell_alias(&call, &input),
                other => panic!("{other:?} is not expected"),
            }
        }
    }

    fn session(&self) -> Session<'_, Stack, Locked<State>, Locked<LeaseTable>, Locked<EventLog>> {
        Session {
            stack: &self.machine.stack,
            handle: &self.handle,
            leases: &self.machine.leases,
            watch: &self.machine.stack.watch,
            counters: CounterScopes {
                total: &self.machine.counters,
                handle: &self.counters,
            },
            now: now(),
        }
    }

    fn control(&self, call: &CallHeader, input: &[u8]) -> Result<Vec<u8>, NtStatus> {
        let code = ControlCode(call.argument.get());
        let mut output = vec![0; call.output_length.get() as usize];
        let session = self.session();
        let written = session.counters.around(|| {
            let command = decode(code, input, output.len())?;
            session.serve(command, &mut output, &|| false)
        })?;
        output.truncate(written);
        Ok(output)
    }

    /// Serves a call until there is an answer, it is cancelled, or the client is gone.
    fn wait(&self, call: &CallHeader, input: &[u8]) {
        let id = call.id.get();
        loop {
            match self.control(call, input) {
                Err(NtStatus::PENDING) if self.cancelled.lock().unwrap().contains(&id) => {
                    return self.reply(call, Err(NtStatus::CANCELLED));
                }
                Err(NtStatus::PENDING) => thread::sleep(Duration::from_millis(2)),
                answer => return self.reply(call, answer),
            }
        }
    }

    /// The alias of an interface is `Ethernet` and its index.
    fn tell_alias(&self, call: &CallHeader, alias: &[u8]) {
        let interfaces = self.machine.stack.interfaces.lock().unwrap().clone();
        let named = |row: &MibIpInterfaceRow| format!("Ethernet {}", row.interface_index);
        let luid = call.target.get();
        let found = interfaces.iter().find(|row| match call.argument.get() {
            0 => named(row).as_bytes() == alias,
            _ => row.interface_luid == luid,
        });
        let answer = found.map(named).ok_or(NtStatus::INVALID_PARAMETER);
        let luid = found.map_or(0, |row| row.interface_luid);
        self.reply_with(call, luid, answer.map(String::into_bytes));
    }

    fn reply(&self, call: &CallHeader, answer: Result<Vec<u8>, NtStatus>) {
        let length = answer.as_ref().map_or(0, Vec::len);
        self.reply_with(call, length as u64, answer);
    }

    fn reply_with(&self, call: &CallHeader, information: u64, answer: Result<Vec<u8>, NtStatus>) {
        let status = answer.as_ref().err().copied().unwrap_or(NtStatus::SUCCESS);
        let mut output = answer.unwrap_or_default();
        if let (Manner::Newer, Some(version)) = (self.machine.manner, output.first_mut()) {
            *version += 1;
        }
        let header = ReplyHeader {
            id: call.id,
            information: U64::new(information),
            status: U32::new(status.bits()),
            length: U32::new(u32::try_from(output.len()).unwrap()),
        };
        // A client that was killed reads no replies.
        let _ = send(&mut *self.replies.lock().unwrap(), &header, &output);
    }
}
