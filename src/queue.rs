//! Device control requests: from the framework through the engine to the network stack.

use abi::{ControlCode, NtStatus};
use engine::{Session, Tallies, Tally};

use crate::handle::OpenHandle;
use crate::stack::KernelStack;
use crate::wdf::{Buffers, DeviceControl, PassiveLevel};

/// What was counted since the driver was loaded.
static TOTAL: Tally = Tally::new();

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
        let tallies = Tallies {
            total: &TOTAL,
            handle: &handle.tally,
        };
        tallies.around(|| {
            let command = engine::decode(code, buffers.input()?, buffers.output_length())?;
            // From here on the input is gone: the output is the same memory.
            let (stack, state) = (KernelStack::at(level), handle.state.at(level));
            let session = Session {
                stack: &stack,
                handle: &state,
                tallies,
            };
            session.serve(&command, buffers.output()?)
        })
    }
}
