//! The rules of Driver Verifier's I/O verification: a driver that breaks one stops the machine.

use std::sync::atomic::Ordering;

use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::RulesPage;
use nt_kernel::testing::{assert_page_agrees, expect_stop};
use nt_types::NtStatus;

use super::wdm_driver::{
    Behaviour, TestDriver, attach, complete, control, create_device, end, ends_file_irp, io,
    packet_at, pass_on, pass_on_with,
};
use crate::major_function::READ;

const CODE: u32 = 0x0022_2000;

/// Lets a driver do this with a control request.
fn commit(behaviour: Behaviour) {
    let driver = TestDriver::new();
    driver.create(behaviour);
    let file = driver.open();
    let _ = control(&file, CODE, &[], 0).answer();
}

/// Requires code and first parameter, and words of the rule.
fn assert_says(report: &str, code: &str, words: &str) {
    assert!(report.contains(code), "{code} in {report}");
    assert!(report.contains(words), "{words} in {report}");
}

/// Behaviours complete other IRPs.
macro_rules! behaviour {
    ($packet:ident => $body:expr) => {
        |_device_object, $packet| {
            if let Some(status) = ends_file_irp($packet) {
                return status;
            }
            $body
        }
    };
}

#[test]
fn an_irp_is_completed_twice() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        end(packet, NtStatus::SUCCESS);
        io!(IofCompleteRequest(packet => usize, 0 => i8) -> ());
        NtStatus::SUCCESS
    })));
    assert_says(&report, "0x00000044", "it has been completed");
}

#[test]
fn an_irp_is_completed_as_pending() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        complete(packet, NtStatus::PENDING, 0)
    })));
    assert_says(&report, "0x000000C9", "no outcome");
    assert!(report.contains("(0x6, "), "{report}");
}

#[test]
fn an_irp_is_completed_with_its_cancel_routine() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        packet_at(packet).cancel_routine.store(1, Ordering::SeqCst);
        complete(packet, NtStatus::SUCCESS, 0)
    })));
    assert_says(&report, "(0x7, ", "still has a cancel routine");
}

#[test]
fn pending_is_returned_without_a_mark() {
    let report = expect_stop!(|| commit(behaviour!(_packet => NtStatus::PENDING)));
    assert_says(&report, "(0x23d, ", "was not marked with IoMarkIrpPending");
}

#[test]
fn a_marked_irp_is_not_returned_as_pending() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        packet_at(packet).current().unwrap().mark_pending();
        complete(packet, NtStatus::SUCCESS, 0)
    })));
    assert_says(&report, "(0x23e, ", "STATUS_PENDING has to be returned");
}

#[test]
fn another_status_is_returned_than_completed() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        end(packet, NtStatus::SUCCESS);
        NtStatus::UNSUCCESSFUL
    })));
    assert_says(&report, "(0x224, ", "was completed with");
}

#[test]
fn an_irp_is_left_without_an_outcome() {
    let report = expect_stop!(|| commit(behaviour!(_packet => NtStatus::SUCCESS)));
    assert_says(&report, "(0x226, ", "neither completed nor passed on");
}

#[test]
fn a_dispatch_routine_returns_at_another_level() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        irql::raise(Irql::DISPATCH);
        complete(packet, NtStatus::SUCCESS, 0)
    })));
    assert_says(&report, "0x000000C9", "returned at DISPATCH_LEVEL");
    assert!(report.contains("(0x5, "), "{report}");
}

#[test]
fn an_irp_runs_out_of_stack_locations() {
    let report = expect_stop!(|| commit(|device_object, packet| {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        io!(IofCallDriver(device_object => usize, packet => usize) -> NtStatus)
    }));
    assert_says(&report, "0x00000035", "no stack location");
}

#[test]
fn an_irp_is_sent_to_what_is_no_device() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        io!(IofCallDriver(0x1000 => usize, packet => usize) -> NtStatus)
    })));
    assert_says(&report, "(0x4, ", "no device object");
}

#[test]
fn an_irp_of_the_system_is_freed() {
    let report = expect_stop!(|| commit(behaviour!(packet => {
        io!(IoFreeIrp(packet => usize) -> ());
        NtStatus::SUCCESS
    })));
    assert_says(&report, "(0x2, ", "IoFreeIrp");
}

#[test]
fn an_irp_of_the_driver_is_not_taken_back() {
    let report = expect_stop!(|| commit(|device_object, packet| {
        if let Some(status) = ends_file_irp(packet) {
            return status;
        }
        if packet_at(packet).current().unwrap().major_function.get() == READ {
            return complete(packet, NtStatus::SUCCESS, 0);
        }
        let built = io!(IoBuildAsynchronousFsdRequest(READ.into() => u32, device_object => usize,
            0 => usize, 0 => u32, std::ptr::null() => *const u64, 0 => usize) -> usize);
        io!(IofCallDriver(device_object => usize, built => usize) -> NtStatus)
    }));
    assert_says(
        &report,
        "0x000000C9",
        "no completion routine took it back: IoSetCompletionRoutine",
    );
    assert!(report.contains("(0x200, "), "{report}");
}

#[test]
fn a_completion_routine_forgets_the_mark() {
    extern "win64" fn forget(_device: usize, _packet: usize, _context: usize) -> NtStatus {
        NtStatus::SUCCESS
    }
    fn pend(_device_object: usize, packet: usize) -> NtStatus {
        packet_at(packet).current().unwrap().mark_pending();
        end(packet, NtStatus::SUCCESS);
        NtStatus::PENDING
    }
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let lower = driver.create(pend);
        attach(driver.object, lower, |device_object, packet| {
            pass_on_with(device_object, packet, forget)
        });
        driver.open();
    });
    assert_says(&report, "(0x228, ", "PendingReturned");
}

#[test]
fn a_device_is_deleted_while_it_is_attached() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let lower = create_device(driver.object, None);
        let upper = attach(driver.object, lower, |_, packet| {
            complete(packet, NtStatus::SUCCESS, 0)
        });
        io!(IoDeleteDevice(upper => usize) -> ());
    });
    assert_says(&report, "(0x201, ", "IoDetachDevice comes first");
}

#[test]
fn a_device_is_detached_twice() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let lower = create_device(driver.object, None);
        io!(IoDetachDevice(lower => usize) -> ());
    });
    assert_says(&report, "(0x202, ", "nothing is attached");
}

#[test]
fn a_device_is_deleted_twice() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        let device_object = create_device(driver.object, None);
        io!(IoDeleteDevice(device_object => usize) -> ());
        io!(IoDeleteDevice(device_object => usize) -> ());
    });
    assert_says(&report, "(0x240, ", "has been deleted");
}

#[test]
fn a_device_stays_after_its_removal() {
    extern "win64" fn add(driver_object: usize, physical: usize) -> NtStatus {
        let driver_object = std::ptr::with_exposed_provenance_mut(driver_object);
        attach(driver_object, physical, |_, packet| {
            complete(packet, NtStatus::SUCCESS, 0)
        });
        NtStatus::SUCCESS
    }
    extern "win64" fn stay(device_object: usize, packet: usize) -> NtStatus {
        pass_on(device_object, packet)
    }
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        driver.set_add_device(add);
        driver.set(0x70 + 8 * 27, stay as *const () as usize);
        let _ = crate::pnp::start(driver.object, &[driver.object], driver.service(), 0);
        let _ = crate::pnp::remove(driver.object, 0);
    });
    assert_says(&report, "(0x21d, ", "without IoDetachDevice");
}

#[test]
fn a_remove_lock_is_released_with_another_tag() {
    let report = expect_stop!(|| {
        let mut storage = [0usize; 4];
        let lock = (&raw mut storage).expose_provenance();
        io!(IoInitializeRemoveLockEx(lock => usize, 0 => u32, 0 => u32, 0 => u32, 32 => u32) -> ());
        io!(IoReleaseRemoveLockEx(lock => usize, 5 => usize, 32 => u32) -> ());
    });
    assert_says(&report, "0x000000C4", "is not held with the tag 0x5");
}

extern "win64" fn ignore(_object: usize, _context: usize) {}

/// `IoQueueWorkItem`; no work item begins before the test ends.
fn queue(item: usize) {
    type Routine = extern "win64" fn(usize, usize);
    crate::system_work::put_off();
    io!(IoQueueWorkItem(item => usize, ignore => Routine, 1 => u32, 0 => usize) -> ());
}

fn device() -> usize {
    create_device(TestDriver::new().object, None)
}

#[test]
fn a_work_item_is_queued_twice() {
    let report = expect_stop!(|| {
        let item = io!(IoAllocateWorkItem(device() => usize) -> usize);
        queue(item);
        queue(item);
    });
    assert_says(&report, "0x000000E4", "queued already");
    assert!(report.contains("(0x1, "), "{report}");
}

#[test]
fn a_queued_work_item_is_freed() {
    let report = expect_stop!(|| {
        let item = io!(IoAllocateWorkItem(device() => usize) -> usize);
        queue(item);
        io!(IoFreeWorkItem(item => usize) -> ());
    });
    assert_says(&report, "0x000000E4", "a work item that is queued");
    assert!(report.contains("(0x2, "), "{report}");
}

#[test]
fn a_work_item_is_for_what_is_no_device() {
    let report = expect_stop!(|| {
        io!(IoAllocateWorkItem(0x1000 => usize) -> usize);
    });
    assert_says(&report, "0x000000E4", "no device or driver object");
    assert!(report.contains("(0x3, "), "{report}");
}

#[test]
fn memory_with_a_queued_work_item_is_freed() {
    const TAG: u32 = u32::from_le_bytes(*b"Test");
    let report = expect_stop!(|| {
        let size = io!(IoSizeofWorkItem() -> u32) as usize;
        let block = nt_kernel::pool::allocate(true, size, TAG).expect("memory");
        let item = block.expose_provenance().get();
        io!(IoInitializeWorkItem(device() => usize, item => usize) -> ());
        queue(item);
        nt_kernel::pool::free(item, Some(TAG));
    });
    assert_says(&report, "0x000000E4", "a work item that is queued");
    assert!(report.contains("(0x0, "), "{report}");
}

/// How the names of tests begin that are about no rule of their own.
const OTHERS: [&str; 2] = ["the_page_", "a_filter_that_keeps_the_rules_"];

/// The names of the tests of rules.
fn tested() -> Vec<&'static str> {
    let sources = [
        include_str!("rules.rs"),
        include_str!("start_io_rules.rs"),
        include_str!("stack_rules.rs"),
    ];
    let tests = sources
        .into_iter()
        .flat_map(|source| source.split("#[test]\nfn ").skip(1));
    let names = tests.filter_map(|test| test.split('(').next());
    names
        .filter(|name| !OTHERS.iter().any(|other| name.starts_with(other)))
        .collect()
}

#[test]
fn the_page_and_the_host_say_the_same_of_windows() {
    assert_page_agrees(RulesPage::Wdm);
}

#[test]
fn the_page_lists_each_rule() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/host/wdm.md");
    let page = std::fs::read_to_string(page).expect("the page is in the workspace");
    let rows = page.lines().filter(|line| line.contains("| stops: "));
    let names = rows.filter_map(|row| row.rsplit('`').nth(1));
    let listed: Vec<&str> = names.collect();
    assert_eq!(listed, tested());
}
