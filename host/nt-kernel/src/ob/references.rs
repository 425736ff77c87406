//! `ObReferenceObject`: references that keep an object of the kernel's after its deletion.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::bugcheck::{BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::on_windows::{self, Rule};
use crate::{resource_tracker, thread};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ObReferenceObjectByPointer,
        ObfDereferenceObject,
        ObfReferenceObject
    ]
}

/// What the resource tracker calls a reference.
const TRACKED_KIND: &str = "object reference";

/// What keeps an object's memory.
type Kept = Arc<dyn Any + Send + Sync>;

/// The references to one object.
struct References {
    count: isize,
    _kept: Option<Kept>,
}

static REFERENCES: LazyLock<Mutex<HashMap<usize, References>>> = LazyLock::new(Mutex::default);
/// Finds what keeps an object that another crate manages.
static FINDER: OnceLock<fn(usize) -> Option<Kept>> = OnceLock::new();

/// From now on references keep the objects that `find` finds by their addresses, too. Only the first
/// call has an effect.
pub fn find_with(find: fn(usize) -> Option<Kept>) {
    // There is one I/O manager.
    let _ = FINDER.set(find);
}

/// Adds a reference, and gives their number, with the one that every object has at first.
#[expect(
    clippy::must_use_candidate,
    reason = "most callers do not return the number"
)]
pub fn add(object: usize) -> isize {
    add_of(object, || find(object))
}

/// As [`add`]; `kept` is what keeps the object.
pub(crate) fn add_of(object: usize, kept: impl FnOnce() -> Option<Kept>) -> isize {
    let mut references = REFERENCES.lock();
    let known = references.entry(object).or_insert_with(|| {
        resource_tracker::record(TRACKED_KIND, object, "the first of them");
        References {
            count: 1,
            _kept: kept(),
        }
    });
    known.count += 1;
    known.count
}

/// What keeps the object at this address, of those that the host knows.
pub(super) fn find(object: usize) -> Option<Kept> {
    let thread = thread::at(object).map(|thread| thread as Kept);
    thread.or_else(|| FINDER.get()?(object))
}

/// Up to `DISPATCH_LEVEL`.
pub(super) extern "win64" fn ObfReferenceObject(object: usize) -> isize {
    irql::require_at_most("ObReferenceObject", Irql::DISPATCH);
    add(object)
}

/// Up to `DISPATCH_LEVEL`.
pub(super) extern "win64" fn ObReferenceObjectByPointer(
    object: usize,
    _access: u32,
    _kind: usize,
    _mode: i8,
) -> NtStatus {
    irql::require_at_most("ObReferenceObjectByPointer", Irql::DISPATCH);
    add(object);
    NtStatus::SUCCESS
}

/// Up to `DISPATCH_LEVEL`.
pub(super) extern "win64" fn ObfDereferenceObject(object: usize) -> isize {
    irql::require_at_most("ObDereferenceObject", Irql::DISPATCH);
    let mut references = REFERENCES.lock();
    let Some(known) = references.get_mut(&object) else {
        drop(references);
        report_no_reference(object);
        return 0;
    };
    known.count -= 1;
    let count = known.count;
    let gone = if count == 1 {
        resource_tracker::release(TRACKED_KIND, object);
        references.remove(&object)
    } else {
        None
    };
    drop(references);
    drop(gone);
    count
}

fn report_no_reference(object: usize) {
    const RULE: Rule = Rule::named("handles::a_reference_is_returned_that_was_not_taken");
    /// Driver Verifier's number for an object whose count of references is zero.
    const NO_REFERENCE: u64 = 0x3F;
    let report = BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [NO_REFERENCE, object as u64, 0, 0],
        rule: "ObDereferenceObject was called for an object without a reference of the driver's"
            .to_owned(),
    };
    on_windows::broken(RULE, report);
}
