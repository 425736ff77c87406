//! How the memory backend stores the `BOOLEAN` members of a route.

use nt_types::MibIpForwardRow2;
use nt_types::route::INFINITE_LIFETIME;

use super::state::State;
use crate::behaviours::StoredFlags;
use crate::keys::Selector;

impl State {
    /// `row` with the flags that the stack stores when a caller gives those of `given`. `before` is
    /// the row that a set changes.
    pub(super) fn with_flags(
        &self,
        row: MibIpForwardRow2,
        given: &MibIpForwardRow2,
        before: Option<&MibIpForwardRow2>,
    ) -> MibIpForwardRow2 {
        match (self.behaviours.stored_flags, before) {
            (StoredFlags::Derived, _) => self.with_derived_flags(row),
            (StoredFlags::KeptBySet, Some(before)) => with_flags_of(row, before),
            (StoredFlags::AsGiven | StoredFlags::KeptBySet, _) => with_flags_of(row, given),
        }
    }

    /// The computer is no router, so no interface publishes routes or gives addresses.
    fn with_derived_flags(&self, row: MibIpForwardRow2) -> MibIpForwardRow2 {
        let interface = self.find(Selector::Luid(row.interface_luid));
        MibIpForwardRow2 {
            loopback: interface.is_some_and(|found| found.is_loopback).into(),
            autoconfigure_address: 0,
            publish: 0,
            immortal: (row.valid_lifetime == INFINITE_LIFETIME).into(),
            ..row
        }
    }
}

fn with_flags_of(row: MibIpForwardRow2, given: &MibIpForwardRow2) -> MibIpForwardRow2 {
    let flag = |byte: u8| u8::from(byte != 0);
    MibIpForwardRow2 {
        loopback: flag(given.loopback),
        autoconfigure_address: flag(given.autoconfigure_address),
        publish: flag(given.publish),
        immortal: flag(given.immortal),
        ..row
    }
}
