//! Batches: each entry reports what it did, and an atomic batch is applied wholly or not at all.

use std::{iter, thread};

use abi::{AddressFamily, ApplyEntry, ApplyHeader, NtStatus, Operation};
use ipforward::{Batch, Entry, EntryOutcome, EntryResult, Error, Outcome};
use tests::{MixedBatch, Scenario, ScenarioContext, eventually, is_leased, status};
use zerocopy::IntoBytes;

use crate::outcome_check::apply;
use crate::refusals::{done, driver_error};
use crate::routes::{another_client_has_it, invalid_route, other, route, the_route_is_there};

/// Entries after which a batch that is not atomic lets other handles in.
const PART: usize = 64;

/// One entry of each kind.
const MIXED: MixedBatch = MixedBatch { of_each: 1 };

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("entries of each kind, each alone", |context| {
            mixed(context, Batch::clone)
        })
        .after(mixed_rows)
        .claims(),
        Scenario::new("entries of each kind, all or none", |context| {
            mixed(context, |batch| batch.clone().atomic())
        })
        .after(mixed_rows)
        .claims(),
        Scenario::new("entries of each kind, dry run", foreseen)
            .after(mixed_rows)
            .claims(),
        Scenario::new("three or none", three_or_none)
            .after(another_client_has_it)
            .claims(),
        Scenario::new("an invalid_route entry among others", |context| {
            with_an_invalid_entry(context, Batch::clone)
        })
        .expects(NtStatus::INVALID_PARAMETER)
        .claims(),
        Scenario::new("an invalid_route entry, all or none", |context| {
            with_an_invalid_entry(context, |batch| batch.clone().atomic())
        })
        .expects(NtStatus::INVALID_PARAMETER)
        .claims(),
        Scenario::new("a route that is not as expected", |context| {
            let wrong = Entry::compare_and_set(&route().metric(9), &route().metric(50));
            let batch = Batch::new().with(wrong);
            done(&apply(context, &context.device()?, &batch)?)
        })
        .after(the_route_is_there)
        .expects(NtStatus::REVISION_MISMATCH)
        .claims(),
        Scenario::new("more entries than a batch may have", too_many)
            .expects(NtStatus::INVALID_PARAMETER),
        Scenario::new("a batch that lets others in", in_parts)
            .after(the_route_is_there)
            .claims(),
        Scenario::new("a batch that is cancelled half-way", cancelled)
            .expects(NtStatus::CANCELLED)
            .claims(),
        Scenario::new("a file of routes, dry run, import, equal again", file)
            .after(another_client_has_it)
            .claims(),
    ]
}

fn mixed_rows(context: &ScenarioContext) {
    for route in MIXED.others_routes() {
        let created = context.observer().create_route(&route);
        created.expect("the route is created");
    }
}

/// A handle that holds routes applies the batch.
fn mixed(context: &ScenarioContext, how: fn(&Batch) -> Batch) -> Result<(), Error> {
    let owner = context.device()?;
    done(&apply(context, &owner, &MIXED.held_before())?)?;
    let batch = how(&MIXED.batch());
    let outcome = apply(context, &owner, &batch)?;
    context.table_is_changed(lasts(&batch, &outcome));
    let all = outcome.applied == batch.entries().len();
    context.claim(
        "all entries are applied if the outcome says so",
        outcome.is_success() == all,
    );
    is_undone(context, &outcome);
    done(&outcome)
}

/// True if the batch changes the table beyond the life of the handle.
fn lasts(batch: &Batch, outcome: &Outcome) -> bool {
    let mut entries = batch.entries().iter().zip(&outcome.entries);
    entries.any(|(entry, answer)| is_change(answer.result) && !is_leased(&entry.route()))
}

/// A single failure does not prevent the undo.
fn is_undone(context: &ScenarioContext, outcome: &Outcome) {
    let is_undone = outcome.undo_failures == 0 || context.fails_persistently();
    context.claim("everything is undone", is_undone);
}

/// True if the entry changed something that was not undone.
const fn is_change(result: EntryResult) -> bool {
    !matches!(
        result,
        EntryResult::None | EntryResult::Unchanged | EntryResult::RolledBack
    )
}

fn foreseen(context: &ScenarioContext) -> Result<(), Error> {
    let owner = context.device()?;
    done(&apply(context, &owner, &MIXED.held_before())?)?;
    let before = context.routes();
    let outcome = owner.apply(&MIXED.batch().dry_run());
    context.quiesce();
    context.require("a dry run changes nothing", context.routes() == before);
    done(&outcome?)
}

/// The lease-table lock is free once between the two leases.
fn in_parts(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let lease = |number| Entry::create(&other(number)).lease();
    let equal = iter::repeat_n(Entry::upsert(&route()), PART);
    let batch: Batch = iter::once(lease(1))
        .chain(equal)
        .chain([lease(2)])
        .collect();
    let outcome = apply(context, &device, &batch)?;
    done(&outcome)
}

/// Two leases, and one route without a lease that replaces another client's.
fn three_or_none(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let batch = Batch::new()
        .with(Entry::create(&other(1)).lease())
        .with(Entry::upsert(&route()))
        .with(Entry::create(&other(2)).share())
        .atomic();
    let outcome = apply(context, &device, &batch)?;
    context.table_is_changed(is_change(outcome.entries[1].result));
    done(&outcome)
}

fn with_an_invalid_entry(context: &ScenarioContext, how: fn(&Batch) -> Batch) -> Result<(), Error> {
    let batch = Batch::new()
        .with(Entry::create(&route()))
        .with(Entry::create(&other(1)).lease())
        .with(Entry::create(&invalid_route()))
        .with(Entry::create(&other(2)));
    let outcome = apply(context, &context.device()?, &how(&batch))?;
    let stays = [0, 3].map(|index: usize| is_change(outcome.entries[index].result));
    context.table_is_changed(stays != [false; 2]);
    done(&outcome)
}

fn too_many(context: &ScenarioContext) -> Result<(), Error> {
    let entries = vec![ApplyEntry::from(&Entry::create(&route())); 4_097];
    let header = ApplyHeader {
        count: 4_097,
        ..ApplyHeader::default()
    };
    let input = [header.as_bytes(), entries.as_bytes()].concat();
    let code = Operation::Apply.description().code;
    let status = status(&context.device()?, code, &input, 1 << 20);
    Err(driver_error(Operation::Apply, status))
}

/// The third of five creations is under way when the call is cancelled.
fn cancelled(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let batch: Batch = (0..5).map(|number| Entry::create(&other(number))).collect();
    let batch = batch.atomic();
    context.pause_at("CreateIpForwardEntry2", 2);
    let outcome = thread::scope(|scope| {
        let applying = scope.spawn(|| device.apply(&batch));
        eventually("the batch is half-way, or has failed", || {
            context.is_paused() || applying.is_finished()
        });
        device.cancel(Operation::Apply);
        context.resume();
        applying.join().expect("the batch is answered")
    })?;
    context.quiesce();
    context.table_is_changed(outcome.undo_failures > 0);
    is_undone(context, &outcome);
    done(&outcome)
}

/// What `routectl import` asks for a file: with `--dry-run`, without, and once more.
fn file(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let batch = Batch::new()
        .with(Entry::create(&other(1)))
        .with(Entry::upsert(&route()))
        .atomic();
    let mut outcomes = Vec::new();
    for (batch, lasts) in [(batch.clone().dry_run(), false), (batch, true)] {
        device.interfaces(AddressFamily::UNSPECIFIED)?;
        device.routes(AddressFamily::UNSPECIFIED)?;
        let outcome = device.apply(&batch)?;
        context.quiesce();
        let has_changed = |entry: &EntryOutcome| is_change(entry.result);
        let changed = outcome.entries.iter().any(has_changed);
        context.table_is_changed(changed && lasts);
        done(&outcome)?;
        outcomes.push(outcome);
    }
    let [dry_run, import] = &outcomes[..] else {
        unreachable!("both were answered");
    };
    let result = |outcome: &Outcome| {
        outcome
            .entries
            .iter()
            .map(|entry| entry.result)
            .collect::<Vec<_>>()
    };
    context.claim(
        "the import does what the dry run says",
        result(dry_run) == result(import),
    );
    let equal = Batch::new().with(Entry::upsert(&route())).atomic();
    let equal = device.apply(&equal.dry_run())?;
    done(&equal)?;
    // Without memory for a look at the row, the driver goes by what it would write.
    let is_equal = equal.entries[0].result == EntryResult::Unchanged;
    context.claim(
        "the imported route is equal",
        is_equal || context.fails_persistently(),
    );
    Ok(())
}
