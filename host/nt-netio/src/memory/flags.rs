//! How the memory backend stores the `BOOLEAN` members of a route.

use nt_types::MibIpForwardRow2;
use nt_types::route::INFINITE_LIFETIME;

use super::state::State;
use crate::behaviours::StoredFlags;
use crate::keys::Selector;

impl State {
    /// Sets the flags that the stack stores when a caller gives those of `given`.
    pub(super) fn set_flags(&self, row: &mut MibIpForwardRow2, given: &MibIpForwardRow2) {
        match self.behaviours.stored_flags {
            StoredFlags::Derived => self.derive_flags(row),
            StoredFlags::AsGiven | StoredFlags::KeptBySet => set_flags_of(row, given),
        }
    }

    /// The computer is no router, so no interface publishes routes or gives addresses.
    fn derive_flags(&self, row: &mut MibIpForwardRow2) {
        let interface = self.find(Selector::Luid(row.interface_luid));
        row.loopback = interface.is_some_and(|found| found.is_loopback).into();
        row.autoconfigure_address = 0;
        row.publish = 0;
        row.immortal = (row.valid_lifetime == INFINITE_LIFETIME).into();
    }
}

fn set_flags_of(row: &mut MibIpForwardRow2, given: &MibIpForwardRow2) {
    let flag = |byte: u8| u8::from(byte != 0);
    row.loopback = flag(given.loopback);
    row.autoconfigure_address = flag(given.autoconfigure_address);
    row.publish = flag(given.publish);
    row.immortal = flag(given.immortal);
}
