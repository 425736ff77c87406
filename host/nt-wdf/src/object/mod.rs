//! Framework objects: a type, contexts, references, a place in the tree.
//!
//! This folder knows nothing of what each type does: a type implements [`Body`].

mod attributes;
mod context;
mod creation;
pub(crate) mod deletion;
pub(crate) mod handle_table;
mod lookup;
mod scope;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use nt_kernel::on_windows::Rule;
use nt_kernel::stack::Stack;
use parking_lot::Mutex;

use crate::driver_binding::DriverBinding;
use crate::handle::{self, Handle, Kind};
use crate::violation::{self, Violation};
pub(crate) use attributes::{Attributes, ObjectAttributes, ParentRule, Rules};
use context::ObjectContext;
pub(crate) use context::{ContextTypeInfo, object_of_context};
pub(crate) use creation::{ObjectPlan, driver_of};
pub(crate) use deletion::Disposed;
pub(crate) use scope::{ExecutionLevel, Scope};

/// What makes an object one of its type.
pub(crate) trait Body: Any + Send + Sync {
    /// The type.
    const KIND: Kind;

    /// What marks the type's handles.
    type Tag;

    /// Whether the object is only ever disposed of at `PASSIVE_LEVEL`.
    const PASSIVE: bool = false;

    /// Stops the object's own activity (a timer, a work item); called once, before its
    /// `EvtCleanup`. May wait.
    fn stop(this: &Ref<Self>)
    where
        Self: Sized,
    {
        let _ = this;
    }
}

/// A type of handles whose objects have a [`Body`].
pub(crate) trait HandleTag {
    /// The body of the objects.
    type Body: Body;
}

/// The phase of an object's deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It has not begun.
    Alive,
    /// No more children and contexts; the children are being disposed of.
    Deleting,
    /// `EvtCleanup` has run: only references keep the object.
    CleanedUp,
    /// `EvtDestroy` has run.
    Destroyed,
}

/// The state of an object.
struct Node {
    phase: Phase,
    references: u32,
    parent: Weak<Object>,
    /// By serial number, so in the order of creation.
    children: BTreeMap<usize, Arc<Object>>,
    contexts: Vec<ObjectContext>,
    /// The calls that ended it, once something has.
    ended: Stack,
    /// The calls that added the latest reference.
    referenced: Stack,
}

/// A framework object.
pub(crate) struct Object {
    handle: usize,
    kind: Kind,
    binding: &'static DriverBinding,
    level: ExecutionLevel,
    scope: Scope,
    passive: bool,
    body: Box<dyn Any + Send + Sync>,
    stop: fn(&Arc<Object>),
    /// True from [`Phase::CleanedUp`] on: each use of a handle asks, without a lock.
    cleaned_up: AtomicBool,
    node: Mutex<Node>,
}

impl Object {
    /// The handle's value.
    #[inline]
    pub(crate) fn handle(&self) -> usize {
        self.handle
    }

    /// The object's place in the order of creation.
    pub(crate) fn serial(&self) -> usize {
        handle::serial(self.handle)
    }

    /// The object's type.
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The driver that the object was created for.
    pub(crate) fn binding(&self) -> &'static DriverBinding {
        self.binding
    }

    /// The IRQL of its callbacks.
    pub(crate) fn level(&self) -> ExecutionLevel {
        self.level
    }

    /// Which callbacks exclude its callbacks.
    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether it is only ever disposed of at `PASSIVE_LEVEL`.
    pub(super) fn is_passive(&self) -> bool {
        self.passive
    }

    /// Runs the own stopping work of its type.
    pub(super) fn stop(self: &Arc<Self>) {
        (self.stop)(self);
    }

    /// Whether the object's deletion has begun.
    pub(crate) fn is_deleting(&self) -> bool {
        self.node.lock().phase != Phase::Alive
    }

    /// The calls that added the latest reference.
    pub(crate) fn referenced(&self) -> Stack {
        self.node.lock().referenced.clone()
    }

    /// The calls that deleted or completed it.
    pub(crate) fn ended(&self) -> Stack {
        self.node.lock().ended.clone()
    }

    /// Whether the object's `EvtCleanup` has run.
    #[inline]
    pub(crate) fn is_cleaned_up(&self) -> bool {
        self.cleaned_up.load(Ordering::SeqCst)
    }

    /// The object's `EvtCleanup` has run.
    fn set_cleaned_up(&self) {
        self.node.lock().phase = Phase::CleanedUp;
        self.cleaned_up.store(true, Ordering::SeqCst);
    }

    /// The parent, if there is one and it still exists.
    pub(crate) fn parent(&self) -> Option<Arc<Self>> {
        self.node.lock().parent.upgrade()
    }

    /// The nearest object of type `T` on the way from this one to the root, itself included.
    pub(crate) fn nearest<T: Body>(self: &Arc<Self>) -> Option<Ref<T>> {
        let mut next = Some(self.clone());
        while let Some(object) = next {
            if object.kind == T::KIND {
                return Some(Ref::new(object));
            }
            next = object.parent();
        }
        None
    }

    /// How many references there are besides the one of creation.
    pub(crate) fn extra_references(&self) -> u32 {
        self.node.lock().references.saturating_sub(1)
    }

    /// Adds a reference.
    pub(crate) fn reference(&self) {
        let mut node = self.node.lock();
        node.references += 1;
        node.referenced = Stack::capture();
    }

    /// Removes the cleanup and destroy callbacks: the driver has never received the object.
    pub(crate) fn silence(&self) {
        for context in &mut self.node.lock().contexts {
            context.cleanup = None;
            context.destroy = None;
        }
    }

    /// The children, in order of creation.
    pub(crate) fn children(&self) -> Vec<Arc<Self>> {
        self.node.lock().children.values().cloned().collect()
    }

    /// The address of the context of the type that `unique` stands for, or 0.
    pub(crate) fn context(&self, unique: usize) -> usize {
        let node = self.node.lock();
        let mut contexts = node.contexts.iter();
        let found = contexts.find(|context| context.unique == unique);
        found.map_or(0, ObjectContext::address)
    }

    /// The address of the first context, or 0: a device's `DeviceExtension`.
    pub(crate) fn first_context(&self) -> usize {
        let node = self.node.lock();
        node.contexts.first().map_or(0, ObjectContext::address)
    }

    /// Stops the host because `function` must not be used with this object as it is.
    pub(crate) fn violation(&self, violation: Violation, rule: &str) -> ! {
        violation::stop(
            violation,
            self.handle,
            0,
            format!("{} {:#x}: {rule}", self.kind.name(), self.handle),
        )
    }

    /// As [`Object::violation`], for a rule after which Windows may go on: see [`violation::broken`].
    pub(crate) fn broken(&self, rule: Rule, violation: Violation, words: &str) {
        let words = format!("{} {:#x}: {words}", self.kind.name(), self.handle);
        violation::broken(rule, violation, self.handle, words);
    }
}

/// An object of a known type, kept in memory (not alive) by this value.
///
/// # Invariants
///
/// `body` is the body of `object`, which has the same one until its memory is freed.
pub(crate) struct Ref<T> {
    object: Arc<Object>,
    body: NonNull<T>,
}

// SAFETY: the value is a shared reference to a body, which threads may share.
unsafe impl<T: Send + Sync> Send for Ref<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Ref<T> {}

impl<T: Body> Ref<T> {
    /// `object` is one of type `T`.
    #[inline]
    pub(crate) fn new(object: Arc<Object>) -> Self {
        let body = object.body.downcast_ref().expect("an object of this type");
        Self {
            body: NonNull::from(body),
            object,
        }
    }

    /// The object.
    pub(crate) fn object(&self) -> &Arc<Object> {
        &self.object
    }

    /// Its handle.
    pub(crate) fn handle(&self) -> Handle<T::Tag> {
        Handle::new(self.object.handle)
    }

    /// Its handle's value.
    pub(crate) fn value(&self) -> usize {
        self.object.handle
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self {
            object: self.object.clone(),
            body: self.body,
        }
    }
}

impl<T: Body> Deref for Ref<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the body of an object that this value keeps in memory, by the type's invariant.
        unsafe { self.body.as_ref() }
    }
}
