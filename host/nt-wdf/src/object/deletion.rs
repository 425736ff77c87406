//! Deletion of objects: first the cleanup of the subtree, then the release of its references.

use std::sync::Arc;

use nt_io::system_work;
use nt_kernel::irql::{self, Irql};
use nt_kernel::resource_tracker;
use nt_kernel::stack::Stack;

use super::context::{ObjectCallback, ObjectContext};
use super::{Object, Phase, handle_table};
use crate::callback;
use crate::violation::Violation;

/// A subtree whose `EvtCleanup` callbacks have run; its references of creation remain.
#[must_use = "the references of creation are still there"]
pub(crate) struct Disposed {
    object: Arc<Object>,
    children: Vec<Disposed>,
}

impl Disposed {
    /// Releases the children, each subtree before its root.
    pub(crate) fn release_children(&mut self) {
        for child in self.children.drain(..) {
            child.release();
        }
    }

    /// Releases the whole subtree.
    pub(crate) fn release(mut self) {
        self.release_children();
        if let Some(parent) = self.object.parent() {
            let child = parent.node.lock().children.remove(&self.object.serial());
            drop(child);
        }
        dereference(&self.object);
    }
}

/// Deletes the object with all its children. Those that need `PASSIVE_LEVEL` are deleted by a
/// system thread if this thread is above.
pub(crate) fn delete(object: &Arc<Object>) {
    if object.is_passive() && irql::current() > Irql::PASSIVE {
        let object = object.clone();
        system_work::queue("deletion", move || delete_now(&object));
    } else {
        delete_now(object);
    }
}

fn delete_now(object: &Arc<Object>) {
    if let Some(disposed) = dispose(object) {
        disposed.release();
    }
}

/// The first half of a deletion: children first, in order of creation, each with its own stopping
/// work and `EvtCleanup`. `None` if another thread deletes the object already.
pub(crate) fn dispose(object: &Arc<Object>) -> Option<Disposed> {
    if !begin(object) {
        return None;
    }
    let children = object.children().iter().filter_map(dispose).collect();
    object.stop();
    run_callbacks(object, "EvtCleanupCallback", |context| context.cleanup);
    object.set_cleaned_up();
    Some(Disposed {
        object: object.clone(),
        children,
    })
}

fn begin(object: &Object) -> bool {
    let mut node = object.node.lock();
    let first = node.phase == Phase::Alive;
    if first {
        node.phase = Phase::Deleting;
        node.ended = Stack::capture();
    }
    first
}

/// Drops a reference; the last one destroys the object.
pub(crate) fn dereference(object: &Arc<Object>) {
    let mut node = object.node.lock();
    node.references -= 1;
    if node.references > 0 {
        return;
    }
    let phase = node.phase;
    node.phase = phase.max(Phase::Destroyed);
    drop(node);
    if phase != Phase::CleanedUp {
        object.violation(
            Violation::ObjectError,
            "its last reference was dropped, but it has not been deleted",
        );
    }
    if object.is_passive() && irql::current() > Irql::PASSIVE {
        let object = object.clone();
        system_work::queue("destruction", move || destroy(&object));
    } else {
        destroy(object);
    }
}

fn destroy(object: &Arc<Object>) {
    run_callbacks(object, "EvtDestroyCallback", |context| context.destroy);
    handle_table::unregister(object.handle(), object.ended());
    let contexts = std::mem::take(&mut object.node.lock().contexts);
    drop(contexts);
    // The resource tracker knows a request only if it outlived its completion.
    resource_tracker::release(object.kind().name(), object.handle());
}

fn run_callbacks(
    object: &Object,
    name: &str,
    pick: impl Fn(&ObjectContext) -> Option<ObjectCallback>,
) {
    let callbacks: Vec<_> = object
        .node
        .lock()
        .contexts
        .iter()
        .filter_map(pick)
        .collect();
    for function in callbacks {
        callback::run(name, object.handle(), || {
            // SAFETY: the driver gave this function for exactly this call, with this prototype.
            unsafe { function(object.handle()) }
        });
    }
}
