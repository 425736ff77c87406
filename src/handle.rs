//! The state of one open handle (one file object, however often it is duplicated).

use abi::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus};
use engine::{AtomicCounters, CounterScopes, HandleState, LeaseTable, Session, WatchState};

use crate::device::{DeviceContext, now};
use crate::kernel_stack::KernelStack;
use crate::netio::MibTable;
use crate::report::losses;
use crate::wdf::{
    BargingMutex, ContextType, FileObject, FileState, KernelMutex, PassiveLevel, SpinLock,
};

/// The engine's state of a handle.
type State = HandleState<MibTable<MibIpForwardRow2>, MibTable<MibIpInterfaceRow>>;

/// The engine, for one request of a handle.
type HandleSession<'a> = Session<
    'a,
    KernelStack<'a>,
    KernelMutex<State>,
    BargingMutex<LeaseTable>,
    SpinLock<WatchState>,
>;

/// The context of a file object.
pub(crate) struct OpenHandle {
    /// Behind a lock that is held at `PASSIVE_LEVEL` only.
    state: KernelMutex<State>,
    counters: AtomicCounters,
}

static CONTEXT: ContextType = ContextType::of::<OpenHandle>(c"OpenHandle", &CONTEXT);

impl OpenHandle {
    pub(crate) fn session<'a>(
        &'a self,
        stack: KernelStack<'a>,
        device: &'a DeviceContext,
    ) -> HandleSession<'a> {
        Session {
            stack,
            handle: &self.state,
            leases: &device.leases,
            watch: &device.watch,
            counters: CounterScopes {
                total: &device.counters,
                handle: &self.counters,
                losses: losses(),
            },
            now: now(),
        }
    }
}

impl FileState for OpenHandle {
    const CONTEXT: &'static ContextType = &CONTEXT;

    type Device = DeviceContext;

    fn open(level: &mut PassiveLevel, file: FileObject) -> Result<Self, NtStatus> {
        let state = KernelMutex::new(level, HandleState::opened_by(file.process_id()))?;
        Ok(Self {
            state,
            counters: AtomicCounters::new(),
        })
    }

    /// The leases of the handle end, and the tables that it was reading are freed.
    fn cleanup(&self, level: &mut PassiveLevel, device: &DeviceContext) {
        let host: &crate::device::RouteDevice = device;
        self.session(KernelStack::at(level), device).close(host);
    }
}
