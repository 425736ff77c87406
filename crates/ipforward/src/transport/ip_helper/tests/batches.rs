//! Batches, entry by entry.

use super::*;
use crate::batch::{Entry, EntryResult, Verdict};

#[test]
fn a_plain_batch_is_applied_entry_by_entry() {
    let device = device();
    device.create_route(&route()).unwrap();
    let elsewhere = Route {
        interface: Interface::Luid(9),
        ..other()
    };
    let batch = Batch::new()
        .with(Entry::create(&other()))
        .with(Entry::create(&route()))
        .with(Entry::create(&elsewhere))
        .with(Entry::upsert(&route().metric(5)))
        .with(Entry::upsert(&route().metric(5)))
        .with(Entry::set(&other().metric(6)))
        .with(Entry::delete(&other().key()))
        .with(Entry::delete(&other().key()));
    let outcome = device.apply(&batch).unwrap();
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!((outcome.applied, outcome.failed_index), (5, Some(1)));
    let results: Vec<_> = outcome.entries.iter().map(|entry| entry.result).collect();
    let expected = [
        EntryResult::Created,
        EntryResult::None,
        EntryResult::None,
        EntryResult::Replaced,
        EntryResult::Unchanged,
        EntryResult::Changed,
        EntryResult::Deleted,
        EntryResult::None,
    ];
    assert_eq!(results, expected);
    let failures = outcome
        .entries
        .iter()
        .filter_map(|entry| entry.failure.as_ref());
    let reasons: Vec<_> = failures
        .map(|failure| failure.driver_error.reason())
        .collect();
    assert_eq!(
        reasons,
        [Reason::Duplicate, Reason::NotFound, Reason::NotFound]
    );
    assert_eq!(outcome.entries[3].old, Some(route()));
    assert_eq!(
        device.routes(AddressFamily::IPV4),
        Ok(vec![route().metric(5)])
    );
    let done = device
        .apply(&Batch::new().with(Entry::create(&other())))
        .unwrap();
    assert_eq!((done.verdict, done.failed_index), (Verdict::Done, None));
}

#[test]
fn a_batch_with_one_leased_entry_changes_nothing() {
    let device = device();
    let batch = Batch::new()
        .with(Entry::create(&other()))
        .with(Entry::create(&route()).lease());
    let error = device.apply(&batch).unwrap_err();
    assert!(matches!(error, Error::NeedsDriver { .. }), "{error}");
    assert_eq!(device.routes(AddressFamily::IPV4), Ok(Vec::new()));
}
