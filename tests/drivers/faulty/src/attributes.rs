//! Structures that begin with their own size.

use wdk_sys::{ULONG, WDF_OBJECT_ATTRIBUTES, WDFOBJECT};

/// The size that a structure says of itself.
#[expect(clippy::cast_possible_truncation, reason = "structures are small")]
pub(crate) const fn size_of_u32<T>() -> ULONG {
    size_of::<T>() as ULONG
}

/// `WDF_OBJECT_ATTRIBUTES_INIT`.
pub(crate) fn plain() -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        Size: size_of_u32::<WDF_OBJECT_ATTRIBUTES>(),
        ExecutionLevel: 1,
        SynchronizationScope: 1,
        ..WDF_OBJECT_ATTRIBUTES::default()
    }
}

/// As [`plain`], below `parent`.
pub(crate) fn below(parent: WDFOBJECT) -> WDF_OBJECT_ATTRIBUTES {
    WDF_OBJECT_ATTRIBUTES {
        ParentObject: parent,
        ..plain()
    }
}
