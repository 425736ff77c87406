//! What belongs to one open handle (one file object, however often it is duplicated).

use abi::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus};
use engine::{AtomicCounters, HandleState};

use crate::device::RouteDevice;
use crate::netio::MibTable;
use crate::queue::session;
use crate::stack::KernelStack;
use crate::wdf::{ContextType, FileObject, FileState, PassiveLevel, WaitLock};

/// The engine's state of a handle.
type State = HandleState<MibTable<MibIpForwardRow2>, MibTable<MibIpInterfaceRow>>;

/// What the driver keeps in a file object.
pub(crate) struct OpenHandle {
    /// Behind a lock that is held at `PASSIVE_LEVEL` only.
    pub(crate) state: WaitLock<State>,
    /// What came through this handle.
    pub(crate) counters: AtomicCounters,
}

static CONTEXT: ContextType = ContextType::of::<OpenHandle>(c"OpenHandle", &CONTEXT);

impl FileState for OpenHandle {
    const CONTEXT: &'static ContextType = &CONTEXT;

    type Device = RouteDevice;

    fn open(level: &PassiveLevel<'_>, file: FileObject) -> Result<Self, NtStatus> {
        let state = WaitLock::new(level, &file, HandleState::opened_by(file.process_id()))?;
        Ok(Self {
            state,
            counters: AtomicCounters::new(),
        })
    }

    /// The handle's leases end, and the tables that it was reading are given back.
    fn cleanup(&self, level: &PassiveLevel<'_>, device: &RouteDevice) {
        let stack = KernelStack::at(level);
        let (state, leases) = (self.state.at(level), device.leases.at(level));
        session(&stack, &state, &leases, device, self).close(device);
    }
}
