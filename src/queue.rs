//! Device control requests: from the framework through the engine to the network stack.

use abi::{ControlCode, NtStatus};
use engine::{CounterScopes, EventLog, Session};

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
        let (state, leases) = (handle.state.at(level), device.leases.at(level));
        let session = session(&stack, &state, &leases, device, handle);
        let mut serve = || {
            let command = engine::decode(code, buffers.input()?, buffers.output_length())?;
            let cancellation = buffers.cancellation();
            // From here on the input is gone: the output is the same memory.
            session.serve(command, buffers.output()?, &|| cancellation.is_wanted())
        };
        // A request that was parked has been counted.
        if is_new {
            session.counters.around(serve)
        } else {
            serve()
        }
    }
}

/// All that the engine needs to serve a handle.
pub(crate) fn session<'a, State, LeaseTableLock>(
    stack: &'a KernelStack<'a>,
    state: &'a State,
    leases: &'a LeaseTableLock,
    device: &'a RouteDevice,
    handle: &'a OpenHandle,
) -> Session<'a, KernelStack<'a>, State, LeaseTableLock, SpinLock<EventLog>> {
    Session {
        stack,
        handle: state,
        leases,
        watch: &device.watch,
        counters: CounterScopes {
            total: &device.counters,
            handle: &handle.counters,
        },
        now: now(),
    }
}
