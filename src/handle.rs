//! What belongs to one open handle (one file object, however often it is duplicated).

use abi::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus};
use engine::{Handle, Tally};

use crate::device::RouteDevice;
use crate::netio::MibTable;
use crate::queue::session;
use crate::stack::KernelStack;
use crate::wdf::{ContextType, FileObject, FileState, PassiveLevel, WaitLock};

/// The engine's state of a handle.
type State = Handle<MibTable<MibIpForwardRow2>, MibTable<MibIpInterfaceRow>>;

/// What the driver keeps in a file object.
pub(crate) struct OpenHandle {
    /// Behind a lock that is held at `PASSIVE_LEVEL` only.
    pub(crate) state: WaitLock<State>,
    /// What came through this handle.
    pub(crate) tally: Tally,
}

static CONTEXT: ContextType = ContextType::of::<OpenHandle>(c"OpenHandle", &CONTEXT);

impl FileState for OpenHandle {
    const CONTEXT: &'static ContextType = &CONTEXT;

    type Device = RouteDevice;

    fn open(level: &PassiveLevel<'_>, file: FileObject) -> Result<Self, NtStatus> {
        let state = WaitLock::new(level, &file, Handle::opened_by(file.process_id()))?;
        Ok(Self {
            state,
            tally: Tally::new(),
        })
    }

    /// The handle's leases end, and the tables that it was reading are given back.
    fn cleanup(&self, level: &PassiveLevel<'_>, device: &RouteDevice) {
        let stack = KernelStack::at(level);
        let (state, ledger) = (self.state.at(level), device.ledger.at(level));
        session(&stack, &state, &ledger, device, self).close(device);
    }
}
