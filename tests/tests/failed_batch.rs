//! An atomic batch of 64 mixed entries, each call of which fails once: the table is exactly as it
//! was, or the answer names each row that could not be put back, and why.

use std::collections::BTreeMap;

use ipforward::{Batch, Device, Did, Entry, Interface, Outcome, Route, Verdict};
use ipnet::Ipv4Net;
use tests::{Failed, Host, Plan, Process, eventually, table};

/// Entries of each kind. There are eight kinds.
const OF_EACH: u8 = 8;
/// What the names of all functions of NETIO contain that a batch uses.
const NETIO: &str = "Ip";
/// In so many ways a call of NETIO may fail, or fewer. It is no multiple of the calls that an entry
/// makes, so that each of them fails in each way.
const WAYS: u8 = 5;

/// 10.KIND.N.0/24 via 192.0.2.254 at interface 7.
fn route(kind: u8, number: u8) -> Route {
    let prefix = Ipv4Net::new([10, kind, number, 0].into(), 24).unwrap();
    Route::new(prefix, Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// What was there before, by somebody else, for the kinds that change something.
fn others_routes() -> impl Iterator<Item = Route> {
    (2..6).flat_map(|kind| (0..OF_EACH).map(move |number| route(kind, number).metric(77)))
}

/// What the handle holds before the batch. Half of them displace a row.
fn held_before() -> Batch {
    let of_kind = |kind: u8| (0..OF_EACH).map(move |number| route(kind, number).metric(9));
    let (created, displacing) = (of_kind(7), of_kind(5));
    let entries = created.chain(displacing);
    entries.map(|route| Entry::upsert(&route).lease()).collect()
}

/// The entry of a kind.
fn entry(kind: u8, number: u8) -> Entry {
    let route = route(kind, number);
    match kind {
        0 => Entry::create(&route),
        1 => Entry::create(&route).share(),
        2 => Entry::set(&route),
        3 => Entry::delete(&route.key()),
        4 => Entry::upsert(&route).guard(),
        // A lease that displaced a row ends, and puts the row back.
        5 => Entry::delete(&route.key()).lease(),
        6 => Entry::upsert(&route).lease(),
        _ => Entry::compare_and_set(&route.metric(9), &route),
    }
}

/// All kinds in turn.
fn batch() -> Batch {
    let kinds = (0..OF_EACH).flat_map(|number| (0..8).map(move |kind| entry(kind, number)));
    kinds.collect::<Batch>().atomic()
}

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

struct Bench {
    host: Host,
    control: Process,
    observer: Device,
    /// The table without anything of the handle's.
    base: Rows,
}

impl Bench {
    fn start() -> Self {
        let host = Host::start();
        let observer = Device::open(host.socket()).unwrap();
        for route in others_routes() {
            observer.create_route(&route).unwrap();
        }
        Self {
            control: Process::start(&host.socket()),
            base: rows(&observer),
            observer,
            host,
        }
    }

    /// A handle that holds what it has before the batch.
    fn owner(&self) -> Device {
        let owner = Device::open(self.host.socket()).unwrap();
        assert!(owner.apply(&held_before()).unwrap().is_success());
        owner
    }

    /// One run. The call that failed, if the run was long enough.
    fn run(&mut self, plan: Plan, number: u64, way: u8, tally: &mut Tally) -> Option<Failed> {
        let owner = self.owner();
        self.control.settle();
        let before = rows(&self.observer);
        self.control.arm_among(NETIO, plan, number, way);
        let outcome = owner.apply(&batch());
        // What the driver does by itself after a batch can fail too, and belongs to the run.
        self.control.settle();
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
    fn restore(&mut self, place: &str, has_to_go: fn(&str) -> bool) {
        eventually("the handle's leases have ended", || {
            self.observer.leases().unwrap().is_empty()
        });
        self.control.settle();
        for name in differences(&self.base, &rows(&self.observer)) {
            assert!(!has_to_go(&name), "{place}: {name} was not put back");
            let _ = match self.base.get(&name) {
                Some(route) if rows(&self.observer).contains_key(&name) => {
                    self.observer.set_route(route)
                }
                Some(route) => self.observer.create_route(route),
                None => {
                    let made = rows(&self.observer)[&name];
                    self.observer.delete_route(&made.key())
                }
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

/// Whether the batch leaves the route with this name to a lease: see [`entry`].
fn is_leased(name: &str) -> bool {
    ["10.1.", "10.4.", "10.5.", "10.6.", "10.7."]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The answer tells the truth about the table.
fn judge(place: &str, outcome: &Outcome, changed: &[String], tally: &mut Tally) {
    let of_entry = |index: usize| name(&batch().entries()[index].route());
    let mut not_put_back: Vec<_> = outcome
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.did == Did::UndoFailed)
        .map(|(index, entry)| {
            assert!(entry.undo_failure.is_some(), "{place}: it says why");
            of_entry(index)
        })
        .collect();
    not_put_back.sort();
    match outcome.verdict {
        Verdict::Done => assert_eq!(outcome.applied, 64, "{place}"),
        Verdict::Undone => {
            tally.undone += 1;
            assert_eq!(changed, [""; 0], "{place}: {outcome:?}");
        }
        Verdict::UndonePartly => {
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
    let mut bench = Bench::start();
    let mut tally = Tally::default();
    // Each call fails in one of its ways, the next one in the next.
    for (number, way) in (0..).zip((0..WAYS).cycle()) {
        if bench.run(plan, number, way, &mut tally).is_none() {
            break;
        }
        tally.runs += 1;
    }
    bench.host.stop_clean();
    println!("{plan:?}: {tally:?}");
    assert!(tally.runs > 64, "each entry makes a call");
    tally
}

#[test]
fn a_batch_of_which_any_single_call_fails_is_undone_exactly_or_says_what_is_not() {
    let tally = fail_each(Plan::Only);
    assert!(tally.undone > 64, "{tally:?}");
}

#[test]
fn a_batch_of_which_no_further_call_succeeds_says_what_is_not_undone() {
    let tally = fail_each(Plan::From);
    assert!(tally.undone > 0 && tally.undone_partly > 64, "{tally:?}");
}
