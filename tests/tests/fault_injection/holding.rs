//! What a handle holds: leases, batches, declared sets, a guarded route. What fails while a lease
//! ends is told to nobody: it is tried again.

use std::time::Duration;

use abi::Operation;
use ipforward::{Batch, Device, Did, Entry, Error, Outcome, Route, RouteSet};
use tests::{Bench, Scenario};

use crate::{nothing, route, scenario, the_route_goes};

/// By then a guard has tried again to put a route back.
const BACK_OFF: Duration = Duration::from_secs(1);

/// 10.21.0.0/16 and so on.
fn other(number: u8) -> Route {
    let destination = ipnet::Ipv4Net::new([10, 20 + number, 0, 0].into(), 16).expect("a prefix");
    let mut other = route();
    other.destination = destination.into();
    other
}

/// A scenario whose run claims what its success means.
fn claims(
    name: &'static str,
    before: fn(&Device),
    run: fn(&Bench) -> Result<(), Error>,
) -> Scenario {
    Scenario {
        before,
        claims: true,
        after: all_go,
        ..scenario(name, run)
    }
}

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        claims("lease", nothing, |bench| {
            let device = bench.device()?;
            let lease = Entry::create(&route()).lease();
            apply(bench, &device, &Batch::new().with(lease))
        }),
        claims("lease that displaces a route", a_route_is_there, |bench| {
            let device = bench.device()?;
            let lease = Entry::upsert(&route()).lease();
            apply(bench, &device, &Batch::new().with(lease))
        }),
        claims("three or none", a_route_is_there, three_or_none),
        claims("declared set, then an empty one", nothing, declared_sets),
        claims("leases of somebody", two_are_held, |bench| {
            let leases = bench.device()?.leases()?;
            bench.claim("both leases are listed", leases.len() == 2);
            Ok(())
        }),
        claims("guard", nothing, guard),
    ]
}

/// Somebody else's.
fn a_route_is_there(observer: &Device) {
    let theirs = route().metric(77);
    observer.create_route(&theirs).expect("it is created");
}

fn two_are_held(observer: &Device) {
    let set = RouteSet::new().with(&route()).with(&other(1));
    let outcome = observer.declare(&set).expect("an answer");
    assert!(outcome.is_success(), "{outcome:?}");
}

/// Whatever is there.
fn all_go(observer: &Device) {
    let outcome = observer.declare(&RouteSet::new()).expect("an answer");
    assert!(outcome.is_success(), "{outcome:?}");
    the_route_goes(observer);
    for number in 1..3 {
        let _ = observer.delete_route(&other(number).key());
    }
}

/// Two leases, and one route that stays, in place of somebody else's.
fn three_or_none(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    let batch = Batch::new()
        .with(Entry::create(&other(1)).lease())
        .with(Entry::upsert(&route()))
        .with(Entry::create(&other(2)).share());
    let outcome = apply(bench, &device, &batch.atomic());
    bench.table_is_changed(bench.has(&route()));
    outcome
}

fn declared_sets(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    let both = RouteSet::new().with(&route()).with(&other(1));
    let outcome = device.declare(&both)?;
    bench.settle();
    is_true(bench, both.entries(), &outcome);
    done(&outcome)?;
    let outcome = device.declare(&RouteSet::new())?;
    bench.settle();
    let left = [route(), other(1)]
        .iter()
        .filter(|held| bench.has(held))
        .count();
    bench.claim("as many ended as are told", left + outcome.ended == 2);
    done(&outcome)
}

/// Somebody deletes a guarded route, and it is put back, whatever failed meanwhile.
fn guard(bench: &Bench) -> Result<(), Error> {
    let owner = bench.device()?;
    let guarded = Entry::create(&route()).guard();
    apply(bench, &owner, &Batch::new().with(guarded))?;
    let deleted = bench.device()?.delete_route(&route().key());
    bench.disarm();
    bench.pass_time(BACK_OFF);
    bench.claim("the guarded route is there", bench.has(&route()));
    deleted
}

/// Applies a batch. What it says of each entry is true.
fn apply(bench: &Bench, device: &Device, batch: &Batch) -> Result<(), Error> {
    let outcome = device.apply(batch);
    bench.settle();
    match outcome {
        Ok(outcome) => {
            is_true(bench, batch.entries(), &outcome);
            done(&outcome)
        }
        Err(error) => {
            let is_there = |entry: &Entry| bench.has(&entry.route());
            let any = batch.entries().iter().any(is_there);
            bench.claim("a batch that is refused does nothing", !any);
            Err(error)
        }
    }
}

/// Routes are there if, and only if, the batch says so.
fn is_true(bench: &Bench, entries: &[Entry], outcome: &Outcome) {
    for (entry, answer) in entries.iter().zip(&outcome.entries) {
        let is_there = match answer.did {
            Did::Created | Did::Replaced | Did::UndoFailed => true,
            Did::Nothing | Did::Undone => false,
            other => panic!("{other:?}"),
        };
        bench.claim(
            "an entry says what it did",
            bench.has(&entry.route()) == is_there,
        );
    }
}

/// The status of the first entry that failed, as that of a call.
fn done(outcome: &Outcome) -> Result<(), Error> {
    if outcome.is_success() {
        return Ok(());
    }
    let entry = outcome
        .failed_index
        .and_then(|index| outcome.entries.get(index)?.failure);
    let refusal = entry.map(|failure| failure.refusal);
    Err(Error::Refused {
        operation: Operation::Apply,
        refusal: refusal.or(outcome.end_failure).expect("a reason"),
    })
}
