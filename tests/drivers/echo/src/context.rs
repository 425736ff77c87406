//! Rust values as the contexts of framework objects.

use core::ffi::CStr;

use wdk_sys::{
    _WDF_EXECUTION_LEVEL, _WDF_SYNCHRONIZATION_SCOPE, PCWDF_OBJECT_CONTEXT_TYPE_INFO, ULONG,
    WDF_OBJECT_ATTRIBUTES, WDF_OBJECT_CONTEXT_TYPE_INFO, WDFOBJECT,
    call_unsafe_wdf_function_binding,
};

/// The framework identifies a context type by the address of this record.
#[repr(transparent)]
pub(crate) struct ContextType(WDF_OBJECT_CONTEXT_TYPE_INFO);

// SAFETY: it is never written.
unsafe impl Sync for ContextType {}

impl ContextType {
    /// The record of `T`, which is to be put into the static `place`.
    pub(crate) const fn of<T>(name: &'static CStr, place: *const Self) -> Self {
        Self(WDF_OBJECT_CONTEXT_TYPE_INFO {
            Size: size_of::<WDF_OBJECT_CONTEXT_TYPE_INFO>() as ULONG,
            ContextName: name.as_ptr(),
            ContextSize: size_of::<T>(),
            UniqueType: place.cast(),
            EvtDriverGetUniqueContextType: None,
        })
    }

    fn as_ptr(&'static self) -> PCWDF_OBJECT_CONTEXT_TYPE_INFO {
        &raw const self.0
    }
}

/// Attributes that leave everything to the framework.
pub(crate) fn attributes() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        Size: size_of::<WDF_OBJECT_ATTRIBUTES>() as ULONG,
        ExecutionLevel: _WDF_EXECUTION_LEVEL::WdfExecutionLevelInheritFromParent,
        SynchronizationScope: _WDF_SYNCHRONIZATION_SCOPE::WdfSynchronizationScopeInheritFromParent,
        ..WDF_OBJECT_ATTRIBUTES::default()
    }
}

/// Attributes for an object below `parent`.
pub(crate) fn below(parent: WDFOBJECT) -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        ParentObject: parent,
        ..attributes()
    }
}

/// A type whose values live in the contexts of framework objects.
pub(crate) trait Context: Sized + 'static {
    /// The record of this type.
    const TYPE: &'static ContextType;

    /// Attributes for an object with a context for a value, which is dropped when the object is
    /// deleted.
    fn attributes() -> WDF_OBJECT_ATTRIBUTES {
        WDF_OBJECT_ATTRIBUTES {
            ContextTypeInfo: Self::TYPE.as_ptr(),
            EvtDestroyCallback: Some(drop_context::<Self>),
            ..attributes()
        }
    }

    /// Puts a value into an object that was made just now with [`Context::attributes`].
    ///
    /// # Safety
    ///
    /// The object was made so, no other code has its handle yet, and this is done once.
    unsafe fn put(self, object: WDFOBJECT) {
        let place = Self::place(object);
        // SAFETY: the framework has made room for a value of this type, aligned as all pool is.
        unsafe { place.write(self) };
    }

    /// Where the object's value is.
    fn place(object: WDFOBJECT) -> *mut Self {
        // SAFETY: the handle is one that the framework gave us; for an object without such a
        // context the result is NULL.
        let context = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfObjectGetTypedContextWorker,
                object,
                Self::TYPE.as_ptr(),
            )
        };
        context.cast()
    }
}

/// `EvtDestroyCallback`.
extern "C" fn drop_context<T: Context>(object: WDFOBJECT) {
    // SAFETY: the value was put there when the object was made, and no other code has its handle now.
    unsafe { T::place(object).drop_in_place() };
}
