//! Any sequence of what several handles and a hostile third party do, with a stack that fails at
//! any call, leaves the table and the ledger as the [reference](super::reference) says.

extern crate std;

use std::collections::BTreeMap;
use std::fmt;
use std::vec::Vec;

use abi::apply::{
    APPLY_ATOMIC, APPLY_DECLARED_SET, APPLY_DRY_RUN, DID_UNDONE, ENTRY_COMPARE_AND_SET,
    ENTRY_SHARE, OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_UNDONE,
};
use proptest::prelude::*;

use super::reference::Reference;
use super::*;
use crate::key::Key;
use crate::stack::NetworkStack;

const CLIENTS: usize = 3;
const ROUTES: u16 = 6;

#[derive(Clone)]
enum Act {
    Batch(usize, u32, Vec<ApplyEntry>),
    Declare(usize, u32, Vec<ApplyEntry>),
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
            std::format!("route {number} metric {}", row.metric)
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
            Self::Declare(who, flags, entries) => {
                write!(formatter, "set of {who}, flags {flags}: {:?}", all(entries))
            }
            Self::Create(who, it) => write!(formatter, "{who} creates {}", row(it)),
            Self::Set(who, it) => write!(formatter, "{who} sets {}", row(it)),
            Self::Delete(who, it) => write!(formatter, "{who} deletes {}", row(it)),
            Self::HostileSet(it) => write!(formatter, "somebody sets {}", row(it)),
            Self::HostileDelete(it) => write!(formatter, "somebody deletes {}", row(it)),
            Self::Close(who) => write!(formatter, "{who} closes"),
            Self::Observe => formatter.write_str("notifications come"),
        }
    }
}

fn rows() -> impl Strategy<Value = MibIpForwardRow2> {
    (0..ROUTES, 1..4_u32, any::<bool>()).prop_map(|(number, value, by_luid)| {
        let row = metric(route(number), value);
        MibIpForwardRow2 {
            interface_luid: if by_luid {
                ModelStack::key(&row).luid()
            } else {
                0
            },
            ..row
        }
    })
}

fn entries() -> impl Strategy<Value = ApplyEntry> {
    (1..=5_u32, 0..3_usize, rows(), 1..4_u32).prop_map(|(operation, flags, row, value)| {
        let flags = [0, ENTRY_LEASE, ENTRY_LEASE | ENTRY_SHARE][flags];
        let compares = operation == ENTRY_COMPARE_AND_SET;
        ApplyEntry {
            flags: if operation == ENTRY_DELETE {
                flags & ENTRY_LEASE
            } else {
                flags
            },
            expected: if compares {
                metric(row, value)
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
        2 => (who.clone(), atomic, wanted)
            .prop_map(|(who, flags, entries)| Act::Declare(who, flags, entries)),
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

#[derive(Default)]
struct Play {
    machine: Machine,
    clients: [Client; CLIENTS],
    reference: Reference,
}

impl Play {
    fn act(&mut self, act: &Act, failure: Option<(u64, u64)>) {
        // Which of the others have ended by then cannot be told from outside.
        let tellable = !matches!(act, Act::Declare(_, 0, _) | Act::Observe);
        if let Some((call, count)) = failure.filter(|_| tellable) {
            self.machine.stack.fail(call, count);
        }
        match act {
            Act::Batch(who, flags, entries) => self.batch(*who, *flags, entries),
            Act::Declare(who, flags, entries) => self.declare(*who, *flags, entries),
            Act::Create(who, row) => {
                let done = self.call(*who, Command::CreateRoute(*row));
                let key = ModelStack::key(row);
                let plain = entry(ENTRY_CREATE, 0, *row);
                self.agree(done, |reference| {
                    reference.create(*who, key, &plain).is_some()
                });
            }
            Act::Set(who, row) => {
                let done = self.call(*who, Command::SetRoute(*row));
                let key = ModelStack::key(row);
                self.agree(done, |reference| {
                    reference.set(*who, key, row.metric).is_some()
                });
            }
            Act::Delete(who, row) => {
                let done = self.call(*who, Command::DeleteRoute(*row));
                let key = ModelStack::key(row);
                self.agree(done, |reference| reference.delete(&key).is_some());
            }
            Act::HostileSet(row) => {
                if self
                    .machine
                    .stack
                    .set(row)
                    .or_else(|_| self.machine.stack.create(row))
                    .is_ok()
                {
                    self.reference
                        .table
                        .insert(ModelStack::key(row), row.metric);
                }
            }
            Act::HostileDelete(row) => {
                if self.machine.stack.delete(row).is_ok() {
                    self.reference.table.remove(&ModelStack::key(row));
                }
            }
            Act::Close(who) => self.close(*who),
            Act::Observe => {
                self.machine.notify();
                self.machine.keep();
                self.reference.observe();
            }
        }
        self.machine.stack.heal();
        self.check();
    }

    fn call(&self, who: usize, command: Command) -> bool {
        self.machine
            .serve(&self.clients[who], command, &mut [])
            .is_ok()
    }

    /// What the engine did, the reference does; what it did not do, only a failure can excuse.
    fn agree(&mut self, done: bool, act: impl FnOnce(&mut Reference) -> bool) {
        let before = self.reference.clone();
        let could = act(&mut self.reference);
        if done {
            assert!(could);
        } else {
            assert!(!could || self.machine.stack.heal());
            self.reference = before;
        }
    }

    fn batch(&mut self, who: usize, flags: u32, entries: &[ApplyEntry]) {
        let before = self.reference.clone();
        let batch = self.machine.apply(&self.clients[who], flags, entries);
        let failed = self.machine.stack.heal();
        for (index, entry) in entries.iter().enumerate() {
            let answer = batch.entry_answer(index);
            let succeeded = NtStatus::new(answer.status).is_success();
            if NtStatus::new(answer.status) == NtStatus::CANCELLED {
                break;
            }
            let saved = self.reference.clone();
            match self.reference.entry(who, entry) {
                Some(did) if succeeded => assert!([did, DID_UNDONE].contains(&answer.did)),
                did => {
                    assert!(!succeeded && (did.is_none() || failed), "{index} {did:?}");
                    self.reference = saved;
                }
            }
        }
        if flags == APPLY_DRY_RUN || batch.answer().outcome == OUTCOME_UNDONE {
            self.reference = before;
        } else {
            assert!([OUTCOME_DONE, OUTCOME_FAILED].contains(&batch.answer().outcome));
        }
    }

    fn declare(&mut self, who: usize, flags: u32, entries: &[ApplyEntry]) {
        let batch_flags = flags | APPLY_DECLARED_SET;
        let batch = self.machine.apply(&self.clients[who], batch_flags, entries);
        let undone = batch.answer().outcome == OUTCOME_UNDONE;
        if undone {
            return;
        }
        let mut whole = true;
        for entry in entries {
            whole &= self.reference.entry(who, entry).is_some();
        }
        assert_eq!(whole, batch.answer().outcome == OUTCOME_DONE);
        if whole {
            let kept: Vec<_> = entries
                .iter()
                .map(|entry| ModelStack::key(&entry.row))
                .collect();
            self.reference.end_all(who, &kept);
        }
    }

    fn close(&mut self, who: usize) {
        let client = core::mem::take(&mut self.clients[who]);
        if self.machine.close(&client) {
            assert!(self.machine.stack.heal());
            let Machine { stack, world } = &self.machine;
            assert!(!errands::end_owed(stack, &world.ledger));
        }
        self.reference.end_all(who, &[]);
    }

    fn check(&self) {
        let table: BTreeMap<Key, u32> = self
            .machine
            .stack
            .table()
            .into_iter()
            .map(|(key, row)| (key, row.metric))
            .collect();
        assert_eq!(table, self.reference.table);
        let leases = self.reference.leases.len();
        assert_eq!(self.machine.leases() as usize, leases);
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
        let mut play = Play::default();
        for (act, failure) in &steps {
            play.act(act, *failure);
        }
        for who in 0..CLIENTS {
            play.act(&Act::Close(who), None);
        }
        prop_assert_eq!(play.machine.leases(), 0);
    }
}
