//! One call of a client process: what arrives, and what is answered.

use nt_io::Completion;
use nt_types::NtStatus;
use nthost_protocol::{CallHeader, PAYLOAD_MAX};

/// A call that has arrived.
pub(super) struct Job {
    pub(super) header: CallHeader,
    pub(super) payload: Vec<u8>,
}

/// The outcome of a call.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: NtStatus,
    pub(super) information: u64,
    pub(super) output: Vec<u8>,
}

impl Answer {
    /// Nothing but a status.
    pub(super) fn status(status: NtStatus) -> Self {
        Self {
            status,
            information: 0,
            output: Vec::new(),
        }
    }

    /// `STATUS_SUCCESS`.
    pub(super) fn success(information: u64) -> Self {
        Self {
            information,
            ..Self::status(NtStatus::SUCCESS)
        }
    }

    /// The number of some entries, and as much of their text as fits into `room` bytes.
    pub(super) fn list(count: usize, room: u32, text: impl FnOnce() -> String) -> Self {
        let mut output = Vec::new();
        if room > 0 {
            output = text().into_bytes();
            output.truncate(room.min(PAYLOAD_MAX) as usize);
        }
        Self {
            output,
            ..Self::success(count as u64)
        }
    }
}

impl From<Completion> for Answer {
    fn from(completion: Completion) -> Self {
        Self {
            status: completion.status,
            information: completion.information,
            output: completion.output,
        }
    }
}

/// Takes the outcome of a call; runs at any IRQL.
pub(super) type Done = Box<dyn FnOnce(Answer) + Send>;
