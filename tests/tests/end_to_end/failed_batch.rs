//! An atomic batch of 64 mixed entries, each call of which fails once: the table is exactly as it
//! was, or the answer names each row that could not be put back, and why.

use std::collections::BTreeMap;

use ipforward::{Device, EntryResult, Outcome, Route, Verdict};
use tests::{Failed, Host, MixedBatch, Plan, Process, eventually, is_leased, start_host, table};

/// Eight entries of each of the eight kinds.
const MIXED: MixedBatch = MixedBatch { of_each: 8 };
/// What the names of all functions of NETIO contain that a batch uses.
const NETIO: &str = "Ip";
/// In so many ways a call of NETIO may fail, or fewer. It is no multiple of the calls that an entry
/// makes, so that each of them fails in each way.
const WAYS: u8 = 5;

type Rows = BTreeMap<String, Route>;

/// The table by key.
fn rows(device: &Device) -> Rows {
    let routes = table(device).into_iter();
    routes.map(|route| (name(&route), route)).collect()
}

fn name(route: &Route) -> String {
    format!("{} {:?}", route.destination, route.next_hop)
}

/// The rows by which two looks at the table differ.
fn differences(before: &Rows, after: &Rows) -> Vec<String> {
    let names = before.keys().chain(after.keys());
    let mut names: Vec<_> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What was found.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    undone: u64,
    undone_partly: u64,
    rows_not_put_back: usize,
}

struct Fixture {
    host: Host,
    control: Process,
    observer: Device,
    /// The table without anything of the handle's.
    base: Rows,
}

impl Fixture {
    fn start() -> Self {
        let host = start_host();
        let observer = Device::open(host.socket()).unwrap();
        for route in MIXED.others_routes() {
            observer.create_route(&route).unwrap();
        }
        Self {
            control: host.connect(),
            base: rows(&observer),
            observer,
            host,
        }
    }

    /// A handle that holds what it has before the batch.
    fn owner(&self) -> Device {
        let owner = Device::open(self.host.socket()).unwrap();
        assert!(owner.apply(&MIXED.held_before()).unwrap().is_success());
        owner
    }

    /// One run. The call that failed, if the run was long enough.
    fn run(&mut self, plan: Plan, number: u64, way: u8, tally: &mut Tally) -> Option<Failed> {
        let owner = self.owner();
        self.control.quiesce();
        let before = rows(&self.observer);
        self.control.arm_among(NETIO, plan, number, way);
        let outcome = owner.apply(&MIXED.batch().atomic());
        // What the driver does by itself after a batch can fail too, and belongs to the run.
        self.control.quiesce();
        let failed = self.control.disarm();
        let after = rows(&self.observer);
        let place = format!("call {number} {plan:?}, way {way}: {failed:?}");
        let changed = differences(&before, &after);
        let is_a_lie = |failed: &Failed| is_a_lie(plan, failed);
        if failed.as_ref().is_some_and(is_a_lie) {
            drop(owner);
            self.restore(&place, |_| false);
            return failed;
        }
        match outcome {
            Err(_) => assert_eq!(changed, [""; 0], "{place}: refused as a whole"),
            Ok(outcome) => judge(&place, &outcome, &changed, tally),
        }
        drop(owner);
        self.restore(&place, is_leased);
        failed
    }

    /// Nothing of the handle's stays when it is gone, but for what does not have to go, which is
    /// taken back here by hand.
    fn restore(&mut self, place: &str, has_to_go: fn(&Route) -> bool) {
        eventually("the handle's leases have ended", || {
            self.observer.leases().unwrap().is_empty()
        });
        self.control.quiesce();
        let after = rows(&self.observer);
        for name in differences(&self.base, &after) {
            let (was, is) = (self.base.get(&name), after.get(&name));
            let route = was.or(is).unwrap();
            assert!(!has_to_go(route), "{place}: {name} was not put back");
            let _ = match (was, is) {
                (Some(_), Some(_)) => self.observer.set_route(route),
                (Some(_), None) => self.observer.create_route(route),
                (None, _) => self.observer.delete_route(&route.key()),
            };
        }
        assert_eq!(rows(&self.observer), self.base, "{place}");
    }
}

/// Whether the stack has said that a route is not there, although it is: then nobody can know
/// better.
fn is_a_lie(plan: Plan, failed: &Failed) -> bool {
    let asks = failed.function.starts_with("Get") || failed.function.starts_with("Delete");
    failed.said_absent && (asks || plan == Plan::From)
}

/// The answer tells the truth about the table.
fn judge(place: &str, outcome: &Outcome, changed: &[String], tally: &mut Tally) {
    let batch = MIXED.batch();
    let of_entry = |index: usize| name(&batch.entries()[index].route());
    let mut not_put_back: Vec<_> = outcome
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.result == EntryResult::RollbackFailed)
        .map(|(index, entry)| {
            assert!(entry.undo_failure.is_some(), "{place}: it says why");
            of_entry(index)
        })
        .collect();
    not_put_back.sort();
    match outcome.verdict {
        Verdict::Done => assert_eq!(outcome.applied, 64, "{place}"),
        Verdict::RolledBack => {
            tally.undone += 1;
            assert_eq!(changed, [""; 0], "{place}: {outcome:?}");
        }
        Verdict::PartiallyRolledBack => {
            tally.undone_partly += 1;
            tally.rows_not_put_back += changed.len();
            assert_eq!(changed, not_put_back, "{place}: {outcome:?}");
        }
        other => panic!("{place}: {other:?}"),
    }
    assert_eq!(outcome.undo_failures, not_put_back.len(), "{place}");
}

/// Fails each call in turn, until a run ends before the turn of its call.
fn fail_each(plan: Plan) -> Tally {
    let mut fixture = Fixture::start();
    let mut tally = Tally::default();
    // Each call fails in one of its ways, the next one in the next.
    for (number, way) in (0..).zip((0..WAYS).cycle()) {
        if fixture.run(plan, number, way, &mut tally).is_none() {
            break;
        }
        tally.runs += 1;
    }
    fixture.host.stop_clean();
    println!("{plan:?}: {tally:?}");
    assert!(tally.runs > 64, "each entry makes a call");
    tally
}

#[test]
fn a_batch_with_one_failed_call_is_undone_or_names_what_is_not() {
    let tally = fail_each(Plan::Only);
    assert!(tally.undone > 64, "{tally:?}");
}

#[test]
fn a_batch_whose_later_calls_all_fail_names_what_is_not_undone() {
    let tally = fail_each(Plan::From);
    assert!(tally.undone > 0 && tally.undone_partly > 64, "{tally:?}");
}
