//! `ERESOURCE`s.

use super::assert_says;
use crate::critical_regions;
use crate::export_by_name::{free, nt, storage};
use crate::testing::expect_stop;

/// A resource in a pool block.
fn resource() -> usize {
    let resource = storage(0x68);
    nt!(ExInitializeResourceLite(resource => usize) -> u32);
    resource
}

fn acquire(resource: usize) {
    critical_regions::enter();
    nt!(ExAcquireResourceExclusiveLite(resource => usize, 1 => u8) -> u8);
}

#[test]
fn a_resource_is_acquired_with_apcs() {
    let report = expect_stop!(|| {
        let resource = resource();
        nt!(ExAcquireResourceSharedLite(resource => usize, 1 => u8) -> u8);
    });
    assert_says(
        &report,
        "0x000000C4",
        "0x37",
        "KeEnterCriticalRegion comes first",
    );
}

#[test]
fn a_resource_is_released_with_apcs() {
    let report = expect_stop!(|| {
        let resource = resource();
        acquire(resource);
        critical_regions::leave();
        nt!(ExReleaseResourceLite(resource => usize) -> ());
    });
    assert_says(
        &report,
        "0x000000C4",
        "0x38",
        "outside of a critical region",
    );
}

#[test]
fn a_resource_is_released_that_is_not_owned() {
    let report = expect_stop!(|| {
        let resource = resource();
        critical_regions::enter();
        nt!(ExReleaseResourceLite(resource => usize) -> ());
    });
    assert!(report.contains("STOP 0x000000E3"), "{report}");
    assert!(report.contains("does not own the resource"), "{report}");
}

#[test]
fn a_shared_resource_is_acquired_alone() {
    let report = expect_stop!(|| {
        let resource = resource();
        critical_regions::enter();
        nt!(ExAcquireResourceSharedLite(resource => usize, 1 => u8) -> u8);
        nt!(ExAcquireResourceExclusiveLite(resource => usize, 1 => u8) -> u8);
    });
    assert_says(&report, "0x000000C4", "0x1000", "would wait for itself");
}

#[test]
fn memory_with_a_resource_is_freed() {
    let report = expect_stop!(|| free(resource()));
    assert_says(
        &report,
        "0x000000C4",
        "0xd2",
        "ExDeleteResourceLite comes first",
    );
}

#[test]
fn a_resource_is_initialised_twice() {
    let report = expect_stop!(|| {
        let resource = resource();
        nt!(ExInitializeResourceLite(resource => usize) -> u32);
    });
    assert_says(&report, "0x000000C4", "0xd0", "initialised already");
}

#[test]
fn a_resource_is_deleted_twice() {
    let report = expect_stop!(|| {
        let resource = resource();
        nt!(ExDeleteResourceLite(resource => usize) -> u32);
        nt!(ExDeleteResourceLite(resource => usize) -> u32);
    });
    assert_says(&report, "0x000000C4", "0xd1", "or it is deleted");
}

#[test]
fn a_resource_is_acquired_that_is_not_initialised() {
    let report = expect_stop!(|| acquire(storage(0x68)));
    assert_says(&report, "0x000000C4", "0x3d", "has not made");
}

#[test]
fn a_resource_is_deleted_while_it_is_owned() {
    let report = expect_stop!(|| {
        let resource = resource();
        acquire(resource);
        nt!(ExDeleteResourceLite(resource => usize) -> u32);
    });
    assert_says(
        &report,
        "0x000000C4",
        "0x444449",
        "a thread owns the resource",
    );
}

#[test]
fn a_resource_is_kept_by_a_callback() {
    let report = expect_stop!(|| {
        crate::callback_guard::run("a callback", || {
            let resource = resource();
            acquire(resource);
            critical_regions::leave();
        });
    });
    assert_says(&report, "0x000000C4", "0x4c434b", "an ERESOURCE");
}
