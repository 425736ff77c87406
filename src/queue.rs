//! Device control requests: from the framework through the engine to the network stack.

use abi::{ControlCode, NtStatus};
use engine::{Session, Tallies, Watch};

use crate::device::RouteDevice;
use crate::handle::OpenHandle;
use crate::stack::KernelStack;
use crate::wdf::{Buffers, DeviceControl, PassiveLevel, SpinLock, now};

/// The default queue: parallel, each request in its caller's thread.
pub(crate) struct Requests;

impl DeviceControl for Requests {
    type File = OpenHandle;

    fn device_control(
        level: &PassiveLevel<'_>,
        device: &RouteDevice,
        handle: &OpenHandle,
        code: ControlCode,
        buffers: &mut Buffers<'_>,
        is_new: bool,
    ) -> Result<usize, NtStatus> {
        let stack = KernelStack::at(level);
        let (state, ledger) = (handle.state.at(level), device.ledger.at(level));
        let session = session(&stack, &state, &ledger, device, handle);
        let mut serve = || {
            let command = engine::decode(code, buffers.input()?, buffers.output_length())?;
            let cancellation = buffers.cancellation();
            // From here on the input is gone: the output is the same memory.
            session.serve(command, buffers.output()?, &|| cancellation.is_wanted())
        };
        // A request that was parked has been counted.
        if is_new {
            session.tallies.around(serve)
        } else {
            serve()
        }
    }
}

/// All that the engine needs to serve a handle.
pub(crate) fn session<'a, State, Book>(
    stack: &'a KernelStack<'a>,
    state: &'a State,
    ledger: &'a Book,
    device: &'a RouteDevice,
    handle: &'a OpenHandle,
) -> Session<'a, KernelStack<'a>, State, Book, SpinLock<Watch>> {
    Session {
        stack,
        handle: state,
        ledger,
        watch: &device.watch,
        tallies: Tallies {
            total: &device.tally,
            handle: &handle.tally,
        },
        now: now(),
    }
}
