//! What a request needs for its way to an I/O target and back.

use nt_io::TargetCall;
use nt_types::status::NtStatus;

use super::request_type;
use crate::handle::{WdfIoTarget, WdfRequest};

/// `EvtRequestCompletionRoutine`.
pub(crate) type CompletionRoutine =
    unsafe extern "win64" fn(WdfRequest, WdfIoTarget, *const CompletionParams, context: usize);

/// `WDF_REQUEST_COMPLETION_PARAMS` as it lies in memory; the union by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct CompletionParams {
    pub(crate) size: u32,
    pub(crate) request_type: i32,
    pub(crate) status: NtStatus,
    pub(crate) information: u64,
    pub(crate) parameters: [usize; 6],
}

const _: () = {
    assert!(size_of::<CompletionParams>() == 72);
    assert!(core::mem::offset_of!(CompletionParams, status) == 8);
    assert!(core::mem::offset_of!(CompletionParams, parameters) == 24);
};

impl CompletionParams {
    /// The target has completed the request. The parameters of one that the driver has formatted say how many
    /// bytes were transferred.
    pub(crate) fn complete(&mut self, status: NtStatus, information: u64) {
        self.status = status;
        self.information = information;
        let length = usize::try_from(information).unwrap_or(usize::MAX);
        match self.request_type {
            request_type::READ | request_type::WRITE => self.parameters[1] = length,
            request_type::DEVICE_CONTROL | request_type::INTERNAL_DEVICE_CONTROL => {
                self.parameters[5] = length;
            }
            _ => {}
        }
    }
}

impl Default for CompletionParams {
    fn default() -> Self {
        /// `WdfRequestTypeNoFormat`.
        const NO_FORMAT: i32 = 255;
        Self {
            size: 72,
            request_type: NO_FORMAT,
            status: NtStatus::SUCCESS,
            information: 0,
            parameters: [0; 6],
        }
    }
}

/// The state of a request that is sent, will be, or has been.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sending {
    /// Whether the stack location of the next driver is set.
    pub(crate) is_formatted: bool,
    /// What a request that the driver has created asks.
    pub(crate) call: Option<TargetCall>,
    /// Whether the driver has cancelled it since it was sent.
    pub(crate) is_cancelled: bool,
    /// The driver's routine, and its context.
    pub(crate) routine: Option<(CompletionRoutine, usize)>,
    /// The outcome, once the target has completed the request.
    pub(crate) params: CompletionParams,
}

impl Sending {
    /// Formats a request that the driver has created.
    pub(crate) fn format(&mut self, call: TargetCall, params: CompletionParams) {
        self.is_formatted = true;
        self.call = Some(call);
        self.params = params;
    }
}
