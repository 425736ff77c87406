//! Contexts: memory of the driver's that lives as long as an object.

use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::LazyLock;

use nt_types::status::NtStatus;
use parking_lot::RwLock;

use super::attributes::{Attributes, ContextType, ObjectAttributes, ObjectCallback};
use super::attributes::{ParentRule, Rules};
use super::call::Call;
use super::functions::functions;
use super::handle::{Any, Handle};
use super::object::Object;
use super::pointer::{In, Out};
use super::status;
use super::violation::{self, Violation};
use crate::kernel::pool;

functions! {
    ANY WdfObjectGetTypedContextWorker = get_typed(
        object: Handle<Any>, context_type: In<ContextType>) -> usize;
    DISPATCH WdfObjectAllocateContext = allocate(
        object: Handle<Any>, attributes: In<ObjectAttributes>, context: Out<usize>) -> NtStatus;
    ANY WdfObjectContextGetObject = get_object(context: usize) -> Handle<Any>;
}

/// The pool tag of contexts: `WdfC`.
const TAG: u32 = u32::from_le_bytes(*b"WdfC");

/// The objects that contexts belong to, by the contexts' addresses.
static OWNERS: LazyLock<RwLock<HashMap<usize, usize>>> = LazyLock::new(RwLock::default);

/// One context of an object, or only a pair of callbacks.
pub(crate) struct Context {
    memory: Option<Memory>,
    /// The address of the type record; 0 if there is only the pair of callbacks.
    unique: usize,
    pub(super) cleanup: Option<ObjectCallback>,
    pub(super) destroy: Option<ObjectCallback>,
}

impl Context {
    /// The contexts that an object begins its life with.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(super) fn first(object: usize, attributes: &Attributes) -> Result<Vec<Self>, NtStatus> {
        let callbacks = attributes.cleanup.is_some() || attributes.destroy.is_some();
        if attributes.context.is_none() && !callbacks {
            return Ok(Vec::new());
        }
        Self::new(object, attributes).map(|context| vec![context])
    }

    fn new(object: usize, attributes: &Attributes) -> Result<Self, NtStatus> {
        let plan = attributes.context;
        Ok(Self {
            memory: match plan {
                Some(plan) => Some(Memory::new(object, plan.size)?),
                None => None,
            },
            unique: plan.map_or(0, |plan| plan.unique),
            cleanup: attributes.cleanup,
            destroy: attributes.destroy,
        })
    }

    fn address(&self) -> usize {
        self.memory
            .as_ref()
            .map_or(0, |memory| memory.0.addr().get())
    }
}

/// A context's memory, zeroed; freed with this value.
struct Memory(NonNull<u8>);

// SAFETY: the memory belongs to the object; the framework itself only zeroes and frees it.
unsafe impl Send for Memory {}

impl Memory {
    fn new(object: usize, size: usize) -> Result<Self, NtStatus> {
        let size = size.max(1);
        let memory = pool::allocate(true, size, TAG).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        // SAFETY: just allocated with this size.
        unsafe { memory.write_bytes(0, size) };
        OWNERS.write().insert(memory.addr().get(), object);
        Ok(Self(memory))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        OWNERS.write().remove(&self.0.addr().get());
        pool::free(self.0.addr().get(), Some(TAG));
    }
}

impl Object {
    /// The address of the context of the type that `unique` stands for, or 0.
    fn context(&self, unique: usize) -> usize {
        let node = self.node.lock();
        let found = node
            .contexts
            .iter()
            .find(|context| context.unique == unique);
        found.map_or(0, Context::address)
    }

    /// The address of the first context, or 0: a device's `DeviceExtension`.
    pub(crate) fn first_context(&self) -> usize {
        self.node
            .lock()
            .contexts
            .first()
            .map_or(0, Context::address)
    }
}

fn get_typed(call: &Call, object: Handle<Any>, context_type: In<ContextType>) -> usize {
    let object = call.remains(object, "Handle");
    let record = context_type.required(call, "TypeInfo");
    let unique = match record.unique.address() {
        0 => context_type.address(),
        unique => unique,
    };
    object.context(unique)
}

fn allocate(
    call: &Call,
    object: Handle<Any>,
    attributes: In<ObjectAttributes>,
    context: Out<usize>,
) -> NtStatus {
    status::from_result(try_allocate(call, object, attributes, context))
}

fn try_allocate(
    call: &Call,
    object: Handle<Any>,
    attributes: In<ObjectAttributes>,
    out: Out<usize>,
) -> Result<(), NtStatus> {
    let object = call.any_object(object, "Handle");
    attributes.required(call, "ContextAttributes");
    let attributes = attributes.check(call, Rules::plain(ParentRule::Forbidden))?;
    let plan = attributes.context.ok_or(status::OBJECT_NAME_INVALID)?;
    let existing = object.context(plan.unique);
    if existing != 0 {
        out.set(existing);
        return Err(status::OBJECT_NAME_EXISTS);
    }
    if object.is_deleting() {
        return Err(status::DELETE_PENDING);
    }
    let context = Context::new(object.handle(), &attributes)?;
    out.set(context.address());
    object.node.lock().contexts.push(context);
    Ok(())
}

fn get_object(call: &Call, context: usize) -> Handle<Any> {
    let owner = OWNERS.read().get(&context).copied();
    let Some(owner) = owner else {
        violation::stop(
            Violation::InvalidHandle,
            context,
            0,
            format!(
                "{}: {context:#x} is not the beginning of a context",
                call.function
            ),
        );
    };
    Handle::new(owner)
}
