//! What the engine should do, said as simply as possible: with copies, searches and no failures.

extern crate std;

use std::collections::BTreeMap;
use std::vec::Vec;

use abi::apply::{
    ENTRY_CREATE, ENTRY_DELETE, ENTRY_LEASE, ENTRY_RESULT_CHANGED, ENTRY_RESULT_CREATED,
    ENTRY_RESULT_DELETED, ENTRY_RESULT_NONE, ENTRY_RESULT_REPLACED, ENTRY_RESULT_UNCHANGED,
    ENTRY_SHARE, ENTRY_UPSERT,
};
use abi::{AddressFamily, ApplyEntry, MibIpForwardRow2, NtStatus};

use crate::fake_stack::{FakeStack, Table};
use crate::route_key::RouteKey;

/// The row as the stack keeps it.
pub(super) fn kept(row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
    FakeStack::normalize(row, &FakeStack::interface_row(AddressFamily::IPV4, 7, 25))
}

/// Which client.
type Who = usize;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) table: Table,
    pub(super) leases: BTreeMap<RouteKey, Lease>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) owners: Vec<Who>,
    made: MibIpForwardRow2,
    displaced: Option<MibIpForwardRow2>,
    shared: bool,
}

impl Reference {
    fn owns(&self, who: Who, key: &RouteKey) -> bool {
        self.leases
            .get(key)
            .is_some_and(|lease| lease.owners.contains(&who))
    }

    /// Executes one entry. Returns its effect, or `None` if it fails.
    pub(super) fn entry(&mut self, who: Who, entry: &ApplyEntry) -> Option<u32> {
        let key = FakeStack::default_key(&entry.row);
        let leased = entry.flags & ENTRY_LEASE != 0;
        match entry.operation {
            ENTRY_CREATE => self.create(who, key, entry),
            ENTRY_DELETE if leased => self.end(who, &key),
            ENTRY_DELETE => self.delete(&key),
            _ => self.write(who, key, entry),
        }
    }

    /// Whether a client joins the lease of another handle; `None` if it may not, although the route
    /// is there.
    fn may_join(
        &self,
        who: Who,
        key: &RouteKey,
        shares: bool,
        wanted: &MibIpForwardRow2,
    ) -> Option<bool> {
        match self.leases.get(key) {
            Some(lease) if !lease.owners.contains(&who) => {
                let agreed = lease.shared && shares && lease.made == *wanted;
                (agreed || !self.table.contains_key(key)).then_some(agreed)
            }
            _ => Some(false),
        }
    }

    pub(super) fn create(&mut self, who: Who, key: RouteKey, entry: &ApplyEntry) -> Option<u32> {
        let wanted = kept(&entry.row).ok()?;
        let leased = entry.flags & ENTRY_LEASE != 0;
        let shares = entry.flags & ENTRY_SHARE != 0;
        if leased && self.may_join(who, &key, shares, &wanted)? {
            self.leases.get_mut(&key)?.owners.push(who);
            if self.table.contains_key(&key) {
                return Some(ENTRY_RESULT_UNCHANGED);
            }
            self.table.insert(key, wanted);
            return Some(ENTRY_RESULT_CREATED);
        }
        if self.table.contains_key(&key) {
            return None;
        }
        self.table.insert(key, wanted);
        // Earlier holders of the route hold it no longer.
        if !leased || !self.owns(who, &key) {
            self.leases.remove(&key);
        }
        if leased {
            self.take(who, key, shares, wanted, None);
        }
        Some(ENTRY_RESULT_CREATED)
    }

    fn write(&mut self, who: Who, key: RouteKey, entry: &ApplyEntry) -> Option<u32> {
        let upsert = entry.operation == ENTRY_UPSERT;
        let Some(old) = self.table.get(&key).copied() else {
            return if upsert {
                self.create(who, key, entry)
            } else {
                None
            };
        };
        let compares = entry.operation == abi::apply::ENTRY_COMPARE_AND_SET;
        if compares && kept(&entry.expected).ok()? != old {
            return None;
        }
        let wanted = kept(&entry.row).ok()?;
        let leased = entry.flags & ENTRY_LEASE != 0;
        let shares = entry.flags & ENTRY_SHARE != 0;
        let joins = leased && self.may_join(who, &key, shares, &wanted)?;
        self.table.insert(key, wanted);
        if joins {
            self.leases.get_mut(&key)?.owners.push(who);
        } else if leased {
            self.take(who, key, shares, wanted, Some(old));
        } else if self.owns(who, &key) {
            self.leases.get_mut(&key)?.made = wanted;
        }
        Some(match upsert {
            true if old == wanted => ENTRY_RESULT_UNCHANGED,
            true => ENTRY_RESULT_REPLACED,
            false => ENTRY_RESULT_CHANGED,
        })
    }

    fn take(
        &mut self,
        who: Who,
        key: RouteKey,
        shared: bool,
        made: MibIpForwardRow2,
        displaced: Option<MibIpForwardRow2>,
    ) {
        match self.leases.get_mut(&key) {
            Some(lease) => {
                lease.made = made;
                if displaced.is_none() {
                    lease.displaced = None;
                }
                if lease.owners.len() == 1 {
                    lease.shared = shared;
                }
            }
            None => {
                self.leases.insert(
                    key,
                    Lease {
                        owners: std::vec![who],
                        made,
                        displaced,
                        shared,
                    },
                );
            }
        }
    }

    pub(super) fn set(&mut self, who: Who, key: RouteKey, row: &MibIpForwardRow2) -> Option<()> {
        let wanted = kept(row).ok()?;
        *self.table.get_mut(&key)? = wanted;
        if self.owns(who, &key) {
            self.leases.get_mut(&key)?.made = wanted;
        }
        Some(())
    }

    pub(super) fn delete(&mut self, key: &RouteKey) -> Option<u32> {
        self.table.remove(key)?;
        self.leases.remove(key);
        Some(ENTRY_RESULT_DELETED)
    }

    fn end(&mut self, who: Who, key: &RouteKey) -> Option<u32> {
        if !self.owns(who, key) {
            return None;
        }
        let lease = self.leases.get_mut(key)?;
        lease.owners.retain(|owner| *owner != who);
        if !lease.owners.is_empty() {
            return Some(ENTRY_RESULT_NONE);
        }
        let lease = self.leases.remove(key)?;
        let there = self.table.get(key).copied();
        Some(match (lease.displaced, there) {
            (None, Some(_)) => {
                self.table.remove(key);
                ENTRY_RESULT_DELETED
            }
            (Some(displaced), Some(there)) if there == lease.made && there != displaced => {
                self.table.insert(*key, displaced);
                ENTRY_RESULT_CHANGED
            }
            _ => ENTRY_RESULT_NONE,
        })
    }

    /// Ends all leases of a client but those of `kept`.
    pub(super) fn end_all(&mut self, who: Who, kept: &[RouteKey]) {
        let keys: Vec<_> = self.leases.keys().copied().collect();
        for key in keys.iter().filter(|key| !kept.contains(key)) {
            self.end(who, key);
        }
    }

    /// What was seen to be gone is not leased any more.
    pub(super) fn observe(&mut self) {
        let table = &self.table;
        self.leases
            .retain(|key, lease| lease.displaced.is_some() || table.contains_key(key));
    }
}
