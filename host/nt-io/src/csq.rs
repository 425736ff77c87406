//! Cancel-safe queues: the driver's callbacks keep the IRPs; these functions decide which thread gets
//! an IRP that is cancelled meanwhile.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::cell::Cell;
use std::sync::atomic::Ordering;

use nt_kernel::exports::{Export, ntoskrnl};
use nt_types::NtStatus;

use crate::cancel;
use crate::packet::Packet;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoCsqInitialize,
        IoCsqInitializeEx,
        IoCsqInsertIrp,
        IoCsqInsertIrpEx,
        IoCsqRemoveIrp,
        IoCsqRemoveNextIrp,
    ]
}

/// The type of an `IO_CSQ_IRP_CONTEXT`.
const CONTEXT: u32 = 1;
/// The type of an `IO_CSQ` of `IoCsqInitialize`.
const QUEUE: u32 = 2;
/// The type of an `IO_CSQ` of `IoCsqInitializeEx`.
const QUEUE_EX: u32 = 3;

type Insert = unsafe extern "win64" fn(queue: usize, packet: usize, context: usize) -> NtStatus;
type OfIrp = unsafe extern "win64" fn(queue: usize, packet: usize);
type Peek = unsafe extern "win64" fn(queue: usize, packet: usize, context: usize) -> usize;
type Acquire = unsafe extern "win64" fn(queue: usize, level: *mut u8);
type Release = unsafe extern "win64" fn(queue: usize, level: u8);

/// `IO_CSQ`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Queue {
    kind: u32,
    /// `CsqInsertIrp` has no third parameter and no result.
    insert: Insert,
    remove: OfIrp,
    peek: Peek,
    acquire: Acquire,
    release: Release,
    complete: OfIrp,
    reserved: usize,
}

/// `IO_CSQ_IRP_CONTEXT`.
#[repr(C)]
struct IrpContext {
    kind: Cell<u32>,
    packet: Cell<usize>,
    queue: Cell<usize>,
}

const _: () = assert!(size_of::<Queue>() == 0x40);

extern "win64" fn IoCsqInitialize(
    queue: *mut Queue,
    insert: Insert,
    remove: OfIrp,
    peek: Peek,
    acquire: Acquire,
    release: Release,
    complete: OfIrp,
) -> NtStatus {
    let new = Queue {
        kind: QUEUE,
        insert,
        remove,
        peek,
        acquire,
        release,
        complete,
        reserved: 0,
    };
    // SAFETY: by contract the driver's storage.
    unsafe { queue.write(new) };
    NtStatus::SUCCESS
}

extern "win64" fn IoCsqInitializeEx(
    queue: *mut Queue,
    insert: Insert,
    remove: OfIrp,
    peek: Peek,
    acquire: Acquire,
    release: Release,
    complete: OfIrp,
) -> NtStatus {
    let status = IoCsqInitialize(queue, insert, remove, peek, acquire, release, complete);
    // SAFETY: written above.
    unsafe { (*queue).kind = QUEUE_EX };
    status
}

/// The queue, while its lock is held.
struct LockedQueue {
    address: usize,
    queue: Queue,
    level: u8,
}

impl LockedQueue {
    fn lock(address: usize) -> Self {
        let place = std::ptr::with_exposed_provenance::<Queue>(address);
        // SAFETY: by contract a queue that has been initialised.
        let queue = unsafe { place.read() };
        let mut level = 0;
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { (queue.acquire)(address, &raw mut level) };
        Self {
            address,
            queue,
            level,
        }
    }

    fn insert(&self, packet: usize, context: usize) -> NtStatus {
        // SAFETY: as above; a plain queue's function ignores the third argument.
        let status = unsafe { (self.queue.insert)(self.address, packet, context) };
        if self.queue.kind == QUEUE_EX {
            status
        } else {
            NtStatus::SUCCESS
        }
    }

    fn remove(&self, packet: &Packet) {
        // SAFETY: as above.
        unsafe { (self.queue.remove)(self.address, packet.address()) };
        if let Some(context) = context_of(packet) {
            context.packet.set(0);
        }
        packet.driver_context[3].set(0);
    }

    fn peek(&self, after: usize, context: usize) -> usize {
        // SAFETY: as above.
        unsafe { (self.queue.peek)(self.address, after, context) }
    }

    fn unlock(self) -> Queue {
        // SAFETY: as above.
        unsafe { (self.queue.release)(self.address, self.level) };
        self.queue
    }
}

/// The context with which the packet is in a queue.
fn context_of(packet: &Packet) -> Option<&IrpContext> {
    let place = packet.driver_context[3].get();
    let context: *const IrpContext = std::ptr::with_exposed_provenance(place);
    if place == 0 {
        return None;
    }
    // SAFETY: a context or a queue of the driver's: both begin with their type.
    let kind = unsafe { (*context).kind.get() };
    // SAFETY: a context stays while its IRP is in the queue.
    (kind == CONTEXT).then(|| unsafe { &*context })
}

fn take_cancel_routine(packet: &Packet) -> bool {
    packet.cancel_routine.swap(0, Ordering::SeqCst) != 0
}

extern "win64" fn IoCsqInsertIrp(queue: usize, packet: usize, context: usize) {
    // A plain queue cannot refuse.
    let _ = IoCsqInsertIrpEx(queue, packet, context, 0);
}

extern "win64" fn IoCsqInsertIrpEx(
    queue: usize,
    packet: usize,
    context: usize,
    insert_context: usize,
) -> NtStatus {
    // SAFETY: by contract the caller's IRP.
    let known = unsafe { Packet::at(packet) };
    let place = if context == 0 { queue } else { context };
    if context != 0 {
        let context = std::ptr::with_exposed_provenance::<IrpContext>(context);
        // SAFETY: by contract the driver's storage.
        let context = unsafe { &*context };
        context.kind.set(CONTEXT);
        context.packet.set(packet);
        context.queue.set(queue);
    }
    known.driver_context[3].set(place);
    let locked = LockedQueue::lock(queue);
    let status = locked.insert(packet, insert_context);
    if !status.is_success() {
        locked.unlock();
        if let Some(context) = context_of(known) {
            context.packet.set(0);
        }
        known.driver_context[3].set(0);
        return status;
    }
    if let Some(own) = known.current() {
        own.mark_pending();
    }
    let routine = on_cancel as *const () as usize;
    known.cancel_routine.store(routine, Ordering::SeqCst);
    if known.is_cancelled() && take_cancel_routine(known) {
        locked.remove(known);
        let unlocked = locked.unlock();
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { (unlocked.complete)(queue, packet) };
    } else {
        locked.unlock();
    }
    status
}

/// The cancel routine of an IRP in a queue.
extern "win64" fn on_cancel(_device_object: usize, packet: usize) {
    // SAFETY: the I/O manager has just called this for the IRP.
    let known = unsafe { Packet::at(packet) };
    cancel::release_lock(known.cancel_irql.get());
    let queue = match context_of(known) {
        Some(context) => context.queue.get(),
        None => known.driver_context[3].get(),
    };
    let locked = LockedQueue::lock(queue);
    locked.remove(known);
    let unlocked = locked.unlock();
    // SAFETY: the driver gave this function for exactly this call.
    unsafe { (unlocked.complete)(queue, packet) };
}

/// The IRP with this context; 0 if it has been cancelled.
extern "win64" fn IoCsqRemoveIrp(queue: usize, context: *const IrpContext) -> usize {
    let locked = LockedQueue::lock(queue);
    // SAFETY: by contract the driver's storage, which an insertion has written.
    let packet = unsafe { (*context).packet.get() };
    let mut taken = 0;
    if packet != 0 {
        // SAFETY: an IRP in the queue.
        let known = unsafe { Packet::at(packet) };
        if take_cancel_routine(known) {
            locked.remove(known);
            taken = packet;
        }
    }
    locked.unlock();
    taken
}

/// The next IRP that is not being cancelled; 0 for none.
extern "win64" fn IoCsqRemoveNextIrp(queue: usize, context: usize) -> usize {
    let locked = LockedQueue::lock(queue);
    let mut packet = locked.peek(0, context);
    while packet != 0 {
        // SAFETY: an IRP in the queue.
        let known = unsafe { Packet::at(packet) };
        if take_cancel_routine(known) {
            locked.remove(known);
            break;
        }
        packet = locked.peek(packet, context);
    }
    locked.unlock();
    packet
}
