//! `IoBuildDeviceIoControlRequest` and its like: IRPs that a driver makes and the I/O manager frees when
//! they have been completed.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{event, fault, process, thread};
use nt_types::NtStatus;

use crate::device::IoType;
use crate::devices;
use crate::irp_table::{self, Originator, Purpose};
use crate::major_function::{
    DEVICE_CONTROL, FLUSH_BUFFERS, INTERNAL_DEVICE_CONTROL, PNP, READ, SHUTDOWN, WRITE,
};
use crate::packet::{PacketMemory, StackLocation, StatusBlock};
use crate::request::{METHOD_NEITHER, method};
use crate::system_buffer::SystemBuffer;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest]
}

/// `METHOD_BUFFERED`.
const METHOD_BUFFERED: u32 = 0;

/// A driver's buffer.
#[derive(Clone, Copy)]
struct Buffer {
    address: usize,
    length: usize,
}

impl Buffer {
    /// A copy of its bytes.
    fn read(self) -> Vec<u8> {
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
    let Some(memory) = packet_for(NAME, device_object) else {
        return 0;
    };
    let is_buffered = method(code) == METHOD_BUFFERED;
    let system = match method(code) {
        METHOD_NEITHER => Ok(None),
        METHOD_BUFFERED => system_buffer(input.length.max(output.length), &input.read()),
        _ => system_buffer(input.length, &input.read()),
    };
    let Ok(system) = system else {
        return 0;
    };
    let packet = memory.packet();
    packet
        .system_buffer
        .set(system.as_ref().map_or(0, SystemBuffer::address));
    packet.user_buffer.set(output.address);
    if !is_buffered && method(code) != METHOD_NEITHER && output.length > 0 {
        memory.describe(output.address, output.length);
    }
    set_first_location(&memory, |location| {
        let major = if internal == 0 {
            DEVICE_CONTROL
        } else {
            INTERNAL_DEVICE_CONTROL
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
    let outcome = Outcome {
        status_block,
        event,
    };
    enter(memory, system, output, outcome, is_buffered)
}

/// `PASSIVE_LEVEL`. 0 without memory, and for a major function that it does not serve.
extern "win64" fn IoBuildSynchronousFsdRequest(
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
    let major = u8::try_from(major).unwrap_or(u8::MAX);
    if ![READ, WRITE, FLUSH_BUFFERS, SHUTDOWN, PNP].contains(&major) {
        return 0;
    }
    let Some(memory) = packet_for(NAME, device_object) else {
        return 0;
    };
    let buffer = Buffer {
        address: buffer,
        length: length as usize,
    };
    let moves = matches!(major, READ | WRITE) && buffer.length > 0;
    let io_type = devices::io_type(device_object);
    let is_buffered = moves && io_type == IoType::Buffered;
    let mut system = None;
    if is_buffered {
        let contents = if major == WRITE {
            buffer.read()
        } else {
            Vec::new()
        };
        let Ok(made) = system_buffer(buffer.length, &contents) else {
            return 0;
        };
        memory
            .packet()
            .system_buffer
            .set(made.as_ref().map_or(0, SystemBuffer::address));
        system = made;
    } else if moves && io_type == IoType::Direct {
        memory.describe(buffer.address, buffer.length);
    } else {
        memory.packet().user_buffer.set(buffer.address);
    }
    set_first_location(&memory, |location| {
        location.major_function.set(major);
        location.parameters[0].set(buffer.length);
        if !offset.is_null() {
            // SAFETY: by contract the driver's variable.
            let offset = unsafe { offset.read() };
            location.parameters[2].set(usize::try_from(offset).unwrap_or(usize::MAX));
        }
    });
    let outcome = Outcome {
        status_block,
        event,
    };
    enter(
        memory,
        system,
        buffer,
        outcome,
        is_buffered && major == READ,
    )
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
    packet.thread.set(thread::current().object());
    Some(memory)
}

fn system_buffer(length: usize, contents: &[u8]) -> Result<Option<SystemBuffer>, NtStatus> {
    match length {
        0 => Ok(None),
        _ => SystemBuffer::with(length, contents).map(Some),
    }
}

fn set_first_location(memory: &PacketMemory, change: impl FnOnce(&StackLocation)) {
    let packet = memory.packet();
    if let Some(location) = packet.location(packet.stack_count.get()) {
        change(location);
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
        let is_error = status.bits() >> 30 == 3;
        if let Some(system) = system.as_ref().filter(|_| copies && !is_error) {
            let length = usize::try_from(information).unwrap_or(usize::MAX);
            output.write(&system.read(length.min(output.length)));
        }
        drop(system);
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
