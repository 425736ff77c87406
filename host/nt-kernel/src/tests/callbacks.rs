//! Callback objects.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::export_by_name::nt;
use crate::unicode::{OwnedUnicodeString, UnicodeString};

type Routine = extern "win64" fn(usize, usize, usize);

/// `STATUS_OBJECT_NAME_NOT_FOUND`.
const NOT_FOUND: u32 = 0xC000_0034;

/// `ExCreateCallback`.
fn create(name: &str, create: bool) -> Result<usize, u32> {
    let text = OwnedUnicodeString::new(name);
    let name = text.as_unicode_string();
    let name: *const UnicodeString = &raw const name;
    let attributes = [0x30, 0, name.expose_provenance(), 0x40, 0, 0];
    let mut object = 0;
    let status = nt!(ExCreateCallback(
        &raw mut object => *mut usize, &raw const attributes => *const [usize; 6],
        create.into() => u8, 0 => u8) -> u32);
    if status == 0 { Ok(object) } else { Err(status) }
}

/// Adds its arguments to the counter that is its context.
extern "win64" fn add(context: usize, first: usize, second: usize) {
    let counter: *const AtomicUsize = ptr::with_exposed_provenance(context);
    // SAFETY: the test's counter lives for ever.
    unsafe { &*counter }.fetch_add(first + second, Ordering::SeqCst);
}

fn register(object: usize, context: usize) -> usize {
    nt!(ExRegisterCallback(object => usize, add => Routine, context => usize) -> usize)
}

fn notify(object: usize) {
    nt!(ExNotifyCallback(object => usize, 1 => usize, 10 => usize) -> ());
}

#[test]
fn a_registered_routine_is_notified_until_it_is_unregistered() {
    let counter: &AtomicUsize = Box::leak(Box::default());
    let context = ptr::from_ref(counter).expose_provenance();
    let object = create(r"\Callback\OfThisTest", true).unwrap();
    let again = create(r"\callback\ofthistest", false).unwrap();
    let registration = register(object, context);
    assert_eq!(register(object, context), 0, "the object takes one routine");
    notify(again);
    nt!(ExUnregisterCallback(registration => usize) -> ());
    notify(object);
    assert_eq!(counter.load(Ordering::SeqCst), 11);
    assert_eq!(object, again);
    for _ in 0..2 {
        nt!(ObfDereferenceObject(object => usize) -> isize);
    }
}

#[test]
fn the_systems_callback_objects_are_there() {
    let object = create(r"\Callback\PowerState", false).unwrap();
    nt!(ObfDereferenceObject(object => usize) -> isize);
    assert_eq!(create(r"\Callback\Nothing", false), Err(NOT_FOUND));
}
