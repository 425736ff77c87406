//! Framework objects: a type, contexts, references, a place in the tree.

use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::attributes::{Attributes, ExecutionLevel, Scope};
use super::binding::Binding;
use super::context::Context;
use super::handle::{self, Handle, Kind};
use super::status;
use super::violation::{self, Violation};
use crate::kernel::resource_tracker;
use crate::kernel::stack::Stack;

/// What makes an object one of its type.
pub(crate) trait Body: Any + Send + Sync {
    /// The type.
    const KIND: Kind;

    /// Whether the object is only ever disposed of at `PASSIVE_LEVEL`.
    const PASSIVE: bool = false;

    /// Stops what the object does by itself; called once, before its `EvtCleanup`. May wait.
    fn stop(this: &Ref<Self>)
    where
        Self: Sized,
    {
        let _ = this;
    }
}

/// How far an object's deletion has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It has not begun.
    Alive,
    /// No more children and contexts; the children are being disposed of.
    Deleting,
    /// `EvtCleanup` has run: only references keep the object.
    CleanedUp,
    /// `EvtDestroy` has run.
    Destroyed,
}

/// What changes in an object's life.
pub(super) struct Node {
    pub(super) phase: Phase,
    pub(super) references: u32,
    pub(super) parent: Weak<Object>,
    /// By serial number, so in the order of creation.
    pub(super) children: BTreeMap<usize, Arc<Object>>,
    pub(super) contexts: Vec<Context>,
    /// The calls that ended it, once something has.
    pub(super) ended: Stack,
    /// The calls that added the latest reference.
    referenced: Stack,
}

/// A framework object.
pub(crate) struct Object {
    handle: usize,
    kind: Kind,
    binding: Arc<Binding>,
    level: ExecutionLevel,
    scope: Scope,
    passive: bool,
    body: Box<dyn Any + Send + Sync>,
    stop: fn(&Arc<Object>),
    pub(super) node: Mutex<Node>,
}

/// Where an object is to be put.
pub(crate) struct Plan {
    /// `None` for the root of a tree, a driver.
    pub(crate) parent: Option<Arc<Object>>,
    pub(crate) attributes: Attributes,
}

impl Plan {
    /// Below the parent in the attributes, or else `parent`.
    pub(crate) fn below(parent: &Arc<Object>, attributes: Attributes) -> Self {
        Self {
            parent: Some(attributes.parent.clone().unwrap_or_else(|| parent.clone())),
            attributes,
        }
    }
}

impl Object {
    /// Creates an object. Its creation reference belongs to its place in the tree.
    ///
    /// # Errors
    ///
    /// No memory for its context, or the parent is being deleted. Nothing is left then.
    pub(crate) fn create<T: Body>(
        binding: &Arc<Binding>,
        plan: Plan,
        body: T,
    ) -> Result<Ref<T>, NtStatus> {
        let Plan { parent, attributes } = plan;
        let handle = handle::next(T::KIND);
        let contexts = Context::first(handle, &attributes)?;
        let inherited = parent
            .as_ref()
            .map_or((ExecutionLevel::Dispatch, Scope::None), |parent| {
                (parent.level, parent.scope)
            });
        let level = attributes.level.unwrap_or(inherited.0);
        let object = Arc::new(Self {
            handle,
            kind: T::KIND,
            binding: binding.clone(),
            level,
            scope: attributes.scope.unwrap_or(inherited.1),
            passive: T::PASSIVE || attributes.level == Some(ExecutionLevel::Passive),
            body: Box::new(body),
            stop: |object| T::stop(&Ref::new(object.clone())),
            node: Mutex::new(Node {
                phase: Phase::Alive,
                references: 1,
                parent: parent.as_ref().map_or_else(Weak::new, Arc::downgrade),
                children: BTreeMap::new(),
                contexts,
                ended: Stack::default(),
                referenced: Stack::default(),
            }),
        });
        if let Some(parent) = parent {
            parent.adopt(&object)?;
        }
        handle::register(object.clone());
        if T::KIND != Kind::Request {
            // Requests come and go with their IRPs, which the I/O manager accounts for.
            resource_tracker::record(T::KIND.name(), handle, format!("created for {binding}"));
        }
        Ok(Ref::new(object))
    }

    fn adopt(&self, child: &Arc<Self>) -> Result<(), NtStatus> {
        let mut node = self.node.lock();
        if node.phase != Phase::Alive {
            return Err(status::DELETE_PENDING);
        }
        node.children.insert(child.serial(), child.clone());
        Ok(())
    }

    /// The handle's value.
    pub(crate) fn handle(&self) -> usize {
        self.handle
    }

    /// The object's place in the order of creation.
    pub(super) fn serial(&self) -> usize {
        handle::serial(self.handle)
    }

    /// The object's type.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The driver that the object was created for.
    pub(crate) fn binding(&self) -> &Arc<Binding> {
        &self.binding
    }

    /// At which IRQL its callbacks come.
    pub(crate) fn level(&self) -> ExecutionLevel {
        self.level
    }

    /// Which callbacks keep out of its callbacks' way.
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
    pub(crate) fn is_cleaned_up(&self) -> bool {
        self.node.lock().phase >= Phase::CleanedUp
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

    /// Forgets the callbacks: the driver has never seen the object and is not told of its end.
    pub(crate) fn silence(&self) {
        for context in &mut self.node.lock().contexts {
            context.cleanup = None;
            context.destroy = None;
        }
    }

    /// The children, in order of creation.
    pub(super) fn children(&self) -> Vec<Arc<Self>> {
        self.node.lock().children.values().cloned().collect()
    }

    /// Stops the machine because `function` must not be used with this object as it is.
    pub(crate) fn violation(&self, violation: Violation, rule: &str) -> ! {
        violation::stop(
            violation,
            self.handle,
            0,
            format!("{} {:#x}: {rule}", self.kind.name(), self.handle),
        )
    }
}

/// An object of a known type, kept in memory (not alive) by this value.
pub(crate) struct Ref<T> {
    object: Arc<Object>,
    body: PhantomData<fn() -> T>,
}

impl<T: Body> Ref<T> {
    /// `object` is one of type `T`.
    pub(super) fn new(object: Arc<Object>) -> Self {
        assert_eq!(object.kind, T::KIND, "an object of another type");
        Self {
            object,
            body: PhantomData,
        }
    }

    /// The object.
    pub(crate) fn object(&self) -> &Arc<Object> {
        &self.object
    }

    /// Its handle.
    pub(crate) fn handle(&self) -> Handle<T> {
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
            body: PhantomData,
        }
    }
}

impl<T: Body> Deref for Ref<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.object
            .body
            .downcast_ref()
            .expect("the type was looked at when the reference was made")
    }
}
