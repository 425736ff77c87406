//! Device control requests: from the framework to the engine.

use abi::{ControlCode, NtStatus};
use engine::{PendingWatch, RequestBuffers, Served, StopReason};

use crate::device::DeviceContext;
use crate::handle::OpenHandle;
use crate::kernel_stack::KernelStack;
use crate::wdf::{Buffers, DeviceControl, Disposition, PassiveLevel};

/// The default queue: parallel, each request in the thread of its caller.
pub(crate) struct RouteControl;

impl DeviceControl for RouteControl {
    type File = OpenHandle;

    // As a function of its own it would take 464 bytes more of the stack of every request.
    #[expect(
        clippy::inline_always,
        reason = "it is called in one place, from a function with little else"
    )]
    #[inline(always)]
    fn device_control(
        level: &mut PassiveLevel,
        device: &DeviceContext,
        handle: &OpenHandle,
        code: ControlCode,
        buffers: &mut Buffers<'_>,
    ) -> Result<Disposition<PendingWatch>, NtStatus> {
        let end = buffers.end_of_request();
        let stop = || {
            if end.is_cancelled() {
                return Some(StopReason::Cancelled);
            }
            end.is_thread_terminating()
                .then_some(StopReason::ThreadTerminating)
        };
        let mut session = handle.session(KernelStack::at(level), device);
        match session.serve(code, buffers, &stop)? {
            Served::Done(written) => Ok(Disposition::Done(written)),
            Served::Pending(watch) => Ok(Disposition::Wait(watch)),
        }
    }
}

impl RequestBuffers for Buffers<'_> {
    fn input(&self) -> Result<&[u8], NtStatus> {
        self.input()
    }

    fn output_length(&self) -> usize {
        self.output_length()
    }

    fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        self.output()
    }
}
