//! What belongs to one open handle (one file object, however often it is duplicated).

use abi::NtStatus;
use engine::Handle;

use crate::netio::MibTable;
use crate::wdf::{ContextType, FileObject, FileState, PassiveLevel, WaitLock};

/// The engine's state of a handle, behind a lock that is held at `PASSIVE_LEVEL` only.
pub(crate) struct OpenHandle {
    state: WaitLock<Handle<MibTable>>,
}

static CONTEXT: ContextType = ContextType::of::<OpenHandle>(c"OpenHandle", &CONTEXT);

impl OpenHandle {
    /// The state, to be locked by a thread that has proven its level.
    pub(crate) fn state(&self) -> &WaitLock<Handle<MibTable>> {
        &self.state
    }
}

impl FileState for OpenHandle {
    const CONTEXT: &'static ContextType = &CONTEXT;

    fn open(level: &PassiveLevel<'_>, file: FileObject) -> Result<Self, NtStatus> {
        Ok(Self {
            state: WaitLock::new(level, file, Handle::default())?,
        })
    }

    fn cleanup(&self, level: &PassiveLevel<'_>) {
        drop(self.state.with(level, Handle::release));
    }
}
