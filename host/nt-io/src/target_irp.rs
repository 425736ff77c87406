//! IRPs that the framework makes for the requests of a driver's own, and sends to another device.

use nt_kernel::{process, thread};
use nt_types::NtStatus;

use crate::call_driver::call_driver;
use crate::call_packet::with_first_location;
use crate::device::Device;
use crate::devices;
use crate::file::FileHandle;
use crate::irp_table::{self, Done, IrpId, Originator, Purpose};
use crate::major_function::{INTERNAL_DEVICE_CONTROL, READ, WRITE};
use crate::packet::PacketMemory;
use crate::request::{METHOD_BUFFERED, method};
use crate::synchronous::{Buffer, copy_output, put_control, put_location, put_transfer};
use crate::system_buffer::SystemBuffer;

/// What a driver asks another one.
#[derive(Clone, Copy, Debug)]
pub enum TargetCall {
    /// `IRP_MJ_DEVICE_CONTROL`, or `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
    Control {
        /// The control code.
        code: u32,
        /// Whether it is one between drivers.
        is_internal: bool,
        /// The input.
        input: Buffer,
        /// Room for the output.
        output: Buffer,
    },
    /// `IRP_MJ_INTERNAL_DEVICE_CONTROL` with arguments that the two drivers have agreed on.
    Others {
        /// The control code, which is the third argument.
        code: u32,
        /// The first, the second and the fourth argument.
        arguments: [usize; 3],
    },
    /// `IRP_MJ_READ`.
    Read {
        /// Room for what is read.
        output: Buffer,
        /// Where the device begins.
        offset: u64,
    },
    /// `IRP_MJ_WRITE`.
    Write {
        /// What is written.
        input: Buffer,
        /// Where the device begins.
        offset: u64,
    },
}

/// An IRP that has not been sent. It is freed when it has been completed.
#[must_use = "an IRP that is not sent is never completed"]
pub struct TargetIrp {
    irp: IrpId,
    top: usize,
}

impl TargetIrp {
    /// One for the top of the stack of `device`, through `file` if that was opened. `done` gets the outcome,
    /// when the output has been copied.
    ///
    /// # Errors
    ///
    /// No memory.
    pub fn new(
        device: &Device,
        file: Option<&FileHandle>,
        call: TargetCall,
        done: Done,
    ) -> Result<Self, NtStatus> {
        let top = devices::top(device.address());
        let memory = PacketMemory::new(devices::stack_size(top));
        let memory = memory.ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        let packet = memory.packet();
        packet.requestor_mode.set(process::Mode::Kernel.number());
        packet.thread.set(thread::current_object());
        let (system, output) = put(&memory, top, call)?;
        if let Some(file) = file {
            let file_object = file.object().expose_provenance();
            packet.original_file_object.set(file_object);
            with_first_location(packet, |location| location.file_object.set(file_object));
        }
        let packet = memory.address();
        let originator = Originator::System {
            memory,
            purpose: Purpose::Driver,
            done: Box::new(move |status, information| {
                copy_output(system, output, status, information);
                done(status, information);
            }),
        };
        let irp = irp_table::insert(packet, originator);
        Ok(Self { irp, top })
    }

    /// What names it, also when it has been completed.
    #[must_use]
    pub fn id(&self) -> IrpId {
        self.irp
    }

    /// Sends it.
    pub fn send(self) {
        // What the dispatch routine returns has been compared with what it did.
        let _ = call_driver(self.top, self.irp.address());
    }
}

/// Puts the call into the packet. What is copied to where when it has been completed.
fn put(
    memory: &PacketMemory,
    top: usize,
    call: TargetCall,
) -> Result<(Option<SystemBuffer>, Buffer), NtStatus> {
    match call {
        TargetCall::Control {
            code,
            is_internal,
            input,
            output,
        } => {
            let system = put_control(memory, (code, is_internal), input, output)?;
            let copies = method(code) == METHOD_BUFFERED;
            // The system buffer lives as long as the IRP, and is copied if it has output.
            Ok((system, if copies { output } else { Buffer::default() }))
        }
        TargetCall::Others {
            code,
            arguments: [first, second, fourth],
        } => {
            with_first_location(memory.packet(), |location| {
                location.major_function.set(INTERNAL_DEVICE_CONTROL);
                let arguments = [first, second, code as usize, fourth];
                for (place, argument) in location.parameters.iter().zip(arguments) {
                    place.set(argument);
                }
            });
            Ok((None, Buffer::default()))
        }
        TargetCall::Read { output, offset } => {
            let system = put_transfer(memory, top, READ, output)?;
            put_location(memory, READ, output.length, Some(offset));
            Ok((system, output))
        }
        TargetCall::Write { input, offset } => {
            let system = put_transfer(memory, top, WRITE, input)?;
            put_location(memory, WRITE, input.length, Some(offset));
            Ok((system, Buffer::default()))
        }
    }
}
