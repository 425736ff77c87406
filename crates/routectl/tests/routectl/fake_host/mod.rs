//! A fake host in this process: the driver's engine with a fake network stack.

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

/// The behavior of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HostBehavior {
    #[default]
    Normal,
    /// Reports another version of the contract.
    NewerVersion,
    /// Denies opening the device.
    AccessDenied,
    /// Disconnects at the first call after `QUERY_VERSION`.
    Disconnects,
    /// Supports neither diagnoses nor interfaces.
    NoDiagnosis,
}

/// A running host. Dropping it removes its socket.
pub(crate) struct FakeHost {
    folder: tempfile::TempDir,
    system: Arc<FakeSystem>,
}

struct FakeSystem {
    behavior: HostBehavior,
    stack: Stack,
    leases: Locked<LeaseTable>,
    counters: AtomicCounters,
}

impl FakeHost {
    pub(crate) fn start(behavior: HostBehavior) -> Self {
        let host = Self {
            folder: tempfile::tempdir().unwrap(),
            system: Arc::new(FakeSystem {
                behavior,
                stack: Stack::default(),
                leases: Locked(Mutex::new(LeaseTable::new(7))),
                counters: AtomicCounters::new(),
            }),
        };
        let listener = UnixListener::bind(host.socket()).unwrap();
        let system = Arc::clone(&host.system);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let system = Arc::clone(&system);
                thread::spawn(move || system.serve(stream.unwrap()));
            }
        });
        host
    }

    pub(crate) fn socket(&self) -> PathBuf {
        Path::new(self.folder.path()).join("host.sock")
    }

    /// Adds a route to the table without checks.
    pub(crate) fn add_route(&self, route: Route) {
        let row = MibIpForwardRow2::from(&route);
        self.system.stack.routes.lock().unwrap().push(row);
    }

    /// Replaces all interfaces.
    pub(crate) fn set_interfaces(&self, rows: impl IntoIterator<Item = MibIpInterfaceRow>) {
        *self.system.stack.interfaces.lock().unwrap() = rows.into_iter().collect();
    }

    /// Makes a best-route search without an interface fail.
    pub(crate) fn require_interface(&self) {
        let stack = &self.system.stack;
        stack.wants_interface.store(true, Ordering::Relaxed);
    }

    /// Refuses to create routes, with this status.
    pub(crate) fn refuse_with(&self, status: NtStatus) {
        *self.system.stack.driver_error.lock().unwrap() = Some(status);
    }
}

type State = HandleState<Vec<MibIpForwardRow2>, Vec<MibIpInterfaceRow>>;

/// A value behind a mutex.
#[derive(Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Lock<T> for Locked<T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

/// No deferred execution: waiting requests poll, and deferred work runs after each call.
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
struct FakeClient {
    system: Arc<FakeSystem>,
    handle: Locked<State>,
    counters: AtomicCounters,
    replies: Mutex<UnixStream>,
    /// Calls that were cancelled.
    cancelled: Mutex<Vec<u64>>,
}

impl FakeSystem {
    /// Serves one client until it disconnects.
    fn serve(self: Arc<Self>, mut stream: UnixStream) {
        let client = Arc::new(FakeClient {
            replies: Mutex::new(stream.try_clone().unwrap()),
            system: self,
            handle: Locked::default(),
            counters: AtomicCounters::new(),
            cancelled: Mutex::default(),
        });
        client.take_calls(&mut stream);
        // As when a process exits, closing the handle ends its leases.
        client.session().close(&Polled);
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// Runs the driver's deferred work.
    fn run_deferred_work(&self) {
        let watch = &self.stack.watch;
        worker::run(&self.stack, &self.leases, watch, &Polled, &Polled);
    }

    /// Checks that a handle with `access` can make the call.
    fn allowed(&self, code: ControlCode, access: u32) -> Result<(), NtStatus> {
        let operation = Operation::from_code(code).unwrap();
        let explains = matches!(
            operation,
            Operation::ExplainRoute | Operation::GetInterface | Operation::GetInterfaceTable
        );
        if self.behavior == HostBehavior::NoDiagnosis && explains {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        if operation.description().access.bits() & access == 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(())
    }
}

impl FakeClient {
    fn take_calls(self: &Arc<Self>, stream: &mut UnixStream) {
        let mut access = 0;
        while let Ok(Some((call, input))) = receive::<CallHeader>(stream) {
            let argument = call.argument.get();
            match CallKind::from_number(call.kind.get()).unwrap() {
                CallKind::Open if self.system.behavior == HostBehavior::AccessDenied => {
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
                    if self.system.behavior == HostBehavior::Disconnects
                        && Operation::from_code(code) != Some(Operation::QueryVersion)
                    {
                        return;
                    }
                    if let Err(status) = self.system.allowed(code, access) {
                        self.reply(&call, Err(status));
                    } else if Operation::from_code(code) == Some(Operation::Watch) {
                        let client = Arc::clone(self);
                        thread::spawn(move || client.wait(&call, &input));
                    } else {
                        let answer = self.control(&call, &input);
                        self.system.run_deferred_work();
                        self.reply(&call, answer);
                    }
                }
                CallKind::Alias => self.serve_alias(&call, &input),
                other => panic!("{other:?} is not expected"),
            }
        }
    }

    fn session(&self) -> Session<'_, Stack, Locked<State>, Locked<LeaseTable>, Locked<EventLog>> {
        Session {
            stack: &self.system.stack,
            handle: &self.handle,
            leases: &self.system.leases,
            watch: &self.system.stack.watch,
            counters: CounterScopes {
                total: &self.system.counters,
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

    /// Serves a call until it has an answer or is cancelled.
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
    fn serve_alias(&self, call: &CallHeader, alias: &[u8]) {
        let interfaces = self.system.stack.interfaces.lock().unwrap().clone();
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
        if let (HostBehavior::NewerVersion, Some(version)) =
            (self.system.behavior, output.first_mut())
        {
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
