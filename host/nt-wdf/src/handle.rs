//! Handles: how a driver names objects.
//!
//! A handle is no address. It carries the object's type and a serial number that is never given
//! again, so that a stale handle and one of another type are told apart, and it is no canonical
//! address, so that a driver that follows it faults.

use std::collections::{HashMap, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};

use super::object::Object;
use crate::kernel::stack::Stack;

macro_rules! kinds {
    ($($kind:ident = $name:literal,)*) => {
        /// The types of framework objects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Kind {
            $(#[doc = concat!("`", $name, "`.")] $kind,)*
        }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$kind),*];

            /// The type's name in the framework.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    Driver = "WDFDRIVER",
    Device = "WDFDEVICE",
    Queue = "WDFQUEUE",
    Request = "WDFREQUEST",
    File = "WDFFILEOBJECT",
    General = "WDFOBJECT",
    Memory = "WDFMEMORY",
    Lookaside = "WDFLOOKASIDE",
    String = "WDFSTRING",
    Collection = "WDFCOLLECTION",
    Key = "WDFKEY",
    WaitLock = "WDFWAITLOCK",
    SpinLock = "WDFSPINLOCK",
    Timer = "WDFTIMER",
    WorkItem = "WDFWORKITEM",
    Dpc = "WDFDPC",
    ResourceList = "WDFCMRESLIST",
    IoTarget = "WDFIOTARGET",
    MiniportDevice = "WDFDEVICE of a miniport",
}

/// A handle of the type that goes with `T`, as the driver passes it: possibly anything.
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

/// What a [`Handle`] to an object of no particular type goes with: `WDFOBJECT`.
pub(crate) struct Any;

/// In the top byte of every handle; makes it no canonical address.
const MARK: usize = 0x57;
const MARK_SHIFT: u32 = 56;
const KIND_SHIFT: u32 = 48;
/// The serial number's lowest bit: handles are multiples of 16, as those of Windows are of 4.
const SERIAL_SHIFT: u32 = 4;

static OBJECTS: LazyLock<RwLock<HashMap<usize, Arc<Object>>>> = LazyLock::new(RwLock::default);
static NEXT_SERIAL: AtomicUsize = AtomicUsize::new(1);

/// How many ends are remembered.
const ENDED_MAX: usize = 4_096;

/// The objects that ended last, and the calls that ended them.
static ENDED: Mutex<VecDeque<(usize, Stack)>> = Mutex::new(VecDeque::new());

/// The calls that ended the object whose stale handle this is, as far as that is remembered.
pub(crate) fn ended(handle: usize) -> Stack {
    let all = ENDED.lock();
    let found = all.iter().rev().find(|(known, _)| *known == handle);
    found.map_or_else(Stack::default, |(_, stack)| stack.clone())
}

/// A handle that no object ever had.
pub(crate) fn next(kind: Kind) -> usize {
    let serial = NEXT_SERIAL.fetch_add(1, Ordering::Relaxed);
    MARK << MARK_SHIFT | (kind as usize) << KIND_SHIFT | serial << SERIAL_SHIFT
}

/// The handle's place in the order of creation.
pub(crate) fn serial(handle: usize) -> usize {
    (handle & ((1 << KIND_SHIFT) - 1)) >> SERIAL_SHIFT
}

/// The type that `handle` claims to be of, if it looks like a handle at all.
pub(crate) fn kind_of(handle: usize) -> Option<Kind> {
    let kind = handle >> KIND_SHIFT & 0xFF;
    let was_given = serial(handle) < NEXT_SERIAL.load(Ordering::Relaxed);
    (handle >> MARK_SHIFT == MARK && was_given)
        .then(|| Kind::ALL.get(kind).copied())
        .flatten()
}

/// Makes `object` known by its handle.
pub(crate) fn register(object: Arc<Object>) {
    OBJECTS.write().insert(object.handle(), object);
}

/// Forgets the object. The handle is stale from now on.
pub(crate) fn unregister(handle: usize, ended: Stack) {
    let mut all = ENDED.lock();
    if all.len() == ENDED_MAX {
        all.pop_front();
    }
    all.push_back((handle, ended));
    drop(all);
    // Dropped after the lock: an object's drop may unregister others.
    let object = OBJECTS.write().remove(&handle);
    drop(object);
}

/// The object behind `handle`, of whatever type.
pub(crate) fn find(handle: usize) -> Option<Arc<Object>> {
    OBJECTS.read().get(&handle).cloned()
}
