//! An atomic batch of 64 mixed entries, each call of which fails once: the table is unchanged, or
//! the answer names each row that the driver could not restore, and the reason.

use std::collections::BTreeMap;

use ipforward::{Device, EntryResult, Outcome, Route, Verdict};
use tests::{Failed, Host, MixedBatch, Plan, Process, eventually, is_leased, start_host, table};

/// Eight entries of each of the eight kinds.
const MIXED: MixedBatch = MixedBatch { of_each: 8 };
/// Part of the name of each NETIO function that a batch calls.
const NETIO: &str = "Ip";
/// A call of NETIO can fail in at most so many ways. The number is no multiple of the calls that an
/// entry makes, so each of these calls fails in each way.
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

/// The rows in which two tables differ.
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

/// What the runs did.
#[derive(Debug, Default)]
struct Summary {
    runs: u64,
    undone: u64,
    undone_partly: u64,
    rows_not_put_back: usize,
}

struct Fixture {
    host: Host,
    control: Process,
    observer: Device,
    /// The table without the routes of the handle.
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

    /// A handle with its leases from before the batch.
    fn owner(&self) -> Device {
        let owner = Device::open(self.host.socket()).unwrap();
        assert!(owner.apply(&MIXED.held_before()).unwrap().is_success());
        owner
    }

    /// Does one run. The result is the call that failed, if the run reached it.
    fn run(&mut self, plan: Plan, number: u64, way: u8, summary: &mut Summary) -> Option<Failed> {
        let owner = self.owner();
        self.control.quiesce();
        let before = rows(&self.observer);
        self.control.arm_among(NETIO, plan, number, way);
        let outcome = owner.apply(&MIXED.batch().atomic());
        // Deferred work of the driver can fail too, and belongs to the run.
        self.control.quiesce();
        let failed = self.control.disarm();
        let after = rows(&self.observer);
        let place = format!("call {number} {plan:?}, way {way}: {failed:?}");
        let changed = differences(&before, &after);
        let is_done = outcome.as_ref().is_ok_and(Outcome::is_success);
        let says_absent_falsely = |failed: &Failed| says_absent_falsely(plan, failed, is_done);
        if failed.as_ref().is_some_and(says_absent_falsely) {
            drop(owner);
            self.restore(&place, |_| false);
            return failed;
        }
        match outcome {
            Err(_) => assert_eq!(changed, [""; 0], "{place}: refused as a whole"),
            Ok(outcome) => check(&place, &outcome, &changed, summary),
        }
        drop(owner);
        self.restore(&place, is_leased);
        failed
    }

    /// Checks that the closed handle leaves no row for which `has_to_go` is true, and restores the
    /// other rows.
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

/// True if the stack has said that an existing route does not exist, and the driver cannot know
/// better: a batch is done although a row could not be changed only if the row is a displaced one
/// that an ending lease restores.
fn says_absent_falsely(plan: Plan, failed: &Failed, is_done: bool) -> bool {
    let function = failed.function.as_str();
    let believed = function.starts_with("Get")
        || function.starts_with("Delete")
        || (function.starts_with("Set") && is_done);
    failed.said_absent && (believed || plan == Plan::From)
}

/// Checks that the answer describes the table.
fn check(place: &str, outcome: &Outcome, changed: &[String], summary: &mut Summary) {
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
            summary.undone += 1;
            assert_eq!(changed, [""; 0], "{place}: {outcome:?}");
        }
        Verdict::PartiallyRolledBack => {
            summary.undone_partly += 1;
            summary.rows_not_put_back += changed.len();
            assert_eq!(changed, not_put_back, "{place}: {outcome:?}");
        }
        other => panic!("{place}: {other:?}"),
    }
    assert_eq!(outcome.undo_failures, not_put_back.len(), "{place}");
}

/// Fails each call in turn, until a run does not reach its call.
fn fail_each(plan: Plan) -> Summary {
    let mut fixture = Fixture::start();
    let mut summary = Summary::default();
    // Each call fails in one of its ways, the next one in the next.
    for (number, way) in (0..).zip((0..WAYS).cycle()) {
        if fixture.run(plan, number, way, &mut summary).is_none() {
            break;
        }
        summary.runs += 1;
    }
    fixture.host.stop_clean();
    println!("{plan:?}: {summary:?}");
    assert!(summary.runs > 64, "each entry makes a call");
    summary
}

#[test]
fn a_batch_with_one_failed_call_is_undone_or_names_what_is_not() {
    let summary = fail_each(Plan::Only);
    assert!(summary.undone > 64, "{summary:?}");
}

#[test]
fn a_batch_whose_later_calls_all_fail_names_what_is_not_undone() {
    let summary = fail_each(Plan::From);
    assert!(
        summary.undone > 0 && summary.undone_partly > 64,
        "{summary:?}"
    );
}
