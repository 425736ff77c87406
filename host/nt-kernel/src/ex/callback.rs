//! Callback objects: routines of drivers that a driver, or the system, notifies.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::ob::attributes::OpenAttributes;
use crate::ob::references;
use crate::{callback_guard, fault, resource_tracker, unimplemented};

/// What the resource tracker calls a registered routine.
const TRACKED_KIND: &str = "callback registration";
/// The objects that the system creates.
const OF_THE_SYSTEM: [&str; 3] = [
    r"\Callback\PowerState",
    r"\Callback\ProcessorAdd",
    r"\Callback\SetSystemTime",
];
/// What the handles of registrations have in common.
const REGISTRATIONS: usize = 0xFFFF_CB00_0000_0000;

/// A routine: context, two arguments.
type Routine = unsafe extern "win64" fn(usize, usize, usize);

/// A callback object.
struct CallbackObject {
    name: String,
    /// Whether it takes more than one routine.
    allows_multiple: bool,
    address: usize,
}

/// A routine that is registered.
#[derive(Clone, Copy)]
struct Registration {
    object: usize,
    routine: Routine,
    context: usize,
    /// How many threads are in it.
    running: usize,
}

/// All objects and registrations.
struct Callbacks {
    /// By their addresses.
    objects: BTreeMap<usize, Arc<CallbackObject>>,
    /// By their handles, in the order of registration.
    registrations: BTreeMap<usize, Registration>,
    created: usize,
    registered: usize,
}

static CALLBACKS: LazyLock<Mutex<Callbacks>> = LazyLock::new(|| {
    let mut callbacks = Callbacks {
        objects: BTreeMap::new(),
        registrations: BTreeMap::new(),
        created: 0,
        registered: 0,
    };
    for name in OF_THE_SYSTEM {
        callbacks.create(name.to_owned(), true);
    }
    Mutex::new(callbacks)
});
static RETURNED: parking_lot::Condvar = parking_lot::Condvar::new();

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ExCreateCallback,
        ExNotifyCallback,
        ExRegisterCallback,
        ExUnregisterCallback,
    ]
}

impl Callbacks {
    fn create(&mut self, name: String, allows_multiple: bool) -> Arc<CallbackObject> {
        self.created += 1;
        let address = unimplemented::data(format!("the callback object {} {name}", self.created));
        let object = Arc::new(CallbackObject {
            name,
            allows_multiple,
            address,
        });
        self.objects.insert(address, Arc::clone(&object));
        object
    }

    /// The object with this name; an object without one is found by no name.
    fn named(&self, name: &str) -> Option<Arc<CallbackObject>> {
        let mut objects = self.objects.values();
        let found = objects.find(|object| object.name.eq_ignore_ascii_case(name));
        found.filter(|_| !name.is_empty()).cloned()
    }

    /// The registrations with this object, by their handles.
    fn of(&self, object: usize) -> Vec<(usize, Registration)> {
        let all = self
            .registrations
            .iter()
            .map(|(handle, known)| (*handle, *known));
        all.filter(|(_, known)| known.object == object).collect()
    }
}

/// `PASSIVE_LEVEL`. The object has a reference of the caller's.
unsafe extern "win64" fn ExCreateCallback(
    out: *mut usize,
    attributes: *const OpenAttributes,
    create: u8,
    allows_multiple: u8,
) -> NtStatus {
    const NAME: &str = "ExCreateCallback";
    irql::require_at_most(NAME, Irql::PASSIVE);
    // SAFETY: by contract the caller's attributes.
    let Some(attributes) = (unsafe { attributes.as_ref() }) else {
        irql::stop_for_rule("ExCreateCallback was called without OBJECT_ATTRIBUTES");
    };
    // SAFETY: by contract they have a counted string.
    let name = unsafe { attributes.name() };
    if create != 0 && fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let mut callbacks = CALLBACKS.lock();
    let object = match callbacks.named(&name) {
        Some(object) => object,
        None if create == 0 => return NtStatus::OBJECT_NAME_NOT_FOUND,
        None => callbacks.create(name, allows_multiple != 0),
    };
    drop(callbacks);
    let address = object.address;
    references::add_of(address, || Some(object));
    // SAFETY: by contract the caller's variable.
    unsafe { out.write(address) };
    NtStatus::SUCCESS
}

/// Up to `APC_LEVEL`. The handle of the registration; 0 if the object takes no second routine.
extern "win64" fn ExRegisterCallback(object: usize, routine: Routine, context: usize) -> usize {
    const NAME: &str = "ExRegisterCallback";
    irql::require_at_most(NAME, Irql::APC);
    if fault::inject(NAME) {
        return 0;
    }
    let mut callbacks = CALLBACKS.lock();
    let Some(known) = callbacks.objects.get(&object).cloned() else {
        drop(callbacks);
        stop_unknown(NAME, "callback object", object);
    };
    let is_taken = !known.allows_multiple && !callbacks.of(object).is_empty();
    if is_taken {
        return 0;
    }
    callbacks.registered += 1;
    let handle = REGISTRATIONS | callbacks.registered << 4;
    let registration = Registration {
        object,
        routine,
        context,
        running: 0,
    };
    callbacks.registrations.insert(handle, registration);
    resource_tracker::record(TRACKED_KIND, handle, format!("with {}", known.name));
    handle
}

/// Up to `APC_LEVEL`. The routine does not run any more when this returns.
extern "win64" fn ExUnregisterCallback(handle: usize) {
    const NAME: &str = "ExUnregisterCallback";
    irql::require_at_most(NAME, Irql::APC);
    let mut callbacks = CALLBACKS.lock();
    while let Some(known) = callbacks.registrations.get(&handle) {
        if known.running == 0 {
            callbacks.registrations.remove(&handle);
            resource_tracker::release(TRACKED_KIND, handle);
            return;
        }
        RETURNED.wait(&mut callbacks);
    }
    drop(callbacks);
    stop_unknown(NAME, "registration", handle);
}

/// Up to `DISPATCH_LEVEL`. Calls the routines at the caller's level, in the order of registration.
extern "win64" fn ExNotifyCallback(object: usize, first: usize, second: usize) {
    irql::require_at_most("ExNotifyCallback", Irql::DISPATCH);
    let registered = CALLBACKS.lock().of(object);
    for (handle, _) in registered {
        let Some(registration) = begin(handle) else {
            continue;
        };
        callback_guard::run("the routine of a callback object", || {
            // SAFETY: the driver gave this routine for exactly this call.
            unsafe { (registration.routine)(registration.context, first, second) }
        });
        end(handle);
    }
}

/// The registration, whose routine is about to run.
fn begin(handle: usize) -> Option<Registration> {
    let mut callbacks = CALLBACKS.lock();
    let known = callbacks.registrations.get_mut(&handle)?;
    known.running += 1;
    Some(*known)
}

fn end(handle: usize) {
    let mut callbacks = CALLBACKS.lock();
    if let Some(known) = callbacks.registrations.get_mut(&handle) {
        known.running -= 1;
    }
    RETURNED.notify_all();
}

fn stop_unknown(function: &str, what: &str, value: usize) -> ! {
    irql::stop_for_rule(&format!(
        "{function} was called with {value:#x}, which is no {what}"
    ))
}
