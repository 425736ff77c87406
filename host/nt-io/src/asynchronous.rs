//! `IoBuildAsynchronousFsdRequest`: IRPs with a buffer, which the driver's completion routine frees.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{mdl, pool};

use crate::device::IoType;
use crate::devices;
use crate::irp_api::ALLOCATED;
use crate::irp_table::{self, Originator};
use crate::major_function::{READ, WRITE};
use crate::packet::{Packet, PacketMemory};
use crate::synchronous::{Buffer, begin_transfer};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoBuildAsynchronousFsdRequest]
}

/// `IRP_BUFFERED_IO`: the IRP has a system buffer.
const BUFFERED_IO: u32 = 0x10;
/// `IRP_DEALLOCATE_BUFFER`: which is to be freed with the IRP.
const DEALLOCATE_BUFFER: u32 = 0x20;
/// `IRP_INPUT_OPERATION`: and copied to the caller's buffer before.
const INPUT_OPERATION: u32 = 0x40;
/// The pool tag of the system buffers: `IoSB`.
const TAG: u32 = u32::from_le_bytes(*b"IoSB");

/// `PASSIVE_LEVEL` and `APC_LEVEL`. 0 without memory, and for a major function that it does not serve. The
/// driver frees the IRP, its system buffer and its MDL.
unsafe extern "win64" fn IoBuildAsynchronousFsdRequest(
    major: u32,
    device_object: usize,
    buffer: usize,
    length: u32,
    offset: *const u64,
    status_block: usize,
) -> usize {
    const NAME: &str = "IoBuildAsynchronousFsdRequest";
    irql::require_at_most(NAME, Irql::APC);
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
    let moves = matches!(major, READ | WRITE) && buffer.length > 0;
    if moves && give_buffer(memory.packet(), device_object, major, buffer).is_none() {
        return 0;
    }
    enter(memory, status_block)
}

/// Gives the packet the buffer of a transfer, as the device gets at it. `None` without memory.
fn give_buffer(packet: &Packet, device_object: usize, major: u8, buffer: Buffer) -> Option<()> {
    let is_read = major == READ;
    match devices::io_type(device_object) {
        IoType::Buffered => {
            let contents = if is_read { Vec::new() } else { buffer.read() };
            packet
                .system_buffer
                .set(system_buffer(buffer.length, &contents)?);
            packet.user_buffer.set(buffer.address);
            let copied = if is_read { INPUT_OPERATION } else { 0 };
            packet.flags.set(BUFFERED_IO | DEALLOCATE_BUFFER | copied);
        }
        IoType::Direct => {
            let list = mdl::allocate_locked(buffer.address, buffer.length, is_read)?;
            packet.mdl_address.set(list);
        }
        IoType::Neither => packet.user_buffer.set(buffer.address),
    }
    Some(())
}

/// A buffer in nonpaged pool, which the driver frees, with `contents` at its beginning.
fn system_buffer(length: usize, contents: &[u8]) -> Option<usize> {
    let memory = pool::allocate(true, length, TAG)?;
    let count = contents.len().min(length);
    // SAFETY: just allocated with at least so many bytes.
    unsafe { memory.copy_from_nonoverlapping(std::ptr::NonNull::from(contents).cast(), count) };
    Some(memory.expose_provenance().get())
}

/// Enters the IRP as one of the driver's. Where it is.
fn enter(memory: PacketMemory, status_block: usize) -> usize {
    let (packet, address) = (memory.packet(), memory.address());
    packet.user_status_block.set(status_block);
    packet.allocation_flags.set(ALLOCATED);
    irp_table::insert(address, Originator::Driver(Some(memory)));
    address
}
