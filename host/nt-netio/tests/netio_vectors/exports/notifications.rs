//! Change notifications as a driver gets them: a callback, a row for its duration, a handle.

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use nt_kernel::irql::{self, Irql};
use nt_kernel::resource_tracker;
use nt_types::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::OK;
use crate::backend::row;
use crate::driver::{Netio, RouteCallback};

/// `AF_UNSPEC`.
const BOTH: u16 = 0;

/// What the callback of this process has to do with: one case runs in one process.
static NETIO: OnceLock<Netio> = OnceLock::new();
static HANDLE: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
static LAST_ROW: AtomicPtr<MibIpForwardRow2> = AtomicPtr::new(null_mut());
static CALLS: AtomicU32 = AtomicU32::new(0);
static GATE: Gate = Gate(Mutex::new(false), Condvar::new());

/// Something that one thread opens and others wait for.
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let open = self.0.lock().unwrap();
        drop(self.1.wait_while(open, |open| !*open).unwrap());
    }
}

fn watch(netio: &Netio, callback: RouteCallback, initial: bool) -> *mut c_void {
    let mut handle = null_mut();
    let status = (netio.watch_routes)(BOTH, callback, null_mut(), initial.into(), &raw mut handle);
    assert_eq!(status, OK);
    assert!(!handle.is_null());
    handle
}

fn wait_for_calls(number: u32) {
    for _ in 0..400 {
        if CALLS.load(Ordering::SeqCst) >= number {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("the callback was not called {number} times");
}

pub(super) extern "win64" fn ignore(_: *mut c_void, _: *mut MibIpForwardRow2, _: u32) {}

pub(super) extern "win64" fn ignore_interface(_: *mut c_void, _: *mut MibIpInterfaceRow, _: u32) {}

pub(super) fn cancel_waits(netio: &Netio) {
    static RETURNED: AtomicBool = AtomicBool::new(false);
    extern "win64" fn slow(_: *mut c_void, row: *mut MibIpForwardRow2, kind: u32) {
        assert_eq!((row.is_null(), kind), (true, 3));
        CALLS.fetch_add(1, Ordering::SeqCst);
        GATE.wait();
        thread::sleep(Duration::from_millis(50));
        RETURNED.store(true, Ordering::SeqCst);
    }
    let handle = watch(netio, slow, true);
    wait_for_calls(1);
    GATE.open();
    assert_eq!((netio.cancel)(handle), OK);
    assert!(RETURNED.load(Ordering::SeqCst), "the callback had returned");
    assert_eq!((netio.create_route)(&row("R")), OK);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(
        CALLS.load(Ordering::SeqCst),
        1,
        "no notice follows a cancel"
    );
    assert!(resource_tracker::outstanding().is_empty());
}

pub(super) fn cancel_from_callback(netio: &Netio) {
    extern "win64" fn cancels(_: *mut c_void, _: *mut MibIpForwardRow2, _: u32) {
        GATE.wait();
        let netio = NETIO.get_or_init(Netio::resolve);
        let _ = (netio.cancel)(HANDLE.load(Ordering::SeqCst));
    }
    HANDLE.store(watch(netio, cancels, true), Ordering::SeqCst);
    GATE.open();
    thread::sleep(Duration::from_secs(5));
}

pub(super) fn cancel_holding_a_lock(netio: &Netio) {
    static LOCK: Mutex<()> = Mutex::new(());
    extern "win64" fn locks(_: *mut c_void, _: *mut MibIpForwardRow2, _: u32) {
        CALLS.fetch_add(1, Ordering::SeqCst);
        drop(LOCK.lock().unwrap());
    }
    let held = LOCK.lock().unwrap();
    let handle = watch(netio, locks, true);
    wait_for_calls(1);
    let _ = (netio.cancel)(handle);
    drop(held);
}

pub(super) fn never_cancelled(netio: &Netio) {
    let handle = watch(netio, ignore, false);
    let left = resource_tracker::outstanding();
    assert_eq!(left.len(), 1);
    let kind = "MIB change notification";
    assert_eq!((left[0].kind, left[0].address), (kind, handle.addr()));
}

pub(super) fn row_read_too_late(netio: &Netio) {
    extern "win64" fn keeps(_: *mut c_void, row: *mut MibIpForwardRow2, _: u32) {
        LAST_ROW.store(row, Ordering::SeqCst);
        CALLS.fetch_add(1, Ordering::SeqCst);
    }
    let _ = watch(netio, keeps, false);
    assert_eq!((netio.create_route)(&row("R")), OK);
    wait_for_calls(1);
    thread::sleep(Duration::from_millis(50));
    let row = LAST_ROW.load(Ordering::SeqCst);
    // SAFETY: on purpose not: the row is gone, and the machine has to stop.
    let _ = unsafe { row.cast::<u8>().read_volatile() };
}

pub(super) fn get_in_callback(netio: &Netio) {
    static STATUS: Mutex<Vec<(u32, NtStatus, u32)>> = Mutex::new(Vec::new());
    extern "win64" fn gets(_: *mut c_void, row: *mut MibIpForwardRow2, kind: u32) {
        // SAFETY: NETIO lends the row for the duration of the callback.
        let mut row = unsafe { row.read_unaligned() };
        let netio = NETIO.get_or_init(Netio::resolve);
        let status = (netio.route)(&raw mut row);
        STATUS.lock().unwrap().push((kind, status, row.metric));
        CALLS.fetch_add(1, Ordering::SeqCst);
    }
    let handle = watch(netio, gets, false);
    let absent = nt_netio::stack().behaviours().absent();
    assert_eq!((netio.create_route)(&row("R")), OK);
    wait_for_calls(1);
    assert_eq!((netio.delete_route)(&row("R")), OK);
    wait_for_calls(2);
    assert_eq!((netio.cancel)(handle), OK);
    assert_eq!(*STATUS.lock().unwrap(), [(1, OK, 5), (2, absent, 0)]);
}

pub(super) fn returns_at_another_irql(netio: &Netio) {
    extern "win64" fn changes_irql(_: *mut c_void, _: *mut MibIpForwardRow2, _: u32) {
        if irql::current() == Irql::PASSIVE {
            irql::raise(Irql::DISPATCH);
        } else {
            irql::lower(Irql::PASSIVE);
        }
    }
    let handle = watch(netio, changes_irql, true);
    assert_ne!(handle.cast_const(), null());
    thread::sleep(Duration::from_secs(5));
}
