//! A fake host in this process: the driver's engine with a fake network stack.

use std::collections::HashMap;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use engine::fake_stack::{FakeStack, FakeTable, SeparateBuffers};
use engine::worker::{self, Notifications, ParkedRequest, ParkingQueue, WorkerHost};
use engine::{
    AtomicCounters, Change, CounterScopes, HandleState, KernelTime, LeaseTable, Lock, LockOrder,
    Loss, LossCounters, PendingWatch, Served, Session, StackLock, StopCheck, StopReason, Ticks,
    WatchState,
};
use ipforward::Route;
use ipforward::abi::{
    AddressFamily, ControlCode, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, Operation,
};
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};

/// The LUID of interface 7.
pub(crate) const LUID: u64 = FakeStack::LUID;

/// An interface of a family, connected, with a metric. The LUID follows from the index.
pub(crate) fn interface(family: AddressFamily, index: u32, metric: u32) -> MibIpInterfaceRow {
    FakeStack::interface_row(family, index, metric)
}

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
    /// True if the host disconnects at the next call.
    is_gone: AtomicBool,
    /// The aliases of interfaces by their LUIDs; others are `Ethernet` with the index.
    aliases: Mutex<HashMap<u64, String>>,
    stack: FakeStack,
    leases: Locked<LeaseTable>,
    watch: Locked<WatchState>,
    counters: AtomicCounters,
    losses: LossCounters,
}

impl FakeHost {
    pub(crate) fn start(behavior: HostBehavior) -> Self {
        let host = Self {
            folder: tempfile::tempdir().unwrap(),
            system: Arc::new(FakeSystem {
                behavior,
                is_gone: AtomicBool::default(),
                aliases: Mutex::default(),
                stack: FakeStack::with_interfaces([
                    interface(AddressFamily::IPV4, 7, 25),
                    interface(AddressFamily::IPV6, 7, 50),
                ]),
                leases: Locked(Mutex::new(LeaseTable::new(7))),
                watch: Locked::default(),
                counters: AtomicCounters::new(),
                losses: LossCounters::new(),
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

    /// From now on, disconnects each client at its next call.
    pub(crate) fn disconnect(&self) {
        self.system.is_gone.store(true, Ordering::Relaxed);
    }

    /// Adds a route to the table without checks.
    pub(crate) fn add_route(&self, route: Route) {
        let row = MibIpForwardRow2::from(&route);
        self.system.stack.insert(row);
    }

    /// Notifies of a route that was added and is gone when the driver reads it.
    pub(crate) fn notify_of_gone(&self, route: Route) {
        let row = MibIpForwardRow2::from(&route);
        worker::on_route_changed(&self.system.watch, &mut (), &Polled, Change::Added, &row);
    }

    /// Has these interfaces and no others. Notifies a change of each one.
    pub(crate) fn set_interfaces(&self, rows: impl IntoIterator<Item = MibIpInterfaceRow>) {
        let FakeSystem { stack, watch, .. } = &*self.system;
        let mut changed = stack.interface_rows();
        stack.set_interfaces(rows);
        changed.extend(stack.interface_rows());
        for row in changed {
            let luid = row.interface_luid;
            worker::on_interface_changed(watch, &mut (), &Polled, Change::Changed, luid);
        }
    }

    /// Gives an interface an alias.
    pub(crate) fn set_alias(&self, luid: u64, alias: &str) {
        let mut aliases = self.system.aliases.lock().unwrap();
        aliases.insert(luid, alias.to_owned());
    }

    /// From now on a query for the best route must name an interface.
    pub(crate) fn require_interface(&self) {
        self.system.stack.require_interface_for_best_route();
    }

    /// Refuses to create anything, with this status.
    pub(crate) fn refuse_with(&self, status: NtStatus) {
        self.system.stack.refuse_creation(Some(status));
    }
}

type State = HandleState<FakeTable<MibIpForwardRow2>, FakeTable<MibIpInterfaceRow>>;

/// A value behind a mutex.
#[derive(Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T, Context> Lock<T, Context> for Locked<T> {
    fn with<R>(&self, _context: &mut Context, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

impl<T, Stack> StackLock<T, Stack> for Locked<T> {
    fn with<R>(&self, stack: &mut Stack, body: impl FnOnce(&mut T, &mut Stack) -> R) -> R {
        body(&mut self.0.lock().unwrap(), stack)
    }

    fn with_unless<R>(
        &self,
        stack: &mut Stack,
        _order: LockOrder,
        _stop: StopCheck<'_>,
        body: impl FnOnce(&mut T, &mut Stack) -> R,
    ) -> Result<R, StopReason> {
        Ok(body(&mut self.0.lock().unwrap(), stack))
    }
}

/// Waiting requests are served again and again, and deferred work runs after each call.
pub(crate) struct Polled;

impl<Stack> Notifications<Stack> for Polled {
    fn register(&self, _stack: &mut Stack) -> Result<bool, NtStatus> {
        Ok(false)
    }
}

impl WorkerHost for Polled {
    type Parked = PolledRequest<'static>;

    fn now(&self) -> KernelTime {
        now()
    }

    fn enqueue(&self) {}

    fn wake_in(&self, _delay: Ticks) {}

    fn report(&self, _loss: &Loss) {}

    fn parked(&self, _: ParkingQueue) -> u32 {
        0
    }

    fn take(
        &self,
        _: ParkingQueue,
        _: &mut dyn FnMut(u32, &PendingWatch) -> bool,
    ) -> Option<Self::Parked> {
        None
    }

    fn park(&self, _: ParkingQueue, _: Self::Parked) {}
}

/// A `WATCH` that is served again.
pub(crate) struct PolledRequest<'a> {
    watch: PendingWatch,
    output: &'a mut [u8],
}

impl ParkedRequest for PolledRequest<'_> {
    fn watch(&self) -> Result<PendingWatch, NtStatus> {
        Ok(self.watch)
    }

    fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        Ok(self.output)
    }

    fn complete(self, _: Result<usize, NtStatus>) {}
}

/// The answer to a call, or the event that it waits for.
enum Answer {
    Done(Vec<u8>),
    Waits(PendingWatch, Vec<u8>),
}

/// The time.
fn now() -> KernelTime {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    KernelTime::from_ticks(u64::try_from(START.elapsed().as_nanos() / 100).unwrap() + 1)
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

    /// Delivers the notifications of the stack, and runs deferred work.
    fn run_deferred_work(&self) {
        while let Some((change, row)) = self.stack.next_notification() {
            worker::on_route_changed(&self.watch, &mut (), &Polled, change, &row);
        }
        worker::run(
            &mut &self.stack,
            &self.leases,
            &self.watch,
            &Polled,
            &Polled,
        );
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
            if self.system.is_gone.load(Ordering::Relaxed) {
                return;
            }
            let argument = call.argument.get();
            match CallKind::from_number(call.kind.get()).unwrap() {
                // No interface: the client opens the symbolic link.
                CallKind::Interfaces => self.reply(&call, Ok(Vec::new())),
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
                        self.reply(
                            &call,
                            answer.map(|answer| match answer {
                                Answer::Done(output) => output,
                                Answer::Waits(..) => panic!("only a WATCH waits"),
                            }),
                        );
                    }
                }
                CallKind::Alias => self.serve_alias(&call, &input),
                other => panic!("{other:?} is not expected"),
            }
        }
    }

    fn session(
        &self,
    ) -> Session<'_, &FakeStack, Locked<State>, Locked<LeaseTable>, Locked<WatchState>> {
        Session {
            stack: &self.system.stack,
            handle: &self.handle,
            leases: &self.system.leases,
            watch: &self.system.watch,
            counters: CounterScopes {
                total: &self.system.counters,
                handle: &self.counters,
                losses: &self.system.losses,
            },
            now: now(),
        }
    }

    fn control(&self, call: &CallHeader, input: &[u8]) -> Result<Answer, NtStatus> {
        let code = ControlCode(call.argument.get());
        let mut output = vec![0; call.output_length.get() as usize];
        let mut buffers = SeparateBuffers {
            input,
            output: &mut output,
        };
        match self.session().serve(code, &mut buffers, &|| None)? {
            Served::Done(written) => {
                output.truncate(written);
                Ok(Answer::Done(output))
            }
            Served::Pending(watch) => Ok(Answer::Waits(watch, output)),
        }
    }

    /// Serves a `WATCH` until there is an answer, it is cancelled, or the client is gone.
    fn wait(&self, call: &CallHeader, input: &[u8]) {
        let (watch, mut output) = match self.control(call, input) {
            Ok(Answer::Waits(watch, output)) => (watch, output),
            Ok(Answer::Done(output)) => return self.reply(call, Ok(output)),
            Err(status) => return self.reply(call, Err(status)),
        };
        let id = call.id.get();
        loop {
            if self.cancelled.lock().unwrap().contains(&id) {
                return self.reply(call, Err(NtStatus::CANCELLED));
            }
            thread::sleep(Duration::from_millis(2));
            let mut request = PolledRequest {
                watch,
                output: &mut output,
            };
            let stack = &mut &self.system.stack;
            match worker::serve_parked(stack, &self.system.watch, &mut request) {
                Ok(None) => {}
                Ok(Some(written)) => {
                    output.truncate(written);
                    return self.reply(call, Ok(output));
                }
                Err(status) => return self.reply(call, Err(status)),
            }
        }
    }

    /// Finds an interface by its alias, in any case, or the alias of an interface.
    fn serve_alias(&self, call: &CallHeader, alias: &[u8]) {
        let interfaces = self.system.stack.interface_rows();
        let aliases = self.system.aliases.lock().unwrap().clone();
        let named = |row: &MibIpInterfaceRow| {
            let alias = aliases.get(&row.interface_luid).cloned();
            alias.unwrap_or_else(|| format!("Ethernet {}", row.interface_index))
        };
        let luid = call.target.get();
        let found = interfaces.iter().find(|row| match call.argument.get() {
            0 => named(row).as_bytes().eq_ignore_ascii_case(alias),
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
