//! A stack that stores the flags of a row differently from what was written, and that refreshes the
//! lifetimes of rows that it has learnt.

extern crate std;

use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, ENTRY_COMPARE_AND_SET, ENTRY_GUARD,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_UNCHANGED, ENTRY_SET, ENTRY_SHARE, OUTCOME_ROLLED_BACK,
};
use abi::route::{INFINITE_LIFETIME, ORIGIN_ROUTER_ADVERTISEMENT};
use proptest::prelude::*;

use super::*;
use crate::fake_stack::StoredFlags;
use crate::route_attributes::RouteAttributes;
use crate::written_route::WrittenRoute;

const GUARDED: u32 = ENTRY_LEASE | ENTRY_GUARD;

const STACKS: [StoredFlags; 3] = [
    StoredFlags::AsGiven,
    StoredFlags::Derived,
    StoredFlags::KeptBySet,
];

/// A route with all flags set.
fn flagged(number: u16) -> MibIpForwardRow2 {
    with_flags(route(number), [1; 4])
}

fn with_flags(row: MibIpForwardRow2, flags: [u8; 4]) -> MibIpForwardRow2 {
    let [loopback, autoconfigure_address, publish, immortal] = flags;
    MibIpForwardRow2 {
        loopback,
        autoconfigure_address,
        publish,
        immortal,
        ..row
    }
}

/// A route that a router advertised, with another metric.
fn advertised(number: u16) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        valid_lifetime: 1_800,
        preferred_lifetime: 900,
        origin: ORIGIN_ROUTER_ADVERTISEMENT,
        ..metric(route(number), 256)
    }
}

/// An entry that no stack takes.
fn refused(number: u16) -> ApplyEntry {
    upsert_lease(MibIpForwardRow2 {
        preferred_lifetime: 2,
        valid_lifetime: 1,
        ..route(number)
    })
}

fn on(flags: StoredFlags) -> TestDriver {
    let driver = TestDriver::default();
    driver.stack.store_flags(flags);
    driver
}

fn there(driver: &TestDriver, row: &MibIpForwardRow2) -> MibIpForwardRow2 {
    driver.stack.get(row).unwrap()
}

/// Delivers notifications and does deferred work until nothing is left to do.
fn settle(driver: &TestDriver) {
    driver.notify();
    while let Some(again) = driver.work() {
        driver.state.now.set(again.max(driver.now()));
        driver.notify();
    }
}

fn results(batch: &EntryBatch) -> Vec<u32> {
    let count = batch.wire_answer().count as usize;
    (0..count)
        .map(|index| batch.entry_answer(index).result)
        .collect()
}

/// Number of writes of the stack during `action`.
fn writes(driver: &TestDriver, action: impl FnOnce()) -> u64 {
    let before = driver.stack.writes();
    action();
    driver.stack.writes() - before
}

#[test]
fn a_guard_leaves_flags_alone_that_the_stack_stores_otherwise() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        // A set does not store the flags of this one.
        driver.stack.create(&metric(route(2), 77)).unwrap();
        for number in [1, 2] {
            driver.must(&client, entry(ENTRY_UPSERT, GUARDED, flagged(number)));
        }
        let written = writes(&driver, || {
            settle(&driver);
            driver.stack.set(&there(&driver, &route(1))).unwrap();
            settle(&driver);
        });
        assert_eq!(written, 1, "{flags:?}: one is the other program's");
    }
}

#[test]
fn a_guard_restores_and_reads_back_what_was_requested() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        driver.must(&client, entry(ENTRY_UPSERT, GUARDED, flagged(1)));
        settle(&driver);
        let before = there(&driver, &route(1));
        driver.stack.delete(&route(1)).unwrap();
        settle(&driver);
        assert_eq!(there(&driver, &route(1)), before, "{flags:?}");
        // The stack changes its mind: the restored route reads back otherwise.
        driver.stack.delete(&route(1)).unwrap();
        driver.stack.store_flags(StoredFlags::Derived);
        let written = writes(&driver, || settle(&driver));
        assert_eq!(written, 1, "{flags:?}");
        driver.stack.store_flags(StoredFlags::AsGiven);
        driver.stack.delete(&route(1)).unwrap();
        settle(&driver);
        assert_eq!(there(&driver, &route(1)).publish, 1, "{flags:?}");
    }
}

#[test]
fn a_guard_restores_flags_that_another_program_changes() {
    let (driver, client) = (on(StoredFlags::AsGiven), Client::default());
    driver.must(&client, entry(ENTRY_CREATE, GUARDED, flagged(1)));
    settle(&driver);
    let before = there(&driver, &route(1));
    let changed = MibIpForwardRow2 {
        publish: 0,
        ..before
    };
    driver.stack.set(&changed).unwrap();
    settle(&driver);
    assert_eq!(there(&driver, &route(1)), before);
}

#[test]
fn an_equal_lease_or_declared_set_writes_nothing() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        driver.stack.create(&metric(route(1), 77)).unwrap();
        let set: Vec<_> = (0..4)
            .map(|number| entry(ENTRY_UPSERT, ENTRY_LEASE, flagged(number)))
            .collect();
        driver.apply(&client, APPLY_DECLARED_SET, &set);
        let written = writes(&driver, || {
            let batch = driver.apply(&client, APPLY_DECLARED_SET, &set);
            for index in 0..4 {
                let result = batch.entry_answer(index).result;
                assert_eq!(result, ENTRY_RESULT_UNCHANGED, "{flags:?}");
            }
        });
        assert_eq!(written, 0, "{flags:?}");
        assert_eq!(driver.leases(), 4);
    }
}

#[test]
fn an_upsert_that_the_stack_stores_as_before_is_unchanged() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        let upsert = entry(ENTRY_UPSERT, 0, flagged(1));
        driver.must(&client, upsert);
        let result = driver.must(&client, upsert);
        assert_eq!(result, ENTRY_RESULT_UNCHANGED, "{flags:?}");
        let result = driver.must(&client, entry(ENTRY_UPSERT, 0, metric(flagged(1), 77)));
        assert_eq!(result, ENTRY_RESULT_REPLACED, "{flags:?}");
    }
}

#[test]
fn a_dry_run_finds_the_routes_that_a_run_left_unchanged() {
    for flags in STACKS {
        for atomic in [0, APPLY_ATOMIC] {
            let (driver, client) = (on(flags), Client::default());
            driver.stack.create(&route(2)).unwrap();
            let entries = [1, 2, 3].map(|number| entry(ENTRY_UPSERT, 0, flagged(number)));
            driver.apply(&client, atomic, &entries);
            for dry_run in [APPLY_DRY_RUN, 0, APPLY_DRY_RUN] {
                let batch = driver.apply(&client, atomic | dry_run, &entries);
                assert_eq!(results(&batch), [ENTRY_RESULT_UNCHANGED; 3], "{flags:?}");
            }
        }
    }
}

#[test]
fn handles_that_request_the_same_share_a_lease() {
    for flags in STACKS {
        let driver = on(flags);
        let clients = [(); 2].map(|()| Client::default());
        for client in &clients {
            let shared = ENTRY_LEASE | ENTRY_SHARE;
            driver.must(client, entry(ENTRY_CREATE, shared, flagged(1)));
        }
        assert_eq!(driver.leases(), 1, "{flags:?}");
    }
}

#[test]
fn an_undone_batch_restores_each_row_exactly() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        driver.stack.create(&metric(route(1), 77)).unwrap();
        driver.stack.create(&advertised(2)).unwrap();
        let before = driver.stack.table();
        let entries = [
            entry(ENTRY_UPSERT, 0, flagged(1)),
            entry(ENTRY_SET, 0, flagged(2)),
            entry(ENTRY_CREATE, 0, flagged(3)),
            upsert_lease(flagged(4)),
            refused(5),
        ];
        let batch = driver.apply(&client, APPLY_ATOMIC, &entries);
        let outcome = batch.wire_answer().outcome;
        assert_eq!(outcome, OUTCOME_ROLLED_BACK, "{flags:?}");
        assert_eq!(driver.stack.table(), before, "{flags:?}");
    }
}

#[test]
fn an_entry_is_undone_although_it_did_not_read_back() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        let entries = [entry(ENTRY_CREATE, 0, flagged(1)), refused(5)];
        // The calls are the creation, and the failed read behind it.
        driver.stack.fail(1, 1);
        let batch = driver.apply(&client, APPLY_ATOMIC, &entries);
        assert!(driver.stack.heal());
        let outcome = batch.wire_answer().outcome;
        assert_eq!(outcome, OUTCOME_ROLLED_BACK, "{flags:?}");
        assert!(!driver.stack.has(&route(1)), "{flags:?}");
    }
}

#[test]
fn a_guard_whose_route_did_not_read_back_finds_out_later() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        // The calls are the interface, the adapter, the creation, and the failed read.
        driver.stack.fail(3, 1);
        driver.must(&client, entry(ENTRY_CREATE, GUARDED, flagged(1)));
        assert!(driver.stack.heal());
        let written = writes(&driver, || {
            driver.stack.set(&there(&driver, &route(1))).unwrap();
            settle(&driver);
        });
        assert_eq!(written, 1, "{flags:?}: that is the other program's");
        driver.stack.set(&metric(flagged(1), 77)).unwrap();
        settle(&driver);
        assert_eq!(there(&driver, &route(1)).metric, route(1).metric);
    }
}

#[test]
fn a_displaced_row_returns_although_the_route_did_not_read_back() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        driver.stack.create(&metric(route(1), 77)).unwrap();
        let before = driver.stack.table();
        // The calls are the read of the row, its write, and the failed read.
        driver.stack.fail(2, 1);
        driver.must(&client, upsert_lease(flagged(1)));
        assert!(driver.stack.heal());
        driver.close(&client);
        assert_eq!(driver.stack.table(), before, "{flags:?}");
    }
}

#[test]
fn a_change_before_the_route_is_read_back_is_no_part_of_it() {
    let written = WrittenRoute::new(
        RouteAttributes::of(&flagged(1)),
        Some(&metric(flagged(1), 77)),
    );
    assert_eq!(written.requested(), RouteAttributes::of(&flagged(1)));
    assert!(!written.is_left_in(&metric(flagged(1), 77), None));
    assert!(written.is_left_in(&with_flags(route(1), [0; 4]), None));
}

#[test]
fn a_refresh_of_a_displaced_row_is_no_disturbance() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.insert(advertised(1));
    driver.must(&client, entry(ENTRY_UPSERT, GUARDED, route(1)));
    settle(&driver);
    let written = writes(&driver, || {
        for seconds in [1_800, 1_700, 1_800, INFINITE_LIFETIME, 3_600] {
            driver.stack.refresh(&route(1), seconds).unwrap();
            settle(&driver);
        }
    });
    assert_eq!(written, 0);
    driver.close(&client);
    let restored = there(&driver, &route(1));
    assert_eq!(restored.metric, 256);
    assert_eq!(restored.valid_lifetime, 3_600, "the router said so last");
}

#[test]
fn a_displaced_row_without_a_refresh_keeps_its_lifetimes() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.insert(advertised(1));
    driver.must(&client, upsert_lease(route(1)));
    driver.close(&client);
    let restored = there(&driver, &route(1));
    assert_eq!(restored.valid_lifetime, 1_800);
    assert_eq!(restored.preferred_lifetime, 900);
}

#[test]
fn a_guard_restores_a_lifetime_that_no_router_refreshes() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.must(&client, entry(ENTRY_CREATE, GUARDED, route(1)));
    settle(&driver);
    driver.stack.refresh(&route(1), 60).unwrap();
    settle(&driver);
    assert_eq!(there(&driver, &route(1)).valid_lifetime, INFINITE_LIFETIME);
}

#[test]
fn a_guard_restores_a_metric_of_a_refreshed_row() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.insert(advertised(1));
    driver.must(&client, entry(ENTRY_UPSERT, GUARDED, route(1)));
    settle(&driver);
    driver.stack.set(&advertised(1)).unwrap();
    settle(&driver);
    let restored = there(&driver, &route(1));
    assert_eq!(restored.metric, route(1).metric);
    assert_eq!(restored.valid_lifetime, INFINITE_LIFETIME);
}

#[test]
fn a_comparison_ignores_refreshed_lifetimes() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.stack.insert(advertised(1));
    driver.stack.refresh(&route(1), 3_600).unwrap();
    let compared = ApplyEntry {
        expected: advertised(1),
        ..entry(ENTRY_COMPARE_AND_SET, 0, route(1))
    };
    driver.must(&client, compared);
    let compared = ApplyEntry {
        expected: metric(route(1), 99),
        ..compared
    };
    let status = driver.refused(&client, compared);
    assert_eq!(status, NtStatus::REVISION_MISMATCH);
}

#[test]
fn a_comparison_takes_a_lease_as_it_was_requested() {
    for flags in STACKS {
        let (driver, client) = (on(flags), Client::default());
        driver.must(&client, upsert_lease(flagged(1)));
        let compared = ApplyEntry {
            expected: flagged(1),
            ..entry(ENTRY_COMPARE_AND_SET, 0, metric(flagged(1), 50))
        };
        driver.must(&client, compared);
        let status = driver.refused(&client, compared);
        assert_eq!(status, NtStatus::REVISION_MISMATCH, "{flags:?}");
        driver.stack.set(&metric(flagged(1), 77)).unwrap();
        let compared = ApplyEntry {
            expected: metric(flagged(1), 50),
            ..compared
        };
        let status = driver.refused(&client, compared);
        assert_eq!(status, NtStatus::REVISION_MISMATCH, "{flags:?}");
    }
}

fn stored_flags() -> impl Strategy<Value = StoredFlags> {
    prop::sample::select(STACKS.to_vec())
}

fn any_flags() -> impl Strategy<Value = [u8; 4]> {
    prop::array::uniform4(0..2_u8)
}

/// An upsert of one of three routes.
fn any_upsert() -> impl Strategy<Value = ApplyEntry> {
    let lifetimes = prop::sample::select(std::vec![60, INFINITE_LIFETIME]);
    let lease = prop::sample::select(std::vec![0, ENTRY_LEASE, GUARDED]);
    (1..4_u16, any_flags(), 5..7_u32, lifetimes, lease).prop_map(
        |(number, flags, wanted, lifetime, lease)| {
            let row = MibIpForwardRow2 {
                valid_lifetime: lifetime,
                preferred_lifetime: lifetime,
                ..metric(route(number), wanted)
            };
            entry(ENTRY_UPSERT, lease, with_flags(row, flags))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_dry_run_says_what_the_run_does(
        stack in stored_flags(),
        there in prop::collection::vec(any_flags(), 3),
        batches in prop::collection::vec(prop::collection::vec(any_upsert(), 1..6), 1..4),
    ) {
        let (driver, client) = (on(stack), Client::default());
        for (number, flags) in (2..).zip(there) {
            driver.stack.create(&with_flags(route(number), flags)).unwrap();
        }
        // The driver has seen how the stack stores each flag.
        for flags in [[1; 4], [0; 4], [1; 4]] {
            driver.must(&client, entry(ENTRY_UPSERT, 0, with_flags(route(9), flags)));
        }
        for entries in batches {
            let dry_run = driver.apply(&client, APPLY_DRY_RUN, &entries);
            let run = driver.apply(&client, 0, &entries);
            prop_assert_eq!(results(&dry_run), results(&run), "{:?}", stack);
        }
    }

    #[test]
    fn no_flags_and_no_refresh_make_a_guard_write(
        stack in stored_flags(),
        before in prop::option::of(any_flags()),
        flags in any_flags(),
        unread in any::<bool>(),
        refreshed in prop::collection::vec(1..INFINITE_LIFETIME, 0..4),
    ) {
        let (driver, client) = (on(stack), Client::default());
        if let Some(before) = before {
            driver.stack.create(&with_flags(advertised(1), before)).unwrap();
        }
        let before = driver.stack.table();
        let wanted = entry(ENTRY_UPSERT, GUARDED, with_flags(route(1), flags));
        // The call is the read after the write.
        let call = if before.is_empty() { 4 } else { 3 };
        driver.stack.fail(call, u64::from(unread));
        driver.must(&client, wanted);
        driver.stack.heal();
        let written = writes(&driver, || {
            settle(&driver);
            let refreshed = refreshed.iter().filter(|_| !before.is_empty());
            for seconds in refreshed {
                driver.stack.refresh(&route(1), *seconds).unwrap();
                settle(&driver);
            }
        });
        prop_assert_eq!(written, 0);
        driver.close(&client);
        let left = driver.stack.table();
        prop_assert_eq!(left.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        for (key, row) in left {
            let expected = match refreshed.last() {
                Some(seconds) => MibIpForwardRow2 {
                    valid_lifetime: *seconds,
                    preferred_lifetime: *seconds,
                    ..before[&key]
                },
                None => before[&key],
            };
            // A stack that derives the flags does so at each write.
            let is_same = RouteAttributes::of(&row).with_flags(0)
                == RouteAttributes::of(&expected).with_flags(0);
            prop_assert!(is_same, "{:?} instead of {:?}", row, expected);
        }
    }
}
