//! A call as it is in the stack location of a packet.

use std::cell::Cell;

use nt_kernel::thread::Thread;

use crate::file::FileHandle;
use crate::major_function;
use crate::packet::{Packet, StackLocation};
use crate::request::Request;

/// Fills in what the packet says of a process's call, but for its buffers.
pub(crate) fn fill(packet: &Packet, file: &FileHandle, thread: &Thread, request: Request) {
    let file_object = file.object().expose_provenance();
    packet.requestor_mode.set(file.process().mode.number());
    packet.thread.set(thread.object());
    packet.original_file_object.set(file_object);
    with_first_location(packet, |location| {
        location.file_object.set(file_object);
        write(location, request);
    });
}

/// Changes the stack location of the first driver that gets the packet.
pub(crate) fn with_first_location(packet: &Packet, change: impl FnOnce(&StackLocation)) {
    if let Some(location) = packet.location(packet.stack_count.get()) {
        change(location);
    }
}

/// Puts what a driver is asked into its stack location.
pub(crate) fn write(location: &StackLocation, request: Request) {
    location.major_function.set(request.major_function());
    let [first, second, third, _] = &location.parameters;
    match request {
        Request::Create => {}
        Request::Read { length } | Request::Write { length } => first.set(length),
        Request::DeviceControl {
            code,
            input_length,
            output_length,
            ..
        } => {
            first.set(output_length);
            second.set(input_length);
            third.set(code as usize);
        }
    }
}

/// What a driver is asked by its stack location; `None` for the end of a file, and for an IRP about a
/// device.
pub(crate) fn read(location: &StackLocation) -> Option<Request> {
    let [first, second, third, _] = location.parameters.each_ref().map(Cell::get);
    // The lengths and the code have 32 bits, whatever lies behind them.
    let word = |value: usize| value & 0xFFFF_FFFF;
    let major = location.major_function.get();
    Some(match major {
        major_function::CREATE => Request::Create,
        major_function::READ => Request::Read {
            length: word(first),
        },
        major_function::WRITE => Request::Write {
            length: word(first),
        },
        major_function::DEVICE_CONTROL | major_function::INTERNAL_DEVICE_CONTROL => {
            Request::DeviceControl {
                code: u32::try_from(word(third)).unwrap_or_default(),
                is_internal: major == major_function::INTERNAL_DEVICE_CONTROL,
                input_length: word(second),
                output_length: word(first),
            }
        }
        _ => return None,
    })
}
