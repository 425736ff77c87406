//! Handles: how a driver names framework objects.
//!
//! A handle is not an address. It carries the object's type and a serial number that is never used
//! again, so a stale handle and a handle of another type are both recognized. It is not a canonical
//! address either, so a driver that dereferences it faults.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

macro_rules! kinds {
    ($($kind:ident = $name:literal, $alias:ident;)*) => {
        /// The types of framework objects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Kind {
            $(#[doc = concat!("`", $name, "`.")] $kind,)*
        }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$kind),*];

            /// The names of all types.
            pub(crate) fn names() -> impl Iterator<Item = &'static str> {
                Self::ALL.iter().map(|kind| kind.name())
            }

            /// The type's name in the framework.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        /// One empty type for each handle type, as the framework's headers declare them.
        pub(crate) mod tag {
            $(
                #[doc = concat!("Marks a `", $name, "`.")]
                pub(crate) enum $kind {}
            )*
        }

        $(
            #[doc = concat!("`", $name, "`.")]
            pub(crate) type $alias = Handle<tag::$kind>;
        )*
    };
}

kinds! {
    Driver = "WDFDRIVER", WdfDriver;
    Device = "WDFDEVICE", WdfDevice;
    Queue = "WDFQUEUE", WdfQueue;
    Request = "WDFREQUEST", WdfRequest;
    File = "WDFFILEOBJECT", WdfFileObject;
    Object = "WDFOBJECT", WdfObject;
    Memory = "WDFMEMORY", WdfMemory;
    Lookaside = "WDFLOOKASIDE", WdfLookaside;
    String = "WDFSTRING", WdfString;
    Collection = "WDFCOLLECTION", WdfCollection;
    Key = "WDFKEY", WdfKey;
    WaitLock = "WDFWAITLOCK", WdfWaitLock;
    SpinLock = "WDFSPINLOCK", WdfSpinLock;
    Timer = "WDFTIMER", WdfTimer;
    WorkItem = "WDFWORKITEM", WdfWorkItem;
    Dpc = "WDFDPC", WdfDpc;
    ResourceList = "WDFCMRESLIST", WdfResourceList;
    IoTarget = "WDFIOTARGET", WdfIoTarget;
    MiniportDevice = "WDFDEVICE of a miniport", WdfMiniportDevice;
}

/// A handle that the driver passes as one of the type `T`; its value may be anything. A
/// [`WdfObject`] may belong to an object of any type.
#[repr(transparent)]
pub(crate) struct Handle<T>(pub(crate) usize, PhantomData<fn() -> T>);

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> Handle<T> {
    /// No handle.
    pub(crate) const NULL: Self = Self::new(0);

    /// The handle with this value.
    pub(crate) const fn new(value: usize) -> Self {
        Self(value, PhantomData)
    }
}

/// The top byte of every handle, which makes the handle a non-canonical address.
const MARK: usize = 0x57;
const MARK_SHIFT: u32 = 56;
const KIND_SHIFT: u32 = 48;
/// The serial number's lowest bit: handles are multiples of 16, as those of Windows are of 4.
const SERIAL_SHIFT: u32 = 4;

static NEXT_SERIAL: AtomicUsize = AtomicUsize::new(1);

/// A handle value that no object has had.
pub(crate) fn next(kind: Kind) -> usize {
    let serial = NEXT_SERIAL.fetch_add(1, Ordering::Relaxed);
    MARK << MARK_SHIFT | (kind as usize) << KIND_SHIFT | serial << SERIAL_SHIFT
}

/// The handle's place in the order of creation.
pub(crate) fn serial(handle: usize) -> usize {
    (handle & ((1 << KIND_SHIFT) - 1)) >> SERIAL_SHIFT
}

/// The type that `handle` carries; `None` if it is not a handle that was ever given out.
pub(crate) fn kind_of(handle: usize) -> Option<Kind> {
    let kind = handle >> KIND_SHIFT & 0xFF;
    let was_given = serial(handle) < NEXT_SERIAL.load(Ordering::Relaxed);
    (handle >> MARK_SHIFT == MARK && was_given)
        .then(|| Kind::ALL.get(kind).copied())
        .flatten()
}
