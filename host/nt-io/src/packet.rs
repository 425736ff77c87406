//! `IRP` and `IO_STACK_LOCATION`: a request as it lies in memory, shared by the drivers of a
//! device stack and the I/O manager.
//!
//! The drivers own the packet one after the other, and the owner alone reads and writes it. The members
//! are cells for that reason; only those that any thread may change are atomic.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use nt_kernel::mdl::Mdl;
use nt_kernel::{pool, resource_tracker};
use nt_types::NtStatus;

/// `IO_STATUS_BLOCK`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct StatusBlock {
    pub(crate) status: NtStatus,
    pub(crate) information: u64,
}

/// `IRP`.
#[repr(C)]
pub(crate) struct Packet {
    pub(crate) kind: Cell<i16>,
    pub(crate) size: Cell<u16>,
    allocation_processor: Cell<u32>,
    pub(crate) mdl_address: Cell<usize>,
    pub(crate) flags: Cell<u32>,
    pub(crate) system_buffer: Cell<usize>,
    thread_list: [Cell<usize>; 2],
    pub(crate) io_status: Cell<StatusBlock>,
    pub(crate) requestor_mode: Cell<i8>,
    pub(crate) pending_returned: Cell<u8>,
    pub(crate) stack_count: Cell<i8>,
    pub(crate) current_location: Cell<i8>,
    cancel: AtomicU8,
    pub(crate) cancel_irql: Cell<u8>,
    apc_environment: Cell<i8>,
    pub(crate) allocation_flags: Cell<u8>,
    pub(crate) user_status_block: Cell<usize>,
    pub(crate) user_event: Cell<usize>,
    overlay: [Cell<usize>; 2],
    pub(crate) cancel_routine: AtomicUsize,
    pub(crate) user_buffer: Cell<usize>,
    pub(crate) driver_context: [Cell<usize>; 4],
    pub(crate) thread: Cell<usize>,
    auxiliary_buffer: Cell<usize>,
    list_entry: [Cell<usize>; 2],
    pub(crate) current_stack_location: Cell<usize>,
    pub(crate) original_file_object: Cell<usize>,
    completion_key: Cell<usize>,
}

/// `IO_STACK_LOCATION`.
#[repr(C)]
pub(crate) struct StackLocation {
    pub(crate) major_function: Cell<u8>,
    pub(crate) minor_function: Cell<u8>,
    pub(crate) flags: Cell<u8>,
    pub(crate) control: Cell<u8>,
    pub(crate) parameters: [Cell<usize>; 4],
    pub(crate) device_object: Cell<usize>,
    pub(crate) file_object: Cell<usize>,
    pub(crate) completion_routine: Cell<usize>,
    pub(crate) context: Cell<usize>,
}

const _: () = {
    assert!(size_of::<Packet>() == 0xD0);
    assert!(core::mem::offset_of!(Packet, io_status) == 0x30);
    assert!(core::mem::offset_of!(Packet, cancel) == 0x44);
    assert!(core::mem::offset_of!(Packet, cancel_routine) == 0x68);
    assert!(core::mem::offset_of!(Packet, user_buffer) == 0x70);
    assert!(core::mem::offset_of!(Packet, thread) == 0x98);
    assert!(core::mem::offset_of!(Packet, current_stack_location) == 0xB8);
    assert!(size_of::<StackLocation>() == 0x48);
    assert!(core::mem::offset_of!(StackLocation, device_object) == 0x28);
};

/// The type number of an `IRP`.
pub(crate) const IO_TYPE_IRP: i16 = 6;
/// `SL_PENDING_RETURNED`: `IoMarkIrpPending` has marked the IRP in this location.
pub(crate) const SL_PENDING_RETURNED: u8 = 1;
/// `SL_INVOKE_ON_CANCEL`.
pub(crate) const SL_INVOKE_ON_CANCEL: u8 = 0x20;
/// `SL_INVOKE_ON_SUCCESS`.
pub(crate) const SL_INVOKE_ON_SUCCESS: u8 = 0x40;
/// `SL_INVOKE_ON_ERROR`.
pub(crate) const SL_INVOKE_ON_ERROR: u8 = 0x80;
/// All outcomes.
const SL_INVOKE_ALWAYS: u8 = SL_INVOKE_ON_CANCEL | SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR;
/// Where a packet has its entry for a device queue: `Tail.Overlay.DeviceQueueEntry`.
pub(crate) const DEVICE_QUEUE_ENTRY: usize = core::mem::offset_of!(Packet, driver_context);
/// The pool tag of the I/O manager's packets.
const TAG: u32 = u32::from_le_bytes(*b"Irp ");

/// Bytes of a packet with so many stack locations: `IoSizeOfIrp`.
pub(crate) fn size_of_packet(stack_size: i8) -> usize {
    let locations = usize::try_from(stack_size).unwrap_or_default();
    size_of::<Packet>() + locations * size_of::<StackLocation>()
}

impl Packet {
    /// The packet at `address`.
    ///
    /// # Safety
    ///
    /// There is a packet, and it stays as long as the reference is used.
    pub(crate) unsafe fn at<'a>(address: usize) -> &'a Self {
        let packet: *const Self = std::ptr::with_exposed_provenance(address);
        // SAFETY: by contract.
        unsafe { &*packet }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self).expose_provenance()
    }

    /// Makes it a new packet of the memory's size, without an owner: `IoInitializeIrp`.
    ///
    /// # Safety
    ///
    /// `memory` has at least [`size_of_packet`] bytes.
    pub(crate) unsafe fn initialize(memory: NonNull<u8>, stack_size: i8) {
        let length = size_of_packet(stack_size);
        // SAFETY: by contract there are so many bytes.
        unsafe { memory.write_bytes(0, length) };
        let address = memory.expose_provenance().get();
        // SAFETY: zeros are a packet.
        let packet = unsafe { Self::at(address) };
        packet.kind.set(IO_TYPE_IRP);
        packet.size.set(u16::try_from(length).unwrap_or(u16::MAX));
        packet.stack_count.set(stack_size);
        packet.rewind();
    }

    /// Puts it before its first stack location.
    pub(crate) fn rewind(&self) {
        self.move_to(self.stack_count.get() + 1);
    }

    /// Makes `number` its current location.
    pub(crate) fn move_to(&self, number: i8) {
        self.current_location.set(number);
        self.current_stack_location.set(self.address_of(number));
    }

    /// Where the stack location with this number is, or the end of the locations.
    pub(crate) fn address_of(&self, number: i8) -> usize {
        let index = usize::try_from(number - 1).unwrap_or_default();
        self.address() + size_of::<Self>() + index * size_of::<StackLocation>()
    }

    /// The stack location with this number, counted from 1 for the lowest driver.
    pub(crate) fn location(&self, number: i8) -> Option<&StackLocation> {
        if number < 1 || number > self.stack_count.get() {
            return None;
        }
        let place: *const StackLocation =
            std::ptr::with_exposed_provenance(self.address_of(number));
        // SAFETY: the packet has been made with so many locations.
        Some(unsafe { &*place })
    }

    /// Where the buffer is that its memory descriptor list describes, if it has a list of locked memory.
    pub(crate) fn mdl_buffer(&self) -> Option<usize> {
        let mdl: *const Mdl = std::ptr::with_exposed_provenance(self.mdl_address.get());
        // SAFETY: NULL, or the list that belongs to the packet.
        let mdl = unsafe { mdl.as_ref() }?;
        mdl.kernel_address()
    }

    /// The location of the driver that has it now, if one has.
    pub(crate) fn current(&self) -> Option<&StackLocation> {
        self.location(self.current_location.get())
    }

    /// The location of the next driver, if there is one.
    pub(crate) fn next_location(&self) -> Option<&StackLocation> {
        self.location(self.current_location.get() - 1)
    }

    /// `IoSetNextIrpStackLocation`.
    pub(crate) fn enter_next(&self) {
        self.move_to(self.current_location.get() - 1);
    }

    /// `IoCopyCurrentIrpStackLocationToNext`. The location of the next driver, if there is one.
    pub(crate) fn copy_to_next(&self) -> Option<&StackLocation> {
        let (own, next) = (self.current()?, self.next_location()?);
        next.major_function.set(own.major_function.get());
        next.minor_function.set(own.minor_function.get());
        next.flags.set(own.flags.get());
        next.control.set(0);
        next.completion_routine.set(0);
        for (to, from) in next.parameters.iter().zip(&own.parameters) {
            to.set(from.get());
        }
        next.file_object.set(own.file_object.get());
        Some(next)
    }

    /// Whether its originator has cancelled it.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::SeqCst) != 0
    }

    /// Marks it as cancelled, or not.
    pub(crate) fn set_cancelled(&self, cancelled: bool) {
        self.cancel.store(cancelled.into(), Ordering::SeqCst);
    }
}

impl StackLocation {
    /// Whether `IoMarkIrpPending` has marked the IRP here.
    pub(crate) fn is_pending(&self) -> bool {
        self.control.get() & SL_PENDING_RETURNED != 0
    }

    /// Has `routine` called when the driver has completed the IRP, whatever the outcome is.
    pub(crate) fn call_back(&self, routine: usize, context: usize) {
        self.completion_routine.set(routine);
        self.context.set(context);
        self.control.set(SL_INVOKE_ALWAYS);
    }

    /// `IoMarkIrpPending`.
    pub(crate) fn mark_pending(&self) {
        self.control.set(self.control.get() | SL_PENDING_RETURNED);
    }
}

/// The memory of a packet; freed with this value.
pub(crate) struct PacketMemory(NonNull<u8>);

// SAFETY: the memory belongs to the request: the I/O manager alone uses it before and after the
// drivers own the request, the owner alone in between.
unsafe impl Send for PacketMemory {}

impl PacketMemory {
    /// A packet of the system's with so many stack locations, and room for an MDL behind them; `None`
    /// without memory.
    pub(crate) fn new(stack_size: i8) -> Option<Self> {
        let memory = Self::for_driver(stack_size)?;
        resource_tracker::release(pool::TRACKED_KIND, memory.address());
        Some(memory)
    }

    /// The same for a driver: it is listed while it is not freed.
    pub(crate) fn for_driver(stack_size: i8) -> Option<Self> {
        let length = size_of_packet(stack_size) + size_of::<Mdl>();
        let memory = pool::allocate(true, length, TAG)?;
        // SAFETY: just allocated with this length.
        unsafe { Packet::initialize(memory, stack_size) };
        Some(Self(memory))
    }

    /// The packet.
    pub(crate) fn packet(&self) -> &Packet {
        // SAFETY: the packet stays as long as this value.
        unsafe { Packet::at(self.address()) }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        self.0.expose_provenance().get()
    }

    /// Puts a description of the `length` bytes at `buffer` into the packet.
    pub(crate) fn describe(&self, buffer: usize, length: usize) {
        let packet = self.packet();
        let place = packet.address_of(packet.stack_count.get() + 1);
        let mdl = Mdl::mapped(buffer, length);
        // SAFETY: there is room for it behind the locations.
        unsafe { std::ptr::with_exposed_provenance_mut::<Mdl>(place).write(mdl) };
        packet.mdl_address.set(place);
    }
}

impl Drop for PacketMemory {
    fn drop(&mut self) {
        pool::free(self.address(), Some(TAG));
    }
}
