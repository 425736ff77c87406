//! Device control requests: from the framework through the engine to the network stack.

use abi::{ControlCode, NtStatus};

use crate::handle::OpenHandle;
use crate::stack::KernelStack;
use crate::wdf::{Buffers, DeviceControl, PassiveLevel};

/// The default queue: parallel, each request in its caller's thread.
pub(crate) struct Requests;

impl DeviceControl for Requests {
    type File = OpenHandle;

    fn device_control(
        level: &PassiveLevel<'_>,
        handle: &OpenHandle,
        code: ControlCode,
        buffers: &mut Buffers<'_>,
    ) -> Result<usize, NtStatus> {
        let command = engine::decode(code, buffers.input()?, buffers.output_length())?;
        // From here on the input is gone: the output is the same memory.
        let state = handle.state().at(level);
        engine::serve(command, &KernelStack::at(level), &state, buffers.output()?)
    }
}
