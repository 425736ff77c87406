//! Contexts: memory for the driver that lives as long as an object.

use std::ptr::NonNull;
use std::sync::LazyLock;

use nt_kernel::address_map::AddressMap;
use nt_kernel::pool;
use nt_types::status::NtStatus;
use parking_lot::RwLock;

use crate::pointer::In;

/// `EvtCleanupCallback` and `EvtDestroyCallback`.
pub(crate) type ObjectCallback = unsafe extern "win64" fn(object: usize);

/// `WDF_OBJECT_CONTEXT_TYPE_INFO` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ContextTypeInfo {
    pub(crate) size: u32,
    pub(crate) name: *const u8,
    pub(crate) context_size: usize,
    pub(crate) unique: In<ContextTypeInfo>,
    pub(crate) get_unique: usize,
}

const _: () = assert!(size_of::<ContextTypeInfo>() == 40);

/// A context that attributes ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextPlan {
    /// Bytes.
    pub(crate) size: usize,
    /// The address of the type record that stands for the type.
    pub(crate) unique: usize,
}

/// The handles of the objects that contexts belong to, by the contexts' addresses.
static OWNERS: LazyLock<RwLock<AddressMap<usize>>> = LazyLock::new(RwLock::default);

/// One context of an object, or only a pair of callbacks.
pub(crate) struct ObjectContext {
    memory: Option<ContextMemory>,
    /// The address of the type record; 0 if there is only the pair of callbacks.
    pub(super) unique: usize,
    pub(super) cleanup: Option<ObjectCallback>,
    pub(super) destroy: Option<ObjectCallback>,
}

impl ObjectContext {
    /// A context of the object `object` under the pool tag `tag`, or only its callbacks if there is no
    /// `plan`.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(super) fn new(
        object: usize,
        tag: u32,
        plan: Option<ContextPlan>,
        cleanup: Option<ObjectCallback>,
        destroy: Option<ObjectCallback>,
    ) -> Result<Self, NtStatus> {
        Ok(Self {
            memory: match plan {
                Some(plan) => Some(ContextMemory::new(object, tag, plan.size)?),
                None => None,
            },
            unique: plan.map_or(0, |plan| plan.unique),
            cleanup,
            destroy,
        })
    }

    /// Where its memory is; 0 if there is none.
    pub(super) fn address(&self) -> usize {
        self.memory
            .as_ref()
            .map_or(0, |memory| memory.start.addr().get())
    }
}

/// A context's memory, zeroed; freed with this value.
struct ContextMemory {
    start: NonNull<u8>,
    tag: u32,
}

// SAFETY: the memory belongs to the object; the framework itself only zeroes and frees it.
unsafe impl Send for ContextMemory {}

impl ContextMemory {
    fn new(object: usize, tag: u32, size: usize) -> Result<Self, NtStatus> {
        let size = size.max(1);
        let start = pool::allocate(true, size, tag).ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        // SAFETY: just allocated with this size.
        unsafe { start.write_bytes(0, size) };
        OWNERS.write().insert(start.addr().get(), object);
        Ok(Self { start, tag })
    }
}

impl Drop for ContextMemory {
    fn drop(&mut self) {
        OWNERS.write().remove(&self.start.addr().get());
        pool::free(self.start.addr().get(), Some(self.tag));
    }
}

/// The handle of the object that a context belongs to.
pub(crate) fn object_of_context(context: usize) -> Option<usize> {
    OWNERS.read().get(&context).copied()
}
