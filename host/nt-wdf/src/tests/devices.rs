//! Devices: names, security, opening.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_kernel::process::Process;
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::{FileConfig, InitHandle};
use crate::handle::{WdfDevice, WdfFileObject, WdfObject, WdfRequest};
use crate::object::ObjectAttributes;
use crate::pointer::In;
use crate::status;
use crate::test_driver::{
    Log, MANUAL, TestDriver, attributes, complete, lines, note, queue_config, wdf,
};

fn assign_sddl(driver: &TestDriver, init: InitHandle, sddl: &str) -> NtStatus {
    let sddl = OwnedUnicodeString::new(sddl);
    wdf!(driver.globals, 68, init => InitHandle,
        In::from(&sddl.as_unicode_string()) => In<UnicodeString>; NtStatus)
}

#[test]
fn a_device_opens_only_when_finished_and_by_its_name() {
    let driver = TestDriver::new();
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let failed = driver.open().map(drop);
    assert_eq!(failed, Err(NtStatus::new(0xC000_000E)));
    driver.finish(device);
    nt_io::close(driver.open().unwrap());
    driver.delete(device);
    assert_eq!(
        driver.open().map(drop),
        Err(NtStatus::OBJECT_NAME_NOT_FOUND)
    );
    driver.unload();
}

#[test]
fn the_security_descriptor_limits_the_callers() {
    let driver = TestDriver::new();
    let init = driver.init();
    assert_eq!(
        assign_sddl(&driver, init, "D:P(A;;GA;;;SY)(A;;GA;;;BA)"),
        NtStatus::SUCCESS
    );
    let device = driver.device_from(init, &attributes()).unwrap();
    driver.finish(device);
    let open = |uid| nt_io::open(&Process::user(1, uid), &driver.device_name(), 3);
    assert_eq!(open(1000).map(drop), Err(NtStatus::ACCESS_DENIED));
    nt_io::close(open(0).unwrap());
    driver.unload();
}

#[test]
fn a_bad_descriptor_fails_the_creation_and_the_init_stays() {
    let driver = TestDriver::new();
    let init = driver.init();
    assert_eq!(assign_sddl(&driver, init, "nonsense"), NtStatus::SUCCESS);
    let created = driver.device_from(init, &attributes());
    assert_eq!(
        created.map(|device| device.0),
        Err(status::INVALID_SECURITY_DESCR)
    );
    wdf!(driver.globals, 54, init => InitHandle; ());
    driver.unload();
}

#[test]
fn a_name_is_given_once() {
    let driver = TestDriver::new();
    driver.device_from(driver.init(), &attributes()).unwrap();
    let init = driver.init();
    let again = driver.device_from(init, &attributes());
    assert_eq!(
        again.map(|device| device.0),
        Err(NtStatus::OBJECT_NAME_COLLISION)
    );
    wdf!(driver.globals, 54, init => InitHandle; ());
    driver.unload();
}

#[test]
fn a_symbolic_link_leads_there_with_the_rest_of_the_name() {
    let driver = TestDriver::new();
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let link = |name: &str| {
        let name = OwnedUnicodeString::new(name);
        wdf!(driver.globals, 80, device => WdfDevice,
            In::from(&name.as_unicode_string()) => In<UnicodeString>; NtStatus)
    };
    let name = format!(r"\DosDevices\Global\{}", driver.name);
    assert_eq!(link(""), NtStatus::INVALID_DEVICE_REQUEST);
    assert_eq!(link(&name), NtStatus::SUCCESS);
    assert_eq!(link(&name), NtStatus::INVALID_DEVICE_REQUEST);
    driver.finish(device);
    let name = format!(r"\\.\{}\deep\down", driver.name.to_lowercase());
    let file = nt_io::open(&Process::user(1, 1), &name, 1).unwrap();
    // SAFETY: the name lives as long as the file.
    let rest = unsafe { file.name().read() };
    // SAFETY: so does its text.
    assert_eq!(unsafe { rest.text() }, r"\deep\down");
    nt_io::close(file);
    driver.unload();
    assert!(nt_io::open(&Process::user(1, 1), &name, 1).is_err());
}

#[test]
fn an_exclusive_device_is_opened_once_at_a_time() {
    let driver = TestDriver::new();
    let init = driver.init();
    wdf!(driver.globals, 62, init => InitHandle, 1 => u8; ());
    let device = driver.device_from(init, &attributes()).unwrap();
    driver.finish(device);
    let file = driver.open().unwrap();
    assert_eq!(driver.open().map(drop), Err(NtStatus::ACCESS_DENIED));
    nt_io::close(file);
    nt_io::close(driver.open().unwrap());
    driver.unload();
}

#[test]
fn a_refused_create_runs_neither_cleanup_nor_close() {
    static LOG: Log = Mutex::new(Vec::new());
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn create(_: WdfDevice, request: WdfRequest, file: WdfFileObject) {
        assert_ne!(file.0, 0);
        let globals = core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst));
        complete(globals, request, NtStatus::NOT_SUPPORTED, 0);
    }
    extern "win64" fn end(_file: WdfFileObject) {
        note(&LOG, "cleanup or close");
    }
    extern "win64" fn gone(_object: usize) {
        note(&LOG, "file object gone");
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let init = driver.init();
    let config = FileConfig {
        size: 40,
        create: Some(create),
        close: Some(end),
        cleanup: Some(end),
        auto_forward: 2,
        class: 4,
    };
    let attributes_of_file = ObjectAttributes {
        destroy: Some(gone),
        ..attributes()
    };
    wdf!(driver.globals, 71, init => InitHandle, In::from(&config) => In<FileConfig>,
        In::from(&attributes_of_file) => In<ObjectAttributes>; ());
    let device = driver.device_from(init, &attributes()).unwrap();
    driver.finish(device);
    assert_eq!(driver.open().map(drop), Err(NtStatus::NOT_SUPPORTED));
    assert_eq!(lines(&LOG), ["file object gone"]);
    driver.unload();
}

#[test]
fn a_file_is_cleaned_up_and_closed_once_with_its_last_handle() {
    static LOG: Log = Mutex::new(Vec::new());
    extern "win64" fn cleanup(_file: WdfFileObject) {
        note(&LOG, "cleanup");
    }
    extern "win64" fn close(_file: WdfFileObject) {
        note(&LOG, "close");
    }
    let driver = TestDriver::new();
    let init = driver.init();
    let config = FileConfig {
        size: 40,
        create: None,
        close: Some(close),
        cleanup: Some(cleanup),
        auto_forward: 2,
        class: 4,
    };
    wdf!(driver.globals, 71, init => InitHandle, In::from(&config) => In<FileConfig>,
        In::NULL => In<ObjectAttributes>; ());
    let device = driver.device_from(init, &attributes()).unwrap();
    driver.finish(device);
    let handle = driver.open().unwrap();
    let other = nt_io::duplicate(&handle);
    nt_io::close(handle);
    assert!(lines(&LOG).is_empty());
    nt_io::close(other);
    assert_eq!(lines(&LOG), ["cleanup", "close"]);
    driver.unload();
}

#[test]
fn a_deleted_control_device_stays_until_its_last_file_is_closed() {
    static GONE: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn gone(_object: usize) {
        GONE.fetch_add(1, Ordering::SeqCst);
    }
    let driver = TestDriver::new();
    let watched = ObjectAttributes {
        cleanup: Some(gone),
        ..attributes()
    };
    let device = driver.device_from(driver.init(), &watched).unwrap();
    driver.finish(device);
    let file = driver.open().unwrap();
    driver.delete(device);
    assert_eq!(GONE.load(Ordering::SeqCst), 0);
    assert!(driver.open().is_err());
    nt_io::close(file);
    assert_eq!(GONE.load(Ordering::SeqCst), 1);
    driver.unload();
}

#[test]
fn a_default_queue_is_not_the_drivers_to_delete() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let (_, queue) = driver.device(&queue_config(MANUAL));
        driver.delete(WdfObject::new(queue.0));
    });
    assert!(report.contains("WDF_VIOLATION (0x3"), "{report}");
}
