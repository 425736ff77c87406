//! What the driver loses, where the caller of a request does not learn it: each kind has a counter,
//! and one line for a person.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use abi::{IpAddressPrefix, Losses, NtStatus};

use crate::route_key::RouteKey;

/// Something that the driver lost or could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Leases of closed handles that the stack refused to end before the device was removed. Their
    /// routes stay in the route table.
    LeasesLeft {
        /// Number of routes.
        count: u32,
        /// One of them.
        first: LostRoute,
    },
    /// Leased settings of interfaces that the stack refused to put back before the device was
    /// removed: their number.
    SettingsLeft(u32),
    /// A guard does not restore its route any more.
    GuardGaveUp(LostRoute),
    /// A ring of a `WATCH` filter is full. Reported again after its reader has caught up.
    EventsLost,
    /// The ring with changes of leased routes is full. All leases are compared with the table.
    ChangesLost,
    /// A `WATCH` without an event could not wait.
    WatchNotParked(NtStatus),
    /// The stack did not register the driver for notifications.
    NotRegistered(NtStatus),
    /// The IRQL was too high to free a table of the stack.
    TableLeaked,
    /// A thread could not be put back into the network compartment that it came from.
    CompartmentNotLeft(NtStatus),
}

/// A route that a loss concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostRoute {
    /// The destination.
    pub prefix: IpAddressPrefix,
    /// The LUID of the interface.
    pub luid: u64,
}

impl From<&RouteKey> for LostRoute {
    fn from(key: &RouteKey) -> Self {
        Self {
            prefix: key.row().destination_prefix,
            luid: key.luid(),
        }
    }
}

/// What a line says besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossDetail {
    /// Nothing.
    None,
    /// A status of the framework or the stack.
    Status(NtStatus),
    /// A number.
    Count(u32),
    /// So many routes, and one of them.
    Routes(u32, LostRoute),
}

impl Loss {
    /// The text of the line.
    #[must_use]
    pub const fn text(&self) -> &'static CStr {
        match self {
            Self::LeasesLeft { .. } => c"routes of leases are left in the route table",
            Self::SettingsLeft(_) => c"leased settings of interfaces are not put back",
            Self::GuardGaveUp(_) => c"a guard gave up",
            Self::EventsLost => c"a WATCH lost events, because they are read too slowly",
            Self::ChangesLost => c"changes of leased routes came too fast, all leases are checked",
            Self::WatchNotParked(_) => c"a WATCH cannot wait",
            Self::NotRegistered(_) => c"the stack does not register for notifications",
            Self::TableLeaked => c"a table leaks, because the IRQL is too high to free it",
            Self::CompartmentNotLeft(_) => c"a thread stays in another network compartment",
        }
    }

    /// What the line says besides.
    #[must_use]
    pub const fn detail(&self) -> LossDetail {
        match self {
            Self::LeasesLeft { count, first } => LossDetail::Routes(*count, *first),
            Self::SettingsLeft(count) => LossDetail::Count(*count),
            Self::GuardGaveUp(route) => LossDetail::Routes(1, *route),
            Self::WatchNotParked(status)
            | Self::NotRegistered(status)
            | Self::CompartmentNotLeft(status) => LossDetail::Status(*status),
            Self::EventsLost | Self::ChangesLost | Self::TableLeaked => LossDetail::None,
        }
    }
}

/// Counts losses of each kind; several threads may count at once.
#[derive(Debug, Default)]
pub struct LossCounters {
    leases_left: AtomicU64,
    guards_given_up: AtomicU64,
    event_overflows: AtomicU64,
    change_overflows: AtomicU64,
    watches_not_parked: AtomicU64,
    failed_registrations: AtomicU64,
    tables_leaked: AtomicU64,
    compartments_not_left: AtomicU64,
    settings_left: AtomicU64,
    /// The status of the registration that failed last; 0 while the driver is registered.
    refused_with: AtomicU32,
}

impl LossCounters {
    /// Counters at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            leases_left: AtomicU64::new(0),
            guards_given_up: AtomicU64::new(0),
            event_overflows: AtomicU64::new(0),
            change_overflows: AtomicU64::new(0),
            watches_not_parked: AtomicU64::new(0),
            failed_registrations: AtomicU64::new(0),
            tables_leaked: AtomicU64::new(0),
            compartments_not_left: AtomicU64::new(0),
            settings_left: AtomicU64::new(0),
            refused_with: AtomicU32::new(0),
        }
    }

    /// Counts a loss. Returns whether a line about it is to be printed: not about a registration that
    /// fails as the one before, because the driver tries again each second. May be called at every
    /// IRQL.
    #[must_use]
    pub fn count(&self, loss: &Loss) -> bool {
        let (counter, count) = match loss {
            Loss::LeasesLeft { count, .. } => (&self.leases_left, u64::from(*count)),
            Loss::SettingsLeft(count) => (&self.settings_left, u64::from(*count)),
            Loss::GuardGaveUp(_) => (&self.guards_given_up, 1),
            Loss::EventsLost => (&self.event_overflows, 1),
            Loss::ChangesLost => (&self.change_overflows, 1),
            Loss::WatchNotParked(_) => (&self.watches_not_parked, 1),
            Loss::NotRegistered(_) => (&self.failed_registrations, 1),
            Loss::TableLeaked => (&self.tables_leaked, 1),
            Loss::CompartmentNotLeft(_) => (&self.compartments_not_left, 1),
        };
        counter.fetch_add(count, Ordering::Relaxed);
        match loss {
            Loss::NotRegistered(status) => {
                let before = self.refused_with.swap(status.bits(), Ordering::Relaxed);
                before != status.bits()
            }
            _ => true,
        }
    }

    /// Records that the stack has registered the driver for notifications. Returns how many
    /// registrations have failed so far, if the last one did.
    pub fn on_registered(&self) -> Option<u64> {
        let was_refused = self.refused_with.swap(0, Ordering::Relaxed) != 0;
        was_refused.then(|| self.failed_registrations.load(Ordering::Relaxed))
    }

    /// The present values. Each is exact; together they may be of different moments.
    #[must_use]
    pub fn read(&self) -> Losses {
        Losses {
            leases_left: self.leases_left.load(Ordering::Relaxed),
            guards_given_up: self.guards_given_up.load(Ordering::Relaxed),
            event_overflows: self.event_overflows.load(Ordering::Relaxed),
            change_overflows: self.change_overflows.load(Ordering::Relaxed),
            watches_not_parked: self.watches_not_parked.load(Ordering::Relaxed),
            failed_registrations: self.failed_registrations.load(Ordering::Relaxed),
            tables_leaked: self.tables_leaked.load(Ordering::Relaxed),
            compartments_not_left: self.compartments_not_left.load(Ordering::Relaxed),
            settings_left: self.settings_left.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn route() -> LostRoute {
        LostRoute::from(&RouteKey::of(&crate::test_driver::ROUTE))
    }

    /// Each kind, with what the counters are after one of it.
    fn kinds() -> [(Loss, Losses); 9] {
        let none = Losses::default();
        let left = Loss::LeasesLeft {
            count: 3,
            first: route(),
        };
        let refused = NtStatus::NO_MEMORY;
        let with = |change: fn(&mut Losses)| {
            let mut losses = none;
            change(&mut losses);
            losses
        };
        [
            (left, with(|losses| losses.leases_left = 3)),
            (
                Loss::GuardGaveUp(route()),
                with(|losses| losses.guards_given_up = 1),
            ),
            (Loss::EventsLost, with(|losses| losses.event_overflows = 1)),
            (
                Loss::ChangesLost,
                with(|losses| losses.change_overflows = 1),
            ),
            (
                Loss::WatchNotParked(refused),
                with(|losses| losses.watches_not_parked = 1),
            ),
            (
                Loss::NotRegistered(refused),
                with(|losses| losses.failed_registrations = 1),
            ),
            (Loss::TableLeaked, with(|losses| losses.tables_leaked = 1)),
            (
                Loss::CompartmentNotLeft(refused),
                with(|losses| losses.compartments_not_left = 1),
            ),
            (
                Loss::SettingsLeft(2),
                with(|losses| losses.settings_left = 2),
            ),
        ]
    }

    #[test]
    fn each_loss_has_a_counter_and_a_line_of_its_own() {
        for (loss, expected) in kinds() {
            let counters = LossCounters::new();
            assert!(counters.count(&loss), "{loss:?}");
            assert_eq!(counters.read(), expected, "{loss:?}");
        }
        let lines: Vec<_> = kinds().iter().map(|(loss, _)| loss.text()).collect();
        for (index, line) in lines.iter().enumerate() {
            assert!(!lines[..index].contains(line), "{line:?}");
        }
    }

    #[test]
    fn a_registration_that_fails_again_is_counted_and_not_printed() {
        let counters = LossCounters::new();
        let [first, second] = [NtStatus::NO_MEMORY, NtStatus::INSUFFICIENT_RESOURCES];
        assert_eq!(counters.on_registered(), None);
        let printed = [first, first, second, second, first].map(Loss::NotRegistered);
        let printed = printed.map(|loss| counters.count(&loss));
        assert_eq!(printed, [true, false, true, false, true]);
        assert_eq!(counters.on_registered(), Some(5));
        assert_eq!(counters.on_registered(), None);
        assert!(counters.count(&Loss::NotRegistered(first)));
        assert_eq!(counters.read().failed_registrations, 6);
    }
}
