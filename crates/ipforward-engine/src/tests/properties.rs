//! Any sequence of what several handles and another program do, with a stack that fails at
//! any call, leaves the table, row for row, and the leases as the [reference](super::reference)
//! says; and a watcher ends with that table.

extern crate std;

use std::fmt;
use std::vec::Vec;

use abi::WatchRequest;
use abi::apply::{
    APPLY_ATOMIC, APPLY_CONTINUES, APPLY_DECLARED_SET, APPLY_DRY_RUN, APPLY_MORE,
    ENTRY_COMPARE_AND_SET, ENTRY_RESULT_ROLLED_BACK, ENTRY_SHARE, OUTCOME_DONE, OUTCOME_FAILED,
    OUTCOME_ROLLED_BACK,
};
use abi::route::INFINITE_LIFETIME;
use proptest::prelude::*;

use super::reference::{Reference, kept};
use super::watching::{Reader, reader};
use super::*;
use crate::route_table_size::RouteTableSize;

const CLIENTS: usize = 3;
const ROUTES: u16 = 6;
/// The values that a row may have beside its keys; the last of them no stack takes.
const VALUES: u32 = 4;

#[derive(Clone)]
enum Act {
    Batch(usize, u32, Vec<ApplyEntry>),
    /// A declared set, in pages of so many entries.
    Declare(usize, u32, Vec<ApplyEntry>, usize),
    Create(usize, MibIpForwardRow2),
    Set(usize, MibIpForwardRow2),
    Delete(usize, MibIpForwardRow2),
    HostileSet(MibIpForwardRow2),
    HostileDelete(MibIpForwardRow2),
    Close(usize),
    Observe,
}

/// Shortly, so that a failing case can be read.
impl fmt::Debug for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |row: &MibIpForwardRow2| {
            let [_, _, number, _] = row.destination_prefix.prefix.ipv4_or_flow;
            let values = (0..=VALUES).find(|value| with_values(*row, *value) == *row);
            std::format!("route {number} values {values:?}")
        };
        let all = |entries: &[ApplyEntry]| -> Vec<_> {
            entries
                .iter()
                .map(|entry| {
                    std::format!("{}/{} {}", entry.operation, entry.flags, row(&entry.row))
                })
                .collect()
        };
        match self {
            Self::Batch(who, flags, entries) => {
                write!(
                    formatter,
                    "batch of {who}, flags {flags}: {:?}",
                    all(entries)
                )
            }
            Self::Declare(who, flags, entries, page) => {
                write!(
                    formatter,
                    "set of {who}, flags {flags}, pages of {page}: {:?}",
                    all(entries)
                )
            }
            Self::Create(who, it) => write!(formatter, "{who} creates {}", row(it)),
            Self::Set(who, it) => write!(formatter, "{who} sets {}", row(it)),
            Self::Delete(who, it) => write!(formatter, "{who} deletes {}", row(it)),
            Self::HostileSet(it) => write!(formatter, "another program sets {}", row(it)),
            Self::HostileDelete(it) => write!(formatter, "another program deletes {}", row(it)),
            Self::Close(who) => write!(formatter, "{who} closes"),
            Self::Observe => formatter.write_str("notifications come"),
        }
    }
}

/// The row with one of the values: two of them differ in the metric, and two do not.
fn with_values(row: MibIpForwardRow2, value: u32) -> MibIpForwardRow2 {
    let row = metric(row, 5);
    match value {
        0 => row,
        1 => metric(row, 6),
        2 => MibIpForwardRow2 {
            protocol: row.protocol + 1,
            publish: 1,
            ..row
        },
        3 => MibIpForwardRow2 {
            valid_lifetime: 60,
            preferred_lifetime: 60,
            immortal: 1,
            site_prefix_length: 8,
            ..row
        },
        _ => MibIpForwardRow2 {
            valid_lifetime: 60,
            preferred_lifetime: INFINITE_LIFETIME,
            ..row
        },
    }
}

fn values() -> impl Strategy<Value = u32> {
    prop_oneof![20 => 0..VALUES, 1 => Just(VALUES)]
}

fn rows() -> impl Strategy<Value = MibIpForwardRow2> {
    (0..ROUTES, values(), any::<bool>()).prop_map(|(number, value, by_luid)| {
        let row = with_values(route(number), value);
        MibIpForwardRow2 {
            interface_luid: if by_luid {
                FakeStack::default_key(&row).luid()
            } else {
                0
            },
            ..row
        }
    })
}

fn entries() -> impl Strategy<Value = ApplyEntry> {
    (1..=5_u32, 0..3_usize, rows(), 0..VALUES).prop_map(|(operation, flags, row, value)| {
        let flags = [0, ENTRY_LEASE, ENTRY_LEASE | ENTRY_SHARE][flags];
        let compares = operation == ENTRY_COMPARE_AND_SET;
        ApplyEntry {
            flags: if operation == ENTRY_DELETE {
                flags & ENTRY_LEASE
            } else {
                flags
            },
            expected: if compares {
                with_values(row, value)
            } else {
                MibIpForwardRow2::default()
            },
            ..entry(operation, 0, row)
        }
    })
}

fn acts() -> impl Strategy<Value = Act> {
    let who = 0..CLIENTS;
    let flags = prop_oneof![Just(0), Just(APPLY_ATOMIC), Just(APPLY_DRY_RUN)];
    let atomic = prop_oneof![Just(0), Just(APPLY_ATOMIC)];
    let wanted = prop::collection::vec(rows().prop_map(upsert_lease), 0..6);
    prop_oneof![
        6 => (who.clone(), flags, prop::collection::vec(entries(), 1..10))
            .prop_map(|(who, flags, entries)| Act::Batch(who, flags, entries)),
        2 => (who.clone(), atomic, wanted, 1..7_usize)
            .prop_map(|(who, flags, entries, page)| Act::Declare(who, flags, entries, page)),
        1 => (who.clone(), rows()).prop_map(|(who, row)| Act::Create(who, row)),
        1 => (who.clone(), rows()).prop_map(|(who, row)| Act::Set(who, row)),
        1 => (who.clone(), rows()).prop_map(|(who, row)| Act::Delete(who, row)),
        1 => rows().prop_map(Act::HostileSet),
        1 => rows().prop_map(Act::HostileDelete),
        1 => who.prop_map(Act::Close),
        1 => Just(Act::Observe),
    ]
}

/// An act, and which calls of the stack fail meanwhile.
fn steps() -> impl Strategy<Value = (Act, Option<(u64, u64)>)> {
    let failures = prop::option::weighted(0.4, (0..25_u64, 1..3_u64));
    (acts(), failures)
}

struct Play {
    driver: TestDriver,
    clients: [Client; CLIENTS],
    reference: Reference,
    watcher: Reader,
}

impl Play {
    fn new() -> Self {
        let driver = TestDriver::default();
        driver.state.leases.with(|leases| {
            leases.route_table_size = RouteTableSize::with_routes_min(2);
        });
        Self {
            watcher: reader(WatchRequest::default(), &driver),
            driver,
            clients: Default::default(),
            reference: Reference::default(),
        }
    }

    fn act(&mut self, act: &Act, failure: Option<(u64, u64)>) {
        // No failure for these: the test cannot observe which other leases ended before the
        // failure.
        let tellable = !matches!(act, Act::Declare(_, 0, _, _) | Act::Observe);
        if let Some((call, count)) = failure.filter(|_| tellable) {
            self.driver.stack.fail(call, count);
        }
        match act {
            Act::Batch(who, flags, entries) => self.batch(*who, *flags, entries),
            Act::Declare(who, flags, entries, page) => {
                self.declare(*who, *flags, entries, *page);
            }
            Act::Create(who, row) => {
                let done = self.call(*who, Command::CreateRoute(*row));
                let key = FakeStack::default_key(row);
                let plain = entry(ENTRY_CREATE, 0, *row);
                self.agree(done, |reference| {
                    reference.create(*who, key, &plain).is_some()
                });
            }
            Act::Set(who, row) => {
                let done = self.call(*who, Command::SetRoute(*row));
                let key = FakeStack::default_key(row);
                self.agree(done, |reference| reference.set(*who, key, row).is_some());
            }
            Act::Delete(who, row) => {
                let done = self.call(*who, Command::DeleteRoute(*row));
                let key = FakeStack::default_key(row);
                self.agree(done, |reference| reference.delete(&key).is_some());
            }
            Act::HostileSet(row) => {
                if self
                    .driver
                    .stack
                    .set(row)
                    .or_else(|_| self.driver.stack.create(row))
                    .is_ok()
                {
                    let row = kept(row).expect("the stack took it");
                    self.reference
                        .table
                        .insert(FakeStack::default_key(&row), row);
                }
            }
            Act::HostileDelete(row) => {
                if self.driver.stack.delete(row).is_ok() {
                    self.reference.table.remove(&FakeStack::default_key(row));
                }
            }
            Act::Close(who) => self.close(*who),
            Act::Observe => {
                self.driver.notify();
                self.driver.work();
                self.reference.observe();
                self.watcher.catch_up(&self.driver, 4);
                assert_eq!(self.watcher.copy, self.reference.table);
            }
        }
        self.driver.stack.heal();
        self.check();
    }

    fn call(&self, who: usize, command: Command<'_>) -> bool {
        self.driver
            .serve(&self.clients[who], command, &mut [])
            .is_ok()
    }

    /// The reference repeats an act that the engine executed. The engine may leave an act out only
    /// if the stack failed.
    fn agree(&mut self, done: bool, act: impl FnOnce(&mut Reference) -> bool) {
        let before = self.reference.clone();
        let could = act(&mut self.reference);
        if done {
            assert!(could);
        } else {
            assert!(!could || self.driver.stack.heal());
            self.reference = before;
        }
    }

    fn batch(&mut self, who: usize, flags: u32, entries: &[ApplyEntry]) {
        let before = self.reference.clone();
        let batch = self.driver.apply(&self.clients[who], flags, entries);
        let failed = self.driver.stack.heal();
        for (index, entry) in entries.iter().enumerate() {
            let answer = batch.entry_answer(index);
            let succeeded = NtStatus::new(answer.status).is_success();
            if NtStatus::new(answer.status) == NtStatus::CANCELLED {
                break;
            }
            let saved = self.reference.clone();
            match self.reference.entry(who, entry) {
                Some(result) if succeeded => {
                    assert!([result, ENTRY_RESULT_ROLLED_BACK].contains(&answer.result));
                }
                result => {
                    assert!(
                        !succeeded && (result.is_none() || failed),
                        "{index} {result:?}"
                    );
                    self.reference = saved;
                }
            }
        }
        if flags == APPLY_DRY_RUN || batch.wire_answer().outcome == OUTCOME_ROLLED_BACK {
            self.reference = before;
        } else {
            assert!([OUTCOME_DONE, OUTCOME_FAILED].contains(&batch.wire_answer().outcome));
        }
    }

    fn declare(&mut self, who: usize, flags: u32, entries: &[ApplyEntry], page: usize) {
        let count = entries.len().div_ceil(page).max(1);
        let mut pages = entries.chunks(page);
        let mut whole = true;
        for number in 0..count {
            let place = match (number, number + 1 == count) {
                (0, true) => 0,
                (0, false) => APPLY_MORE,
                (_, true) => APPLY_CONTINUES,
                (_, false) => APPLY_CONTINUES | APPLY_MORE,
            };
            let page = pages.next().unwrap_or_default();
            let Some(done) = self.declare_page(who, flags | place, page) else {
                return;
            };
            whole &= done;
        }
        if whole {
            let kept: Vec<_> = entries
                .iter()
                .map(|entry| FakeStack::default_key(&entry.row))
                .collect();
            self.reference.end_all(who, &kept);
        }
    }

    /// One page: whether all of it was done, or `None` if all was undone and the set given up.
    fn declare_page(&mut self, who: usize, flags: u32, entries: &[ApplyEntry]) -> Option<bool> {
        let batch_flags = flags | APPLY_DECLARED_SET;
        let batch = self.driver.apply(&self.clients[who], batch_flags, entries);
        if batch.wire_answer().outcome == OUTCOME_ROLLED_BACK {
            return None;
        }
        let mut whole = true;
        for entry in entries {
            whole &= self.reference.entry(who, entry).is_some();
        }
        assert_eq!(whole, batch.wire_answer().outcome == OUTCOME_DONE);
        Some(whole)
    }

    fn close(&mut self, who: usize) {
        let client = core::mem::take(&mut self.clients[who]);
        if self.driver.close(&client) {
            assert!(self.driver.stack.heal());
            let TestDriver { stack, state } = &self.driver;
            worker::release_remaining(&mut &*stack, &state.leases, state);
            assert!(!state.leases.with(|leases| leases.has_pending_release()));
        }
        self.reference.end_all(who, &[]);
    }

    fn check(&self) {
        assert_eq!(self.driver.stack.table(), self.reference.table);
        let leases = self.reference.leases.len();
        assert_eq!(self.driver.leases() as usize, leases);
        self.driver.state.leases.with(|leases| leases.check_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_table_is_always_as_the_reference_says(steps in prop::collection::vec(steps(), 1..30)) {
        let mut play = Play::new();
        for (act, failure) in &steps {
            play.act(act, *failure);
        }
        for who in 0..CLIENTS {
            play.act(&Act::Close(who), None);
        }
        prop_assert_eq!(play.driver.leases(), 0);
        let bytes = play.driver.state.leases.with(|leases| leases.bytes().count());
        prop_assert_eq!(bytes, 0);
    }
}
