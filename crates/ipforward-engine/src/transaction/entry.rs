//! One entry: what it asks of the stack, and what it writes into the leases.

use abi::apply::{
    ENTRY_COMPARE_AND_SET, ENTRY_CREATE, ENTRY_DELETE, ENTRY_GUARD, ENTRY_LEASE,
    ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED, ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE,
    ENTRY_RESULT_REPLACED, ENTRY_RESULT_UNCHANGED, ENTRY_SHARE, ENTRY_UPSERT,
};
use abi::{ApplyEntry, EntryAnswer, ExplainRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};

use super::batch::Step;
use super::undo::Record;
use crate::alloc::NONE;
use crate::diagnose::diagnose;
use crate::leases::LeaseTable;
use crate::leases::records::LeaseState;
use crate::network_stack::NetworkStack;
use crate::route_attributes::RouteAttributes;
use crate::route_key::RouteKey;

/// Where entries are done: the table, the leases, and for which of its holders.
pub(crate) struct Transaction<'a, Stack> {
    pub(crate) stack: &'a Stack,
    pub(crate) leases: &'a mut LeaseTable,
    /// [`NONE`] if the handle has never held a lease.
    pub(crate) holder: u32,
}

/// How a handle stands to the lease of a route.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ownership {
    /// Nobody holds it.
    Free,
    /// The handle does, perhaps with others.
    Mine(u32),
    /// Others do, and the handle may join them.
    Joinable(u32),
    /// Others did, but the route is gone, and nobody guards it.
    Vacant(u32),
}

/// What an entry did, with the row that was there.
struct Done {
    result: u32,
    old: Option<MibIpForwardRow2>,
    record: Record,
}

/// Why an entry failed, with the row that is the reason, if one is.
#[derive(Clone, Copy)]
struct Failure {
    status: NtStatus,
    old: Option<MibIpForwardRow2>,
}

impl From<NtStatus> for Failure {
    fn from(status: NtStatus) -> Self {
        Self { status, old: None }
    }
}

impl<Stack: NetworkStack> Transaction<'_, Stack> {
    /// Does one entry; answers whether it succeeded. If not, nothing has changed.
    pub(super) fn execute(&mut self, step: &mut Step) -> bool {
        let entry = step.entry;
        let outcome = match entry.operation {
            ENTRY_CREATE => self.create(&entry),
            ENTRY_DELETE if has(&entry, ENTRY_LEASE) => self.end_lease(&entry.row),
            ENTRY_DELETE => self.delete(&entry.row),
            _ => self.write(&entry),
        };
        match outcome {
            Ok(done) => {
                step.record = done.record;
                step.answer = EntryAnswer {
                    result: done.result,
                    old: done.old.unwrap_or_default(),
                    ..EntryAnswer::default()
                };
                true
            }
            Err(failure) => {
                step.answer = self.refusal(&entry.row, &failure);
                false
            }
        }
    }

    fn refusal(&self, row: &MibIpForwardRow2, failure: &Failure) -> EntryAnswer {
        let status = failure.status.bits();
        let answer = EntryAnswer {
            status,
            result: ENTRY_RESULT_NONE,
            ..EntryAnswer::default()
        };
        if let Some(old) = failure.old {
            return EntryAnswer { old, ..answer };
        }
        let request = ExplainRequest {
            row: *row,
            status,
            reserved: 0,
        };
        // The entry's own status says enough if the stack cannot be asked again.
        let diagnosis = diagnose(&request, self.stack).unwrap_or_default();
        EntryAnswer {
            cause: diagnosis.cause,
            limit: diagnosis.limit,
            old: diagnosis.existing,
            ..answer
        }
    }

    fn create(&mut self, entry: &ApplyEntry) -> Result<Done, Failure> {
        if !has(entry, ENTRY_LEASE) {
            let lease = self.leased(&entry.row)?;
            self.stack.create(&entry.row)?;
            return Ok(Done {
                result: ENTRY_RESULT_CREATED,
                old: None,
                record: self.created(lease),
            });
        }
        let key = self.resolve(&entry.row)?;
        let standing = self.stand(&key, entry)?;
        if let Ownership::Joinable(lease) = standing {
            // Others hold the route already, and it is as this one wants it.
            return self.join(lease, entry);
        }
        self.stack.create(&entry.row)?;
        let record = self.take(standing, key, entry, None);
        Ok(Done {
            result: ENTRY_RESULT_CREATED,
            old: None,
            record,
        })
    }

    /// Set, compare-and-set and upsert.
    fn write(&mut self, entry: &ApplyEntry) -> Result<Done, Failure> {
        let row = &entry.row;
        let old = match self.stack.get(row) {
            Ok(old) => old,
            Err(status) if status.is_absent() && entry.operation == ENTRY_UPSERT => {
                return self.create(entry);
            }
            Err(status) => return Err(status.into()),
        };
        let (wanted, there) = (RouteAttributes::of(row), RouteAttributes::of(&old));
        let expected = RouteAttributes::of(&entry.expected);
        if entry.operation == ENTRY_COMPARE_AND_SET && !there.unchanged_since(&expected) {
            return Err(Failure {
                status: NtStatus::REVISION_MISMATCH,
                old: Some(old),
            });
        }
        let key = self.resolve(&old)?;
        let standing = if has(entry, ENTRY_LEASE) {
            Some(self.stand(&key, entry)?)
        } else {
            let lease = self.leases.find(&key);
            let mine = self.leases.ownership(lease, self.holder) != NONE;
            mine.then_some(Ownership::Mine(lease))
        };
        let result = match entry.operation {
            ENTRY_UPSERT if wanted.matches(&there) => ENTRY_RESULT_UNCHANGED,
            ENTRY_UPSERT => ENTRY_RESULT_REPLACED,
            _ => ENTRY_RESULT_CHANGED,
        };
        if result != ENTRY_RESULT_UNCHANGED {
            self.stack.set(row)?;
        }
        let record = match standing {
            // A lease that goes on as it was is not written down again.
            Some(Ownership::Mine(lease))
                if result == ENTRY_RESULT_UNCHANGED && self.goes_on(lease, entry, &there) =>
            {
                Record::None
            }
            Some(standing) => self.take(standing, key, entry, Some(old)),
            None => Record::None,
        };
        Ok(Done {
            result,
            old: Some(old).filter(|_| result != ENTRY_RESULT_UNCHANGED),
            record,
        })
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<Done, Failure> {
        let old = self.stack.get(row)?;
        let lease = self.leases.find(&self.resolve(&old)?);
        self.stack.delete(row)?;
        Ok(Done {
            result: ENTRY_RESULT_DELETED,
            old: Some(old),
            record: self.deleted(lease),
        })
    }

    /// A leased route was deleted by hand, which ends its lease; unless another handle guards it,
    /// which will put it back.
    pub(super) fn deleted(&mut self, lease: u32) -> Record {
        let guarded = self.leases.lease(lease).terms().guarded;
        let mine = self.leases.ownership(lease, self.holder) != NONE;
        if lease == NONE || (guarded && !mine) {
            return Record::None;
        }
        self.leases.unlink(lease);
        Record::Ended(lease)
    }

    /// A route was created, not as a lease: that of the route which was there before has ended with
    /// it; unless it is guarded, which will see to it.
    pub(super) fn created(&mut self, lease: u32) -> Record {
        if lease == NONE || self.leases.lease(lease).terms().guarded {
            return Record::None;
        }
        self.leases.unlink(lease);
        Record::Ended(lease)
    }

    /// The handle's lease ends, as if the handle were closed.
    fn end_lease(&mut self, row: &MibIpForwardRow2) -> Result<Done, Failure> {
        let key = self.resolve(row)?;
        let lease = self.leases.find(&key);
        let owner = self.leases.ownership(lease, self.holder);
        if owner == NONE {
            return Err(NtStatus::NOT_FOUND.into());
        }
        if self.leases.lease(lease).owner_count() > 1 {
            self.leases.unlink_share(owner);
            return Ok(Done {
                result: ENTRY_RESULT_NONE,
                old: None,
                record: Record::ShareEnded(owner),
            });
        }
        let (result, old) = self.withdraw(lease)?;
        self.leases.unlink(lease);
        Ok(Done {
            result,
            old,
            record: Record::Ended(lease),
        })
    }

    /// Takes a leased route from the table: deletes it, or puts back what it displaced.
    fn withdraw(&self, lease: u32) -> Result<(u32, Option<MibIpForwardRow2>), NtStatus> {
        let record = self.leases.lease(lease);
        let keys = record.route().row();
        let there = match self.stack.get(&keys) {
            Ok(there) => there,
            Err(status) if status.is_absent() => return Ok((ENTRY_RESULT_NONE, None)),
            Err(status) => return Err(status),
        };
        if !record.terms().puts_back {
            self.stack.delete(&keys)?;
            return Ok((ENTRY_RESULT_DELETED, Some(there)));
        }
        let displaced = RouteAttributes::of(self.leases.displaced(lease));
        let now = RouteAttributes::of(&there);
        if !now.unchanged_since(&record.terms().made) || displaced.matches(&now) {
            return Ok((ENTRY_RESULT_NONE, None));
        }
        self.stack.set(&displaced.with_keys_of(&keys))?;
        Ok((ENTRY_RESULT_CHANGED, Some(there)))
    }

    /// Holds a route together with others.
    fn join(&mut self, lease: u32, entry: &ApplyEntry) -> Result<Done, Failure> {
        let result = match self.stack.get(&entry.row) {
            Ok(_) => ENTRY_RESULT_UNCHANGED,
            Err(status) if status.is_absent() => {
                self.stack.create(&entry.row)?;
                ENTRY_RESULT_CREATED
            }
            Err(status) => return Err(status.into()),
        };
        let owner = self.leases.join(self.holder, lease);
        Ok(Done {
            result,
            old: None,
            record: Record::Taken(owner),
        })
    }

    /// How the handle stands to the lease of a route; with room for what it is going to write
    /// down.
    fn stand(&mut self, key: &RouteKey, entry: &ApplyEntry) -> Result<Ownership, Failure> {
        let lease = self.leases.find(key);
        if lease == NONE {
            self.leases.reserve(self.holder, NONE)?;
            return Ok(Ownership::Free);
        }
        if self.leases.ownership(lease, self.holder) != NONE {
            return Ok(Ownership::Mine(lease));
        }
        let terms = *self.leases.lease(lease).terms();
        let joinable = terms.shared
            && has(entry, ENTRY_SHARE)
            && RouteAttributes::of(&entry.row).matches(&terms.made);
        if joinable {
            self.leases.reserve(self.holder, lease)?;
            return Ok(Ownership::Joinable(lease));
        }
        match self.stack.get(&entry.row) {
            Err(status) if status.is_absent() && !terms.guarded => {
                self.leases.reserve(self.holder, NONE)?;
                Ok(Ownership::Vacant(lease))
            }
            there => Err(Failure {
                status: NtStatus::SHARING_VIOLATION,
                old: there.ok(),
            }),
        }
    }

    /// Writes down that the handle holds a route that has just been written.
    fn take(
        &mut self,
        standing: Ownership,
        key: RouteKey,
        entry: &ApplyEntry,
        displaced: Option<MibIpForwardRow2>,
    ) -> Record {
        let terms = LeaseState {
            made: self.read_back(&entry.row),
            shared: has(entry, ENTRY_SHARE),
            guarded: has(entry, ENTRY_GUARD),
            ..LeaseState::default()
        };
        match standing {
            Ownership::Free => Record::Taken(self.leases.add(self.holder, key, terms, displaced)),
            Ownership::Vacant(ended) => {
                self.leases.unlink(ended);
                let taken = self.leases.add(self.holder, key, terms, displaced);
                Record::TakenOver { taken, ended }
            }
            Ownership::Joinable(lease) => Record::Taken(self.leases.join(self.holder, lease)),
            Ownership::Mine(lease) => {
                let before = *self.leases.lease(lease).terms();
                let leased = has(entry, ENTRY_LEASE);
                let alone = self.leases.lease(lease).owner_count() == 1;
                let terms = LeaseState {
                    shared: if leased && alone {
                        terms.shared
                    } else {
                        before.shared
                    },
                    guarded: if leased && alone {
                        terms.guarded
                    } else {
                        before.guarded
                    },
                    // A route that was created anew displaces nothing.
                    puts_back: before.puts_back && displaced.is_some(),
                    ..terms
                };
                self.leases.amend(lease, terms);
                self.leases.mark(self.leases.ownership(lease, self.holder));
                Record::Amended(lease, before)
            }
        }
    }

    /// Whether an upsert finds its own lease as it wants it; then it is in the declared set.
    fn goes_on(&mut self, lease: u32, entry: &ApplyEntry, there: &RouteAttributes) -> bool {
        let terms = *self.leases.lease(lease).terms();
        let alone = self.leases.lease(lease).owner_count() == 1;
        // Whoever asks once more for a route that its guard has given up wants it guarded.
        let goes_on = terms.made == *there
            && !terms.have_given_up()
            && (!alone || terms.shared == has(entry, ENTRY_SHARE))
            && (!alone || terms.guarded == has(entry, ENTRY_GUARD));
        if goes_on {
            self.leases.mark(self.leases.ownership(lease, self.holder));
        }
        goes_on
    }

    /// A route as the stack has it by now; what cannot be read back is as it was asked for.
    pub(super) fn read_back(&self, row: &MibIpForwardRow2) -> RouteAttributes {
        RouteAttributes::of(&self.stack.get(row).unwrap_or(*row))
    }

    /// The key of a row, with the interface that it names.
    pub(super) fn resolve(&self, row: &MibIpForwardRow2) -> Result<RouteKey, NtStatus> {
        if row.interface_luid != 0 {
            return Ok(RouteKey::of(row));
        }
        let interface = self.stack.interface(&MibIpInterfaceRow {
            family: row.destination_prefix.prefix.family,
            interface_index: row.interface_index,
            ..MibIpInterfaceRow::default()
        })?;
        Ok(RouteKey::on(interface.interface_luid, row))
    }
}

const fn has(entry: &ApplyEntry, flag: u32) -> bool {
    entry.flags & flag != 0
}
