//! DPCs: routines that the kernel calls at `DISPATCH_LEVEL` as soon as a processor can.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::processor::{self, ProcessorNumber};
use crate::active_objects::{self, ActiveObject};
use crate::deferred_calls::{self, DeferredCall, DeferredRoutine};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::pool;

/// A `KDPC`'s type.
const DPC: u8 = 19;
/// The type of a threaded DPC, which runs at `PASSIVE_LEVEL`.
const THREADED_DPC: u8 = 26;
/// `MediumImportance`, with which a DPC begins.
const MEDIUM_IMPORTANCE: u8 = 1;
/// `HighImportance`: the DPC is put in front of the queue.
const HIGH_IMPORTANCE: u8 = 2;

/// A `KDPC`.
#[repr(C)]
pub(super) struct Dpc {
    kind: u8,
    importance: u8,
    /// The processor that it is for.
    number: u16,
    list: [usize; 2],
    routine: Option<DeferredRoutine>,
    context: usize,
    arguments: [usize; 2],
    /// Not 0 while it is queued.
    queue: usize,
}

const _: () = {
    assert!(size_of::<Dpc>() == 0x40);
    assert!(std::mem::offset_of!(Dpc, routine) == 0x18);
    assert!(std::mem::offset_of!(Dpc, queue) == 0x38);
};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeFlushQueuedDpcs,
        KeInitializeDpc,
        KeInitializeThreadedDpc,
        KeInsertQueueDpc,
        KeRemoveQueueDpc,
        KeSetImportanceDpc,
        KeSetTargetProcessorDpc,
        KeSetTargetProcessorDpcEx,
    ]
}

/// Any IRQL. The memory must be resident.
unsafe extern "win64" fn KeInitializeDpc(
    dpc: *mut Dpc,
    routine: Option<DeferredRoutine>,
    context: usize,
) {
    // SAFETY: by contract.
    unsafe { initialize("KeInitializeDpc", dpc, DPC, routine, context) };
}

/// Any IRQL. The memory must be resident.
unsafe extern "win64" fn KeInitializeThreadedDpc(
    dpc: *mut Dpc,
    routine: Option<DeferredRoutine>,
    context: usize,
) {
    // SAFETY: by contract.
    unsafe {
        initialize(
            "KeInitializeThreadedDpc",
            dpc,
            THREADED_DPC,
            routine,
            context,
        );
    };
}

/// Makes the memory a DPC.
///
/// # Safety
///
/// `dpc` is storage for a `KDPC`.
unsafe fn initialize(
    function: &str,
    dpc: *mut Dpc,
    kind: u8,
    routine: Option<DeferredRoutine>,
    context: usize,
) {
    pool::require_resident(function, dpc.addr());
    if routine.is_none() {
        irql::stop_for_rule(&format!("{function} was called without a routine"));
    }
    let new = Dpc {
        kind,
        importance: MEDIUM_IMPORTANCE,
        number: 0,
        list: [0; 2],
        routine,
        context,
        arguments: [0; 2],
        queue: 0,
    };
    // SAFETY: by contract.
    unsafe { dpc.write(new) };
}

/// Any IRQL. False if the DPC is queued already.
unsafe extern "win64" fn KeInsertQueueDpc(dpc: *mut Dpc, first: usize, second: usize) -> u8 {
    // SAFETY: by contract.
    let Some(mut call) = (unsafe { call_of(dpc) }) else {
        irql::stop_for_rule("KeInsertQueueDpc was called with what KeInitializeDpc has not made");
    };
    [call.arguments[2], call.arguments[3]] = [first, second];
    // SAFETY: by contract a DPC that has been initialised.
    let is_urgent = unsafe { (*dpc).importance } == HIGH_IMPORTANCE;
    let queued = deferred_calls::insert(call, is_urgent, || {
        // SAFETY: by contract a DPC, which no other thread changes while it is not queued.
        let dpc = unsafe { &mut *dpc };
        dpc.arguments = [first, second];
        dpc.queue = 1;
        active_objects::insert(call.key, ActiveObject::Dpc);
    });
    queued.into()
}

/// Any IRQL. False if the DPC is not queued.
unsafe extern "win64" fn KeRemoveQueueDpc(dpc: *mut Dpc) -> u8 {
    deferred_calls::remove(dpc.expose_provenance()).into()
}

/// `PASSIVE_LEVEL`. Waits until the DPCs that are queued have run.
extern "win64" fn KeFlushQueuedDpcs() {
    irql::require_at_most("KeFlushQueuedDpcs", Irql::PASSIVE);
    deferred_calls::flush();
}

/// Any IRQL.
unsafe extern "win64" fn KeSetImportanceDpc(dpc: *mut Dpc, importance: u32) {
    // SAFETY: by contract a DPC that has been initialised.
    let dpc = unsafe { &mut *dpc };
    dpc.importance = u8::try_from(importance).unwrap_or(MEDIUM_IMPORTANCE);
}

/// Any IRQL. The host's processors are alike: the number is kept, and chooses none.
unsafe extern "win64" fn KeSetTargetProcessorDpc(dpc: *mut Dpc, number: i8) {
    // SAFETY: by contract a DPC that has been initialised.
    unsafe { (*dpc).number = number.unsigned_abs().into() };
}

/// Up to `DISPATCH_LEVEL`. As [`KeSetTargetProcessorDpc`].
unsafe extern "win64" fn KeSetTargetProcessorDpcEx(
    dpc: *mut Dpc,
    processor: *const ProcessorNumber,
) -> NtStatus {
    irql::require_at_most("KeSetTargetProcessorDpcEx", Irql::DISPATCH);
    // SAFETY: by contract the caller's variable.
    let ProcessorNumber { group, number, .. } = unsafe { processor.read() };
    if group != 0 || u32::from(number) >= processor::count() {
        return NtStatus::INVALID_PARAMETER;
    }
    // SAFETY: by contract a DPC that has been initialised.
    unsafe { (*dpc).number = number.into() };
    NtStatus::SUCCESS
}

/// The call that a DPC stands for; `None` if the memory is none.
///
/// # Safety
///
/// `dpc` is memory of a `KDPC`'s size.
unsafe fn call_of(dpc: *mut Dpc) -> Option<DeferredCall> {
    // SAFETY: by contract.
    let kind = unsafe { (*dpc).kind };
    let level = match kind {
        DPC => Irql::DISPATCH,
        THREADED_DPC => Irql::PASSIVE,
        _ => return None,
    };
    let key = dpc.expose_provenance();
    // SAFETY: by contract; a DPC's routine does not change.
    let routine = unsafe { (*dpc).routine }?;
    // SAFETY: as above.
    let context = unsafe { (*dpc).context };
    Some(DeferredCall {
        key,
        routine,
        arguments: [key, context, 0, 0],
        name: "the DPC routine",
        dequeued: leave_queue,
        level,
    })
}

/// The DPC at this address is not queued any more.
fn leave_queue(key: usize) {
    let dpc = std::ptr::with_exposed_provenance_mut::<Dpc>(key);
    // SAFETY: memory with a queued DPC is not freed: `active_objects`.
    unsafe { (*dpc).queue = 0 };
    active_objects::remove(key);
}

/// Queues the DPC of a timer that has expired.
///
/// # Safety
///
/// `dpc` has been initialised.
pub(super) unsafe fn queue(dpc: usize) {
    // SAFETY: by contract.
    unsafe { KeInsertQueueDpc(std::ptr::with_exposed_provenance_mut(dpc), 0, 0) };
}
