//! Batches and declared sets.

use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE,
    ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_DELETE, ENTRY_GUARD, ENTRY_LEASE,
    ENTRY_RESULT_CREATED, ENTRY_RESULT_ROLLBACK_FAILED, ENTRY_SET, ENTRY_SHARE, ENTRY_UPSERT,
    NO_ENTRY, OUTCOME_CANCELLED, OUTCOME_DONE, OUTCOME_PARTIALLY_ROLLED_BACK, OUTCOME_ROLLED_BACK,
};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, Cause, EntryAnswer};

use super::*;
use crate::batch::{Batch, Entry, EntryResult, RouteSet, Verdict};
use crate::diagnosis::Diagnosis;
use crate::lease::LeaseTerms;

fn answer(header: ApplyAnswer, entries: &[EntryAnswer]) -> Vec<u8> {
    let header = ApplyAnswer {
        count: u32::try_from(entries.len()).unwrap(),
        ..header
    };
    [header.as_bytes(), entries.as_bytes()].concat()
}

fn all_done(count: usize) -> Vec<u8> {
    let header = ApplyAnswer {
        outcome: OUTCOME_DONE,
        failed_index: NO_ENTRY,
        applied: u32::try_from(count).unwrap(),
        ..ApplyAnswer::default()
    };
    answer(header, &vec![EntryAnswer::default(); count])
}

/// The header and the entries of a call.
fn requests(driver: &FakeDriver, call: usize) -> (ApplyHeader, Vec<ApplyEntry>) {
    let requests = driver.requests.lock().unwrap();
    let (_, input, room) = &requests[call];
    let (header, rest) = ApplyHeader::read_from_prefix(input).unwrap();
    let entries: Vec<_> = rest
        .chunks(size_of::<ApplyEntry>())
        .map(|bytes| ApplyEntry::read_from_bytes(bytes).unwrap())
        .collect();
    assert_eq!(
        *room,
        size_of::<ApplyAnswer>() + entries.len() * size_of::<EntryAnswer>()
    );
    (header, entries)
}

#[test]
fn a_batch_is_sent_in_wire_format() {
    let (device, driver) = device([Ok(all_done(5))]);
    let batch = Batch::new()
        .with(Entry::create(&route(1)))
        .with(Entry::set(&route(2)).lease())
        .with(Entry::delete(&route(3).key()))
        .with(Entry::upsert(&route(4)).share().guard())
        .with(Entry::compare_and_set(&route(5), &route(5).metric(9)))
        .atomic()
        .dry_run();
    assert!(device.apply(&batch).unwrap().is_success());
    let (header, entries) = requests(driver, 0);
    assert_eq!(header.flags, APPLY_ATOMIC | APPLY_DRY_RUN);
    assert_eq!(header.count, 5);
    let written: Vec<_> = entries.iter().map(|e| (e.operation, e.flags)).collect();
    assert_eq!(
        written,
        [
            (ENTRY_CREATE, 0),
            (ENTRY_SET, ENTRY_LEASE),
            (ENTRY_DELETE, 0),
            (ENTRY_UPSERT, ENTRY_LEASE | ENTRY_SHARE | ENTRY_GUARD),
            (ENTRY_COMPARE_AND_SET, 0),
        ]
    );
    assert_eq!(entries[4].expected, MibIpForwardRow2::from(&route(5)));
    assert_eq!(entries[4].row.metric, 9);
    assert!(
        entries[..4]
            .iter()
            .all(|entry| entry.expected == MibIpForwardRow2::default())
    );
}

#[test]
fn every_entry_has_an_outcome() {
    let header = ApplyAnswer {
        outcome: OUTCOME_PARTIALLY_ROLLED_BACK,
        failed_index: 1,
        applied: 1,
        undo_failures: 1,
        ..ApplyAnswer::default()
    };
    let undo_failed = EntryAnswer {
        result: ENTRY_RESULT_ROLLBACK_FAILED,
        undo_status: NtStatus::NO_MEMORY.bits(),
        ..EntryAnswer::default()
    };
    let in_the_way = EntryAnswer {
        status: NtStatus::DUPLICATE_OBJECTID.bits(),
        cause: Cause::DUPLICATE.0,
        old: MibIpForwardRow2::from(&route(2).metric(9)),
        ..EntryAnswer::default()
    };
    let not_done = EntryAnswer {
        status: NtStatus::CANCELLED.bits(),
        ..EntryAnswer::default()
    };
    let (device, _) = device([Ok(answer(header, &[undo_failed, in_the_way, not_done]))]);
    let batch: Batch = [1, 2, 3]
        .map(|n| Entry::create(&route(n)))
        .into_iter()
        .collect();
    let outcome = device.apply(&batch.atomic()).unwrap();
    assert_eq!(outcome.verdict, Verdict::PartiallyRolledBack);
    assert_eq!((outcome.failed_index, outcome.undo_failures), (Some(1), 1));
    let [first, second, third] = &outcome.entries[..] else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        (first.result, &first.failure),
        (EntryResult::RollbackFailed, &None)
    );
    let undo = first.undo_failure.unwrap();
    assert_eq!(undo.status(), Some(NtStatus::NO_MEMORY));
    let failure = second.failure.as_ref().unwrap();
    assert!(failure.driver_error.is_duplicate());
    let existing = route(2).metric(9);
    assert_eq!(failure.diagnosis, Diagnosis::Duplicate { existing });
    assert_eq!(second.old, Some(existing));
    let not_done = third.failure.as_ref().unwrap();
    assert_eq!(not_done.diagnosis, Diagnosis::NothingFound);
}

#[test]
fn too_many_entries_are_not_sent() {
    let (device, driver) = device([]);
    let batch: Batch = (0..=Batch::ENTRIES_MAX)
        .map(|_| Entry::upsert(&route(1)))
        .collect();
    assert_eq!(
        device.apply(&batch),
        Err(Error::TooManyEntries {
            count: 4_097,
            max: 4_096
        })
    );
    assert!(driver.requests.lock().unwrap().is_empty());
}

#[test]
fn an_answer_of_another_number_of_entries_is_malformed() {
    let (device, _) = device([Ok(all_done(0))]);
    let answered = device.apply(&Batch::new().with(Entry::create(&route(1))));
    assert!(
        matches!(answered, Err(Error::Malformed { .. })),
        "{answered:?}"
    );
}

#[test]
fn a_large_set_is_declared_in_pages() {
    let created = EntryAnswer {
        result: ENTRY_RESULT_CREATED,
        ..EntryAnswer::default()
    };
    let last = ApplyAnswer {
        failed_index: NO_ENTRY,
        applied: 1,
        ended: 3,
        ..ApplyAnswer::default()
    };
    let (device, driver) = device([Ok(all_done(4_096)), Ok(answer(last, &[created]))]);
    let set: RouteSet = (0..4_097).map(|_| route(1)).collect();
    let outcome = device.declare(&set).unwrap();
    assert_eq!((outcome.verdict, outcome.ended), (Verdict::Done, 3));
    assert_eq!((outcome.applied, outcome.entries.len()), (4_097, 4_097));
    assert_eq!(outcome.entries[4_096].result, EntryResult::Created);
    let (first, entries) = requests(driver, 0);
    assert_eq!(first.flags, APPLY_DECLARED_SET | APPLY_MORE);
    assert_eq!(
        (entries[0].operation, entries[0].flags),
        (ENTRY_UPSERT, ENTRY_LEASE)
    );
    assert_eq!(
        requests(driver, 1).0.flags,
        APPLY_DECLARED_SET | APPLY_CONTINUES
    );
}

#[test]
fn an_empty_set_is_sent_and_a_cancelled_set_stops() {
    let cancelled = ApplyAnswer {
        outcome: OUTCOME_CANCELLED,
        failed_index: 0,
        ..ApplyAnswer::default()
    };
    let not_done = vec![EntryAnswer::default(); 4_096];
    let (device, driver) = device([Ok(all_done(0)), Ok(answer(cancelled, &not_done))]);
    assert!(device.declare(&RouteSet::new()).unwrap().is_success());
    assert_eq!(requests(driver, 0).0.count, 0);
    let set: RouteSet = (0..5_000).map(|_| route(1)).collect();
    let outcome = device.declare(&set).unwrap();
    assert_eq!(outcome.verdict, Verdict::Cancelled);
    assert_eq!(driver.requests.lock().unwrap().len(), 2);
}

#[test]
fn the_next_set_starts_again_after_an_error() {
    let (device, driver) = device([
        Ok(all_done(4_096)),
        Err(NtStatus::INSUFFICIENT_RESOURCES),
        Ok(all_done(1)),
    ]);
    let large: RouteSet = (0..4_097).map(|_| route(1)).collect();
    assert!(device.declare(&large).is_err());
    let small = RouteSet::new().with(&route(1));
    assert!(device.declare(&small).unwrap().is_success());
    assert_eq!(requests(driver, 2).0.flags, APPLY_DECLARED_SET);
}

#[test]
fn a_large_batch_is_applied_page_by_page() {
    let (device, driver) = device([Ok(all_done(4_096)), Ok(all_done(2))]);
    let batch: Batch = (0..4_098).map(|_| Entry::upsert(&route(1))).collect();
    let mut pages = Vec::new();
    let outcome = device
        .apply_pages(&batch.atomic(), |entries, outcomes| {
            pages.push((entries.len(), outcomes.len()));
        })
        .unwrap();
    assert_eq!((outcome.verdict, outcome.applied), (Verdict::Done, 4_098));
    assert_eq!(pages, [(4_096, 4_096), (2, 2)]);
    assert_eq!(outcome.entries, []);
    assert_eq!(requests(driver, 0).0.flags, APPLY_ATOMIC);
    assert_eq!(requests(driver, 1).0.count, 2);
}

#[test]
fn a_dry_run_of_pages_changes_nothing() {
    let (device, driver) = device([Ok(all_done(1))]);
    let batch = Batch::new().with(Entry::upsert(&route(1))).atomic();
    let _expected = device.dry_run_pages(&batch, |_, _| ()).unwrap();
    assert_eq!(requests(driver, 0).0.flags, APPLY_DRY_RUN);
}

#[test]
fn a_failed_page_ends_an_atomic_batch() {
    let undone = ApplyAnswer {
        outcome: OUTCOME_ROLLED_BACK,
        failed_index: 1,
        ..ApplyAnswer::default()
    };
    let refused = EntryAnswer {
        status: NtStatus::INVALID_PARAMETER.bits(),
        ..EntryAnswer::default()
    };
    let second = [vec![EntryAnswer::default(); 1], vec![refused; 4_095]].concat();
    let (device, driver) = device([Ok(all_done(4_096)), Ok(answer(undone, &second))]);
    let batch: Batch = (0..9_000).map(|_| Entry::upsert(&route(1))).collect();
    let mut outcomes = Vec::new();
    let outcome = device
        .apply_pages(&batch.atomic(), |_, page| outcomes.extend_from_slice(page))
        .unwrap();
    assert_eq!(outcome.verdict, Verdict::RolledBack);
    assert_eq!(
        (outcome.failed_index, outcome.applied),
        (Some(4_097), 4_096)
    );
    assert_eq!(outcomes.len(), 9_000);
    let last = outcomes[8_999].failure.as_ref().unwrap();
    assert_eq!(last.index, 8_999);
    assert_eq!(last.driver_error.reason(), crate::Reason::NotDone);
    assert_eq!(
        last.driver_error,
        DriverError::from_status(NtStatus::CANCELLED)
    );
    assert_eq!(driver.requests.lock().unwrap().len(), 2);
    let error = outcome.into_result().unwrap_err();
    let refused = error.refused_route().unwrap();
    assert_eq!(refused.entry, Some(4_097));
}

#[test]
fn a_lease_ends_when_it_is_dropped_or_released() {
    let refused = EntryAnswer {
        status: NtStatus::NOT_FOUND.bits(),
        ..EntryAnswer::default()
    };
    let failed = || Ok(answer(ApplyAnswer::default(), &[refused]));
    let (device, driver) = device([
        Ok(all_done(1)),
        Ok(all_done(1)),
        Ok(all_done(1)),
        failed(),
        failed(),
    ]);
    drop(device.lease(&route(1)).unwrap());
    let terms = LeaseTerms::SHARED | LeaseTerms::GUARDED;
    let lease = device.lease_on(&route(2), terms).unwrap();
    assert_eq!(lease.route(), &route(2));
    assert_eq!(
        lease.release().unwrap_err().status(),
        Some(NtStatus::NOT_FOUND)
    );
    let refused = device.lease(&route(3)).unwrap_err();
    assert_eq!(refused.operation(), Some(Operation::Apply));
    let written: Vec<_> = (0..5)
        .map(|call| {
            let [entry] = requests(driver, call).1[..] else {
                panic!("one entry a call");
            };
            (entry.operation, entry.flags)
        })
        .collect();
    assert_eq!(
        written,
        [
            (ENTRY_UPSERT, ENTRY_LEASE),
            (ENTRY_DELETE, ENTRY_LEASE),
            (ENTRY_UPSERT, ENTRY_LEASE | ENTRY_SHARE | ENTRY_GUARD),
            (ENTRY_DELETE, ENTRY_LEASE),
            (ENTRY_UPSERT, ENTRY_LEASE),
        ]
    );
}
