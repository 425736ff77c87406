//! Wait locks and spin locks.

use nt_kernel::irql::{self, Irql};
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;

use crate::handle::{Handle, WdfSpinLock, WdfWaitLock};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::status;
use crate::test_driver::{TestDriver, attributes, wdf};

fn spin_lock(driver: &TestDriver) -> WdfSpinLock {
    let mut lock = Handle::NULL;
    let status = wdf!(driver.globals, 315, In::NULL => In<ObjectAttributes>,
        Out::from(&mut lock) => Out<WdfSpinLock>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    lock
}

fn wait_lock(driver: &TestDriver) -> WdfWaitLock {
    let mut lock = Handle::NULL;
    let status = wdf!(driver.globals, 312, In::NULL => In<ObjectAttributes>,
        Out::from(&mut lock) => Out<WdfWaitLock>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    lock
}

fn acquire_spin(driver: &TestDriver, lock: WdfSpinLock) {
    wdf!(driver.globals, 316, lock => WdfSpinLock; ());
}

fn release_spin(driver: &TestDriver, lock: WdfSpinLock) {
    wdf!(driver.globals, 317, lock => WdfSpinLock; ());
}

fn acquire_wait(driver: &TestDriver, lock: WdfWaitLock, timeout: In<i64>) -> NtStatus {
    wdf!(driver.globals, 313, lock => WdfWaitLock, timeout => In<i64>; NtStatus)
}

fn release_wait(driver: &TestDriver, lock: WdfWaitLock) {
    wdf!(driver.globals, 314, lock => WdfWaitLock; ());
}

#[test]
fn a_spin_lock_raises_and_restores() {
    let driver = TestDriver::new();
    let (outer, inner) = (spin_lock(&driver), spin_lock(&driver));
    acquire_spin(&driver, outer);
    acquire_spin(&driver, inner);
    release_spin(&driver, inner);
    assert_eq!(irql::current(), Irql::DISPATCH);
    release_spin(&driver, outer);
    assert_eq!(irql::current(), Irql::PASSIVE);
    driver.unload();
}

#[test]
fn a_wait_lock_that_is_held_times_out_for_others() {
    let driver = TestDriver::new();
    let lock = wait_lock(&driver);
    assert_eq!(acquire_wait(&driver, lock, In::NULL), NtStatus::SUCCESS);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let status = acquire_wait(&driver, lock, In::from(&0));
            assert_eq!(status, status::TIMEOUT);
        });
    });
    release_wait(&driver, lock);
    driver.unload();
}

#[test]
fn waiting_for_a_wait_lock_in_a_spin_lock_stops() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let (spin, wait) = (spin_lock(&driver), wait_lock(&driver));
        acquire_spin(&driver, spin);
        acquire_wait(&driver, wait, In::NULL).into_result().unwrap();
    });
    let words = "WdfWaitLockAcquire was called at DISPATCH_LEVEL";
    assert!(report.contains(words), "{report}");
}

#[test]
fn taking_a_lock_twice_stops() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let lock = spin_lock(&driver);
        acquire_spin(&driver, lock);
        acquire_spin(&driver, lock);
    });
    assert!(report.contains("WDF_VIOLATION (0x2"), "{report}");
}

#[test]
fn giving_back_a_lock_that_is_not_held_stops() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        release_wait(&driver, wait_lock(&driver));
    });
    assert!(report.contains("WDF_VIOLATION (0xf"), "{report}");
}

#[test]
fn two_locks_in_both_orders_stop() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let (first, second) = (spin_lock(&driver), spin_lock(&driver));
        acquire_spin(&driver, first);
        acquire_spin(&driver, second);
        release_spin(&driver, second);
        release_spin(&driver, first);
        acquire_spin(&driver, second);
        acquire_spin(&driver, first);
    });
    assert!(report.contains("(0x1001"), "{report}");
    assert!(report.contains("the other way round before"), "{report}");
}

#[test]
fn a_callback_that_keeps_a_wait_lock_stops() {
    static LOCK: parking_lot::Mutex<(usize, usize)> = parking_lot::Mutex::new((0, 0));
    extern "win64" fn cleanup(_object: usize) {
        let (globals, lock) = *LOCK.lock();
        let globals = core::ptr::with_exposed_provenance_mut(globals);
        let status = wdf!(globals, 313, Handle::new(lock) => WdfWaitLock,
            In::NULL => In<i64>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        *LOCK.lock() = (driver.globals.expose_provenance(), wait_lock(&driver).0);
        let object = driver.object(&ObjectAttributes {
            cleanup: Some(cleanup),
            ..attributes()
        });
        driver.delete(object.unwrap());
    });
    assert!(report.contains("WDF_VIOLATION (0xf"), "{report}");
}
