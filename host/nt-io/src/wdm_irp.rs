//! `IRP`: the layout of a request in memory, for drivers that access it without the framework.
//!
//! The host creates the IRP when a driver first asks for it, and frees it, with its pages, when the
//! request is completed.

use std::ptr::NonNull;

use nt_kernel::pool;
use nt_kernel::process::Mode;
use nt_types::NtStatus;

use crate::device::DeviceObject;
use crate::file::FileObject;
use crate::request::Request;

/// `IO_STATUS_BLOCK`.
#[repr(C)]
struct StatusBlock {
    status: NtStatus,
    information: u64,
}

/// `IRP`.
#[repr(C)]
struct Packet {
    kind: i16,
    size: u16,
    allocation_processor: u32,
    mdl_address: usize,
    flags: u32,
    system_buffer: usize,
    thread_list: [usize; 2],
    io_status: StatusBlock,
    requestor_mode: i8,
    pending_returned: u8,
    stack_count: i8,
    current_location: i8,
    cancel: u8,
    cancel_irql: u8,
    apc_environment: i8,
    allocation_flags: u8,
    user_status_block: usize,
    user_event: usize,
    overlay: [usize; 2],
    cancel_routine: usize,
    user_buffer: usize,
    driver_context: [usize; 4],
    thread: usize,
    auxiliary_buffer: usize,
    list_entry: [usize; 2],
    current_stack_location: usize,
    original_file_object: *const FileObject,
    completion_key: usize,
}

/// `IO_STACK_LOCATION`.
#[repr(C)]
struct StackLocation {
    major_function: u8,
    minor_function: u8,
    flags: u8,
    control: u8,
    parameters: [usize; 4],
    device_object: *mut DeviceObject,
    file_object: *const FileObject,
    completion_routine: usize,
    context: usize,
}

/// `MDL` of a buffer that is mapped for the kernel.
#[repr(C)]
struct Mdl {
    next: usize,
    size: i16,
    flags: i16,
    allocation_processor: u32,
    process: usize,
    mapped_address: usize,
    start_address: usize,
    byte_count: u32,
    byte_offset: u32,
}

const _: () = {
    assert!(size_of::<Packet>() == 0xD0);
    assert!(core::mem::offset_of!(Packet, io_status) == 0x30);
    assert!(core::mem::offset_of!(Packet, cancel) == 0x44);
    assert!(core::mem::offset_of!(Packet, user_buffer) == 0x70);
    assert!(core::mem::offset_of!(Packet, thread) == 0x98);
    assert!(core::mem::offset_of!(Packet, current_stack_location) == 0xB8);
    assert!(size_of::<StackLocation>() == 0x48);
    assert!(core::mem::offset_of!(StackLocation, device_object) == 0x28);
    assert!(size_of::<Mdl>() == 0x30);
    assert!(core::mem::offset_of!(Mdl, byte_offset) == 0x2C);
};

/// The type number of an `IRP`.
const IO_TYPE_IRP: i16 = 6;
/// `MDL_MAPPED_TO_SYSTEM_VA` and `MDL_PAGES_LOCKED`.
const MDL_MAPPED_AND_LOCKED: i16 = 3;
/// `SL_PENDING_RETURNED`.
const SL_PENDING_RETURNED: u8 = 1;
/// The pool tag of the I/O manager's packets.
const TAG: u32 = u32::from_le_bytes(*b"Irp ");

/// The packet of a request; freed with this value.
pub struct WdmIrp {
    packet: NonNull<Packet>,
    stack_count: i8,
}

// SAFETY: the memory belongs to the request: the I/O manager alone uses it before and after the
// driver owns the request, the driver alone in between.
unsafe impl Send for WdmIrp {}

/// The members of a packet that describe its request.
pub(crate) struct Origin {
    /// What the driver is asked.
    pub(crate) request: Request,
    /// The device that was opened.
    pub(crate) device_object: *mut DeviceObject,
    /// How many drivers the request can go through.
    pub(crate) stack_size: i8,
    /// The file that the request was sent to.
    pub(crate) file_object: *const FileObject,
    /// The mode of the caller.
    pub(crate) requestor_mode: Mode,
    /// The thread object of the caller.
    pub(crate) thread: usize,
    /// True if the caller has cancelled it already.
    pub(crate) cancelled: bool,
}

/// Where the buffers of a request are, 0 for none.
pub(crate) struct Addresses {
    /// The system buffer.
    pub(crate) system: usize,
    /// What a memory descriptor list describes.
    pub(crate) direct: usize,
    /// The caller's own input, if the driver gets its address.
    pub(crate) user_input: usize,
    /// The caller's own output, if the driver gets its address.
    pub(crate) user_output: usize,
}

impl WdmIrp {
    /// The packet of a request, at the top of its device's stack.
    pub(crate) fn new(origin: &Origin, buffers: &Addresses) -> Self {
        let stack_count = origin.stack_size;
        let locations = usize::from(stack_count.unsigned_abs()) * size_of::<StackLocation>();
        let length = size_of::<Packet>() + locations + size_of::<Mdl>();
        let memory = pool::allocate(true, length, TAG).expect("memory for the host's own packets");
        let top = memory.addr().get() + size_of::<Packet>() + locations;
        let current = top - size_of::<StackLocation>();
        let packet = Packet {
            kind: IO_TYPE_IRP,
            size: u16::try_from(size_of::<Packet>() + locations).unwrap_or(u16::MAX),
            allocation_processor: 0,
            mdl_address: if buffers.direct == 0 { 0 } else { top },
            flags: 0,
            system_buffer: buffers.system,
            thread_list: [0; 2],
            io_status: StatusBlock {
                status: NtStatus::SUCCESS,
                information: 0,
            },
            requestor_mode: origin.requestor_mode.number(),
            pending_returned: 0,
            stack_count,
            current_location: stack_count,
            cancel: origin.cancelled.into(),
            cancel_irql: 0,
            apc_environment: 0,
            allocation_flags: 0,
            user_status_block: 0,
            user_event: 0,
            overlay: [0; 2],
            cancel_routine: 0,
            user_buffer: buffers.user_output,
            driver_context: [0; 4],
            thread: origin.thread,
            auxiliary_buffer: 0,
            list_entry: [0; 2],
            current_stack_location: current,
            original_file_object: origin.file_object,
            completion_key: 0,
        };
        let mdl = mdl(origin.request, buffers.direct);
        let location = location(origin, buffers);
        // SAFETY: there is room for the packet at the beginning, the locations and the MDL.
        unsafe { memory.cast().write(packet) };
        // SAFETY: as above.
        unsafe { std::ptr::with_exposed_provenance_mut::<StackLocation>(current).write(location) };
        // SAFETY: as above.
        unsafe { std::ptr::with_exposed_provenance_mut::<Mdl>(top).write(mdl) };
        Self {
            packet: memory.cast(),
            stack_count,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> usize {
        self.packet.expose_provenance().get()
    }

    fn read(&self) -> &Packet {
        // SAFETY: the memory is there as long as this value, and was initialised.
        unsafe { self.packet.as_ref() }
    }

    /// Marks the IRP as cancelled by its caller.
    pub(crate) fn cancel(&self) {
        // SAFETY: the memory is there as long as this value.
        let place = unsafe { &raw mut (*self.packet.as_ptr()).cancel };
        // SAFETY: as above; the driver only reads it.
        unsafe { place.write_volatile(1) };
    }

    /// The status and the information that the driver has stored.
    pub(crate) fn outcome(&self) -> (NtStatus, u64) {
        let block = &self.read().io_status;
        (block.status, block.information)
    }

    /// Whether the driver has marked the packet pending.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        let location: *const StackLocation =
            std::ptr::with_exposed_provenance(self.read().current_stack_location);
        if self.is_skipped() {
            return false;
        }
        // SAFETY: the driver leaves it where it was, or skips it.
        let control = unsafe { (*location).control };
        control & SL_PENDING_RETURNED != 0
    }

    /// Whether the driver has skipped its stack location, for the next driver to have it.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.read().current_location == self.stack_count + 1
    }

    /// Takes that back: `IoSetNextIrpStackLocation`.
    pub fn enter_next(&mut self) {
        // SAFETY: no other thread has the packet at this moment.
        let packet = unsafe { self.packet.as_mut() };
        packet.current_location -= 1;
        packet.current_stack_location -= size_of::<StackLocation>();
    }
}

impl Drop for WdmIrp {
    fn drop(&mut self) {
        pool::free(self.address(), Some(TAG));
    }
}

/// The driver's stack location.
fn location(origin: &Origin, buffers: &Addresses) -> StackLocation {
    let parameters = match origin.request {
        Request::Create => [0; 4],
        Request::Read { length } | Request::Write { length } => [length, 0, 0, 0],
        Request::DeviceControl {
            code,
            input_length,
            output_length,
        } => [
            output_length,
            input_length,
            code as usize,
            buffers.user_input,
        ],
    };
    StackLocation {
        major_function: origin.request.major_function(),
        minor_function: 0,
        flags: 0,
        control: 0,
        parameters,
        device_object: origin.device_object,
        file_object: origin.file_object,
        completion_routine: 0,
        context: 0,
    }
}

/// The description of the caller's buffer at `address`, which is mapped there.
fn mdl(request: Request, address: usize) -> Mdl {
    let length = request.direct_length();
    let offset = address % pool::PAGE_SIZE;
    let pages = (offset + length).div_ceil(pool::PAGE_SIZE);
    Mdl {
        next: 0,
        size: i16::try_from(size_of::<Mdl>() + pages * size_of::<usize>()).unwrap_or(i16::MAX),
        flags: MDL_MAPPED_AND_LOCKED,
        allocation_processor: 0,
        process: 0,
        mapped_address: address,
        start_address: address - offset,
        byte_count: u32::try_from(length).unwrap_or(u32::MAX),
        byte_offset: u32::try_from(offset).unwrap_or_default(),
    }
}
