//! Context space: memory of ours that lives as long as a framework object.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use wdk_sys::{
    WDF_OBJECT_ATTRIBUTES, WDF_OBJECT_CONTEXT_TYPE_INFO, WDFOBJECT,
    call_unsafe_wdf_function_binding,
};

use super::structure_size;

/// The type of a context, which the framework knows by the address of this record
/// (`WDF_DECLARE_CONTEXT_TYPE` makes one in C).
#[repr(transparent)]
pub(crate) struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: the record and the data that it points to are constants.
unsafe impl Sync for ContextType {}

impl ContextType {
    /// The context type of `T`; `this` is the static that it is assigned to.
    pub(crate) const fn of<T>(name: &'static CStr, this: &'static Self) -> Self {
        Self(WDF_OBJECT_CONTEXT_TYPE_INFO {
            Size: structure_size::<WDF_OBJECT_CONTEXT_TYPE_INFO>(),
            ContextName: name.as_ptr(),
            ContextSize: size_of::<T>(),
            UniqueType: (&raw const *this).cast(),
            EvtDriverGetUniqueContextType: None,
        })
    }

    /// Asks in `attributes` for a context of this type.
    pub(super) fn request(&'static self, attributes: &mut WDF_OBJECT_ATTRIBUTES) {
        attributes.ContextTypeInfo = &raw const self.0;
    }

    /// Where the context of this type is in `object`; `None` if it has none.
    ///
    /// # Safety
    ///
    /// `object` is a live framework object.
    pub(super) unsafe fn find<T>(
        &'static self,
        object: WDFOBJECT,
    ) -> Option<NonNull<MaybeUninit<T>>> {
        // SAFETY: the object is live (the caller's promise), and the record is a static.
        let context = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfObjectGetTypedContextWorker,
                object,
                &raw const self.0,
            )
        };
        NonNull::new(context.cast())
    }
}
