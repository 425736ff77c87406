//! Parked `WATCH` requests.

use abi::NtStatus;
use engine::PendingWatch;
use engine::worker::ParkedRequest;

use crate::wdf::{ContextType, KeptRequest, RequestValue};

static CONTEXT: ContextType = ContextType::of::<PendingWatch>(c"PendingWatch", &CONTEXT);

impl RequestValue for PendingWatch {
    const CONTEXT: &'static ContextType = &CONTEXT;
}

impl ParkedRequest for KeptRequest<PendingWatch> {
    fn watch(&self) -> Result<PendingWatch, NtStatus> {
        self.value().ok_or(NtStatus::INVALID_DEVICE_STATE)
    }

    fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        self.output()
    }

    fn complete(self, outcome: Result<usize, NtStatus>) {
        self.complete(outcome);
    }
}
