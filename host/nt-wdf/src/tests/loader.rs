//! Binding, creating the driver, unloading it.

use nt_kernel::pool;
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::driver::DriverConfig;
use crate::handle::{WdfDriver, WdfObject};
use crate::object::{ContextTypeInfo, ObjectAttributes};
use crate::pointer::In;
use crate::test_driver::{Log, TestDriver, attributes, context_type, lines, non_pnp, note, wdf};
use crate::{export_table, status};

#[test]
fn a_driver_gets_the_table_and_the_counts() {
    let mut driver = TestDriver::unbound();
    let bound = driver.bind(458);
    assert_eq!(bound.status, NtStatus::SUCCESS);
    assert_eq!(bound.table, export_table::address().addr());
    assert_eq!((bound.counts, bound.is_newer), ((458, 81), 0));
    driver.unbind();
}

#[test]
fn a_count_that_no_version_had_is_refused() {
    for count in [0, 455, 457, 459] {
        let bound = TestDriver::unbound().bind(count);
        assert_eq!(bound.status, NtStatus::INVALID_PARAMETER);
        assert_eq!(bound.table, 0);
    }
}

#[test]
fn the_globals_name_the_driver() {
    let driver = TestDriver::new();
    // SAFETY: the globals live as long as the driver is bound.
    let globals = unsafe { driver.globals.read() };
    let name = driver.name.as_bytes();
    assert_eq!(&globals.driver_name[..name.len()], name);
    assert_eq!(globals.driver_tag, u32::from_le_bytes(*b"Test"));
    assert_eq!(globals.displace_driver_unload, 1);
    driver.unload();
}

#[test]
fn contexts_have_the_pool_tag_of_the_driver() {
    let config = DriverConfig {
        pool_tag: u32::from_le_bytes(*b"Mine"),
        ..non_pnp()
    };
    let driver = TestDriver::with_config(&config);
    let record = In::from(context_type(16));
    let plan = ObjectAttributes {
        context_type: record,
        ..attributes()
    };
    let object = driver.object(&plan).unwrap();
    let context = wdf!(driver.globals, 202,
        object => WdfObject, record => In<ContextTypeInfo>; usize);
    assert_eq!(pool::contains(context).unwrap().tag, config.pool_tag);
    driver.unload();
}

#[test]
fn a_driver_is_created_once_and_in_order() {
    let driver = TestDriver::new();
    assert_eq!(driver.create(&non_pnp()), status::DRIVER_INTERNAL_ERROR);
    let cut = DriverConfig {
        size: 24,
        ..non_pnp()
    };
    assert_eq!(driver.create(&cut), status::INFO_LENGTH_MISMATCH);
    let unknown = DriverConfig {
        init_flags: 0x40,
        ..non_pnp()
    };
    assert_eq!(driver.create(&unknown), NtStatus::INVALID_PARAMETER);
    driver.unload();
}

#[test]
fn unload_tells_the_driver_and_a_failed_entry_does_not() {
    static LOG: Log = Mutex::new(Vec::new());
    extern "win64" fn unload(_driver: WdfDriver) {
        note(&LOG, "unload");
    }
    let config = DriverConfig {
        unload: Some(unload),
        ..non_pnp()
    };
    TestDriver::with_config(&config).unbind();
    assert!(lines(&LOG).is_empty());
    let driver = TestDriver::with_config(&config);
    nt_io::unload_driver(driver.object);
    assert_eq!(lines(&LOG), ["unload"]);
    driver.unbind();
}

#[test]
fn what_is_not_implemented_stops_with_its_name() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        wdf!(driver.globals, 453; ());
    });
    let words = "WdfPdoInitRemovePowerDependencyOnParent (index 453) is not implemented";
    assert!(report.contains(words), "{report}");
}

#[test]
fn foreign_globals_stop() {
    let report = expect_stop!(|| {
        wdf!(core::ptr::null_mut(), 367; ());
    });
    assert!(report.contains("WDF_VIOLATION (0x5"), "{report}");
}
