//! Handles, contexts, references, the tree and its deletion.

use std::collections::HashMap;

use nt_kernel::resource_tracker;
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::handle::{Handle, WdfObject, WdfQueue};
use crate::object::{ContextTypeInfo, ObjectAttributes};
use crate::pointer::{In, Out};
use crate::status;
use crate::test_driver::{
    Globals, Log, TestDriver, attributes, bytes, context_type, lines, note, wdf,
};

static NAMES: Mutex<Option<HashMap<usize, &'static str>>> = Mutex::new(None);

fn name(object: WdfObject, name: &'static str) {
    NAMES.lock().get_or_insert_default().insert(object.0, name);
}

fn name_of(object: usize) -> &'static str {
    let names = NAMES.lock();
    names.as_ref().and_then(|names| names.get(&object)).unwrap()
}

fn reference(globals: Globals, object: WdfObject) {
    wdf!(globals, 205, object => WdfObject, 0 => usize, 0 => i32, 0 => usize; ());
}

fn dereference(globals: Globals, object: WdfObject) {
    wdf!(globals, 206, object => WdfObject, 0 => usize, 0 => i32, 0 => usize; ());
}

fn typed_context(globals: Globals, object: WdfObject, of: &ContextTypeInfo) -> usize {
    wdf!(globals, 202, object => WdfObject, In::from(of) => In<ContextTypeInfo>; usize)
}

/// A tree of three generations. Each deletion is recorded in a log.
macro_rules! logged_tree {
    ($driver:expr, $log:ident) => {{
        extern "win64" fn cleanup(object: usize) {
            note(&$log, format!("cleanup {}", name_of(object)));
        }
        extern "win64" fn destroy(object: usize) {
            note(&$log, format!("destroy {}", name_of(object)));
        }
        let plan = |parent| ObjectAttributes {
            cleanup: Some(cleanup),
            destroy: Some(destroy),
            parent,
            ..attributes()
        };
        let root = $driver.object(&plan(Handle::NULL)).unwrap();
        let first = $driver.object(&plan(root)).unwrap();
        let second = $driver.object(&plan(root)).unwrap();
        let grandchild = $driver.object(&plan(first)).unwrap();
        name(root, "root");
        name(first, "first");
        name(second, "second");
        name(grandchild, "grandchild");
        (root, first)
    }};
}

#[test]
fn children_are_cleaned_up_and_destroyed_before_parents() {
    static LOG: Log = Mutex::new(Vec::new());
    let driver = TestDriver::new();
    let (root, _) = logged_tree!(driver, LOG);
    driver.delete(root);
    assert_eq!(
        lines(&LOG),
        [
            "cleanup grandchild",
            "cleanup first",
            "cleanup second",
            "cleanup root",
            "destroy grandchild",
            "destroy first",
            "destroy second",
            "destroy root",
        ]
    );
    driver.unload();
}

#[test]
fn a_reference_delays_destruction_and_nothing_else() {
    static LOG: Log = Mutex::new(Vec::new());
    let driver = TestDriver::new();
    let (root, first) = logged_tree!(driver, LOG);
    reference(driver.globals, first);
    driver.delete(root);
    assert!(!lines(&LOG).contains(&"destroy first".to_owned()));
    assert_eq!(lines(&LOG).last().unwrap(), "destroy root");
    dereference(driver.globals, first);
    assert_eq!(lines(&LOG).last().unwrap(), "destroy first");
    driver.unload();
}

#[test]
fn unload_deletes_everything() {
    static LOG: Log = Mutex::new(Vec::new());
    let driver = TestDriver::new();
    let (root, _) = logged_tree!(driver, LOG);
    driver.unload();
    assert_eq!(lines(&LOG).len(), 8);
    let left = resource_tracker::outstanding();
    assert!(left.iter().all(|entry| entry.address != root.0));
}

#[test]
fn a_context_is_zeroed_and_found_by_its_type_alone() {
    let driver = TestDriver::new();
    let (kind, other) = (context_type(24), context_type(24));
    let object = driver
        .object(&ObjectAttributes {
            context_type: In::from(kind),
            context_size_override: 40,
            ..attributes()
        })
        .unwrap();
    let context = typed_context(driver.globals, object, kind);
    assert_eq!(bytes(context, 40), [0; 40]);
    assert_eq!(typed_context(driver.globals, object, other), 0);
    let owner = wdf!(driver.globals, 204, context => usize; WdfObject);
    assert_eq!(owner.0, object.0);
    driver.unload();
}

#[test]
fn a_second_context_of_a_type_is_the_first() {
    let driver = TestDriver::new();
    let object = driver.object(&attributes()).unwrap();
    let plan = ObjectAttributes {
        context_type: In::from(context_type(8)),
        ..attributes()
    };
    let allocate = |plan: &ObjectAttributes| {
        let mut context = 0;
        let status = wdf!(driver.globals, 203, object => WdfObject,
            In::from(plan) => In<ObjectAttributes>, Out::from(&mut context) => Out<usize>; NtStatus);
        (status, context)
    };
    let (status, first) = allocate(&plan);
    assert_eq!(status, NtStatus::SUCCESS);
    assert_eq!(allocate(&plan), (status::OBJECT_NAME_EXISTS, first));
    assert_eq!(allocate(&attributes()).0, status::OBJECT_NAME_INVALID);
    let parented = ObjectAttributes {
        parent: object,
        ..plan
    };
    let status = allocate(&parented).0;
    assert_eq!(status, status::WDF_PARENT_ASSIGNMENT_NOT_ALLOWED);
    driver.unload();
}

#[test]
fn wrong_attributes_have_their_statuses() {
    let driver = TestDriver::new();
    let status = |attributes: ObjectAttributes| driver.object(&attributes).map(|_| ()).unwrap_err();
    let base = attributes();
    let cases = [
        (
            ObjectAttributes { size: 48, ..base },
            status::INFO_LENGTH_MISMATCH,
        ),
        (
            ObjectAttributes {
                execution_level: 0,
                ..base
            },
            status::WDF_OBJECT_ATTRIBUTES_INVALID,
        ),
        (
            ObjectAttributes {
                synchronization_scope: 2,
                ..base
            },
            status::WDF_SYNCHRONIZATION_SCOPE_INVALID,
        ),
        (
            ObjectAttributes {
                context_size_override: 8,
                ..base
            },
            status::WDF_OBJECT_ATTRIBUTES_INVALID,
        ),
        (
            ObjectAttributes {
                context_size_override: 4,
                context_type: In::from(context_type(8)),
                ..base
            },
            status::WDF_OBJECT_ATTRIBUTES_INVALID,
        ),
    ];
    for (attributes, expected) in cases {
        assert_eq!(status(attributes), expected);
    }
    driver.unload();
}

#[test]
fn a_handle_of_another_type_stops() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let object = driver.object(&attributes()).unwrap();
        wdf!(driver.globals, 157, Handle::new(object.0) => WdfQueue; WdfObject);
    });
    assert!(report.contains("WDF_VIOLATION (0x5"), "{report}");
    let words = "WdfIoQueueGetDevice: Queue has to be a WDFQUEUE; this is a WDFOBJECT";
    assert!(report.contains(words), "{report}");
}

#[test]
fn a_stale_handle_stops() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let object = driver.object(&attributes()).unwrap();
        driver.delete(object);
        driver.delete(object);
    });
    assert!(
        report.contains("is a WDFOBJECT that has been deleted"),
        "{report}"
    );
}

#[test]
fn a_missing_handle_stops() {
    let report = expect_stop!(|| {
        TestDriver::new().delete(WdfObject::NULL);
    });
    assert!(
        report.contains("WDF_VIOLATION (0x5, 0x0, 0x1000"),
        "{report}"
    );
    assert!(
        report.contains("WdfObjectDelete: Object is NULL"),
        "{report}"
    );
}

#[test]
fn dropping_the_reference_of_creation_stops() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let object = driver.object(&attributes()).unwrap();
        dereference(driver.globals, object);
    });
    assert!(report.contains("WDF_VIOLATION (0x7"), "{report}");
}

#[test]
fn a_callback_that_returns_at_another_irql_stops() {
    use nt_kernel::irql::{self, Irql};
    extern "win64" fn cleanup(_object: usize) {
        irql::raise(Irql::DISPATCH);
    }
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let object = driver.object(&ObjectAttributes {
            cleanup: Some(cleanup),
            ..attributes()
        });
        driver.delete(object.unwrap());
    });
    assert!(report.contains("WDF_VIOLATION (0xe"), "{report}");
    let words = "EvtCleanupCallback was entered at PASSIVE_LEVEL and returned at DISPATCH_LEVEL";
    assert!(report.contains(words), "{report}");
}
