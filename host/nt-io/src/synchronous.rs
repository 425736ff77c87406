//! `IoBuildDeviceIoControlRequest` and its like: IRPs that a driver makes and the I/O manager frees when
//! they have been completed.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{event, fault, process, thread};
use nt_types::NtStatus;

use crate::call_packet::with_first_location;
use crate::device::IoType;
use crate::devices;
use crate::irp::is_error;
use crate::irp_table::{self, Originator, Purpose};
use crate::major_function::{
    DEVICE_CONTROL, FLUSH_BUFFERS, INTERNAL_DEVICE_CONTROL, PNP, READ, SHUTDOWN, WRITE,
};
use crate::packet::{PacketMemory, StatusBlock};
use crate::request::{METHOD_BUFFERED, METHOD_NEITHER, method};
use crate::system_buffer::SystemBuffer;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest]
}

/// A driver's buffer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buffer {
    /// Where it is, 0 for none.
    pub address: usize,
    /// Its bytes.
    pub length: usize,
}

impl Buffer {
    /// A copy of its bytes.
    pub(crate) fn read(self) -> Vec<u8> {
        if self.address == 0 {
            return Vec::new();
        }
        let start = std::ptr::with_exposed_provenance(self.address);
        // SAFETY: by contract the driver's buffer of this length.
        unsafe { std::slice::from_raw_parts(start, self.length) }.to_vec()
    }

    /// Copies `bytes` to its beginning.
    fn write(self, bytes: &[u8]) {
        let length = bytes.len().min(self.length);
        let start = std::ptr::with_exposed_provenance_mut::<u8>(self.address);
        // SAFETY: by contract the driver's buffer of at least this length.
        unsafe { start.copy_from_nonoverlapping(bytes.as_ptr(), length) };
    }
}

/// Where the outcome goes.
#[derive(Clone, Copy)]
struct Outcome {
    status_block: usize,
    event: usize,
}

impl Outcome {
    fn tell(self, status: NtStatus, information: u64) {
        if self.status_block != 0 {
            let block = std::ptr::with_exposed_provenance_mut::<StatusBlock>(self.status_block);
            // SAFETY: by contract the driver's, until the event is signalled.
            unsafe {
                block.write(StatusBlock {
                    status,
                    information,
                });
            };
        }
        if self.event != 0 {
            // SAFETY: by contract an initialised event of the driver's.
            unsafe { event::set(self.event) };
        }
    }
}

/// `PASSIVE_LEVEL`. 0 without memory.
extern "win64" fn IoBuildDeviceIoControlRequest(
    code: u32,
    device_object: usize,
    input: usize,
    input_length: u32,
    output: usize,
    output_length: u32,
    internal: u8,
    event: usize,
    status_block: usize,
) -> usize {
    const NAME: &str = "IoBuildDeviceIoControlRequest";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let input = Buffer {
        address: input,
        length: input_length as usize,
    };
    let output = Buffer {
        address: output,
        length: output_length as usize,
    };
    let made = packet_for(NAME, device_object)
        .ok_or(NtStatus::INSUFFICIENT_RESOURCES)
        .and_then(|memory| {
            let system = put_control(&memory, (code, internal != 0), input, output)?;
            Ok((memory, system))
        });
    let Ok((memory, system)) = made else {
        return 0;
    };
    let outcome = Outcome {
        status_block,
        event,
    };
    let is_buffered = method(code) == METHOD_BUFFERED;
    enter(memory, system, output, outcome, is_buffered)
}

/// Puts a control request into a packet. Its system buffer, if it has one.
///
/// # Errors
///
/// No memory.
pub(crate) fn put_control(
    memory: &PacketMemory,
    (code, is_internal): (u32, bool),
    input: Buffer,
    output: Buffer,
) -> Result<Option<SystemBuffer>, NtStatus> {
    let system = match method(code) {
        METHOD_NEITHER => None,
        METHOD_BUFFERED => system_buffer(input.length.max(output.length), &input.read())?,
        _ => system_buffer(input.length, &input.read())?,
    };
    let packet = memory.packet();
    packet
        .system_buffer
        .set(system.as_ref().map_or(0, SystemBuffer::address));
    packet.user_buffer.set(output.address);
    if !matches!(method(code), METHOD_BUFFERED | METHOD_NEITHER) && output.length > 0 {
        memory.describe(output.address, output.length);
    }
    with_first_location(memory.packet(), |location| {
        let major = if is_internal {
            INTERNAL_DEVICE_CONTROL
        } else {
            DEVICE_CONTROL
        };
        location.major_function.set(major);
        let [first, second, third, fourth] = &location.parameters;
        first.set(output.length);
        second.set(input.length);
        third.set(code as usize);
        if method(code) == METHOD_NEITHER {
            fourth.set(input.address);
        }
    });
    Ok(system)
}

/// `PASSIVE_LEVEL`. 0 without memory, and for a major function that it does not serve.
unsafe extern "win64" fn IoBuildSynchronousFsdRequest(
    major: u32,
    device_object: usize,
    buffer: usize,
    length: u32,
    offset: *const u64,
    event: usize,
    status_block: usize,
) -> usize {
    const NAME: &str = "IoBuildSynchronousFsdRequest";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let buffer = Buffer {
        address: buffer,
        length: length as usize,
    };
    // SAFETY: by contract NULL or a variable of the driver's.
    let offset = unsafe { offset.as_ref() }.copied();
    let begun = begin_transfer(NAME, major, device_object, buffer.length, offset);
    let Some((memory, major)) = begun else {
        return 0;
    };
    let Ok(system) = put_transfer(&memory, device_object, major, buffer) else {
        return 0;
    };
    let outcome = Outcome {
        status_block,
        event,
    };
    let copies = system.is_some() && major == READ;
    enter(memory, system, buffer, outcome, copies)
}

/// A packet that asks the device for a transfer, or for what needs no buffer, and its major function. The
/// buffer is not in it yet. `None` without memory, and for a major function that cannot be built.
pub(crate) fn begin_transfer(
    function: &str,
    major: u32,
    device_object: usize,
    length: usize,
    offset: Option<u64>,
) -> Option<(PacketMemory, u8)> {
    const SERVED: [u8; 5] = [READ, WRITE, FLUSH_BUFFERS, SHUTDOWN, PNP];
    let major = u8::try_from(major).ok();
    let major = major.filter(|major| SERVED.contains(major))?;
    let memory = packet_for(function, device_object)?;
    put_location(&memory, major, length, offset);
    Some((memory, major))
}

/// Puts what the device is asked into a packet.
pub(crate) fn put_location(memory: &PacketMemory, major: u8, length: usize, offset: Option<u64>) {
    with_first_location(memory.packet(), |location| {
        location.major_function.set(major);
        location.parameters[0].set(length);
        if let Some(offset) = offset {
            location.parameters[2].set(usize::try_from(offset).unwrap_or(usize::MAX));
        }
    });
}

/// Puts the buffer of a transfer into a packet, as the device gets at it. Its system buffer, if it has one.
///
/// # Errors
///
/// No memory.
pub(crate) fn put_transfer(
    memory: &PacketMemory,
    device_object: usize,
    major: u8,
    buffer: Buffer,
) -> Result<Option<SystemBuffer>, NtStatus> {
    let moves = matches!(major, READ | WRITE) && buffer.length > 0;
    match devices::io_type(device_object) {
        IoType::Buffered if moves => {
            let contents = if major == WRITE {
                buffer.read()
            } else {
                Vec::new()
            };
            let system = system_buffer(buffer.length, &contents)?;
            let address = system.as_ref().map_or(0, SystemBuffer::address);
            memory.packet().system_buffer.set(address);
            Ok(system)
        }
        IoType::Direct if moves => {
            memory.describe(buffer.address, buffer.length);
            Ok(None)
        }
        _ => {
            memory.packet().user_buffer.set(buffer.address);
            Ok(None)
        }
    }
}

/// A packet of this thread for the stack of a device; `None` without memory.
fn packet_for(name: &str, device_object: usize) -> Option<PacketMemory> {
    if devices::at(device_object).is_none() {
        irql::stop_for_rule(&format!("{name} was called with what is no device object"));
    }
    if fault::inject(name) {
        return None;
    }
    let memory = PacketMemory::for_driver(devices::stack_size(device_object))?;
    let packet = memory.packet();
    packet.requestor_mode.set(process::Mode::Kernel.number());
    packet.thread.set(thread::current_object());
    Some(memory)
}

fn system_buffer(length: usize, contents: &[u8]) -> Result<Option<SystemBuffer>, NtStatus> {
    match length {
        0 => Ok(None),
        _ => SystemBuffer::with(length, contents).map(Some),
    }
}

/// Enters the IRP, whose output is copied if `copies`. Where it is.
fn enter(
    memory: PacketMemory,
    system: Option<SystemBuffer>,
    output: Buffer,
    outcome: Outcome,
    copies: bool,
) -> usize {
    let address = memory.address();
    memory.packet().user_status_block.set(outcome.status_block);
    memory.packet().user_event.set(outcome.event);
    let done = Box::new(move |status: NtStatus, information: u64| {
        let system = system.filter(|_| copies);
        copy_output(system, output, status, information);
        outcome.tell(status, information);
    });
    let originator = Originator::System {
        memory,
        purpose: Purpose::Driver,
        done,
    };
    irp_table::insert(address, originator);
    address
}

/// Copies the output from the system buffer, if there is one, unless `status` is an error.
pub(crate) fn copy_output(
    system: Option<SystemBuffer>,
    output: Buffer,
    status: NtStatus,
    information: u64,
) {
    if let Some(system) = system.filter(|_| !is_error(status)) {
        let length = usize::try_from(information).unwrap_or(usize::MAX);
        output.write(&system.read(length.min(output.length)));
    }
}
