//! Which changes a handle wants to know.

use abi::watch::WATCH_NOT_MINE;
use abi::{AddressFamily, IpAddressPrefix, NtStatus, WatchRequest};

use super::Event;

/// A filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    family: u16,
    luid: u64,
    /// All zero for any.
    prefix: IpAddressPrefix,
    not_mine: bool,
}

impl Filter {
    /// That of a request.
    pub(super) const fn of(request: &WatchRequest) -> Self {
        Self {
            family: request.family,
            luid: request.interface_luid,
            prefix: request.prefix,
            not_mine: request.flags & WATCH_NOT_MINE != 0,
        }
    }

    /// Whether an event matters to the handle, which made the change itself or did not.
    pub(super) fn wants(&self, event: &Event, mine: bool) -> bool {
        !(self.not_mine && mine) && self.covers(event)
    }

    /// Whether an event is of a route that matters.
    pub(super) fn covers(&self, event: &Event) -> bool {
        let any_prefix = self.prefix == IpAddressPrefix::default();
        (self.family == 0 || self.family == event.key.family().0)
            && (self.luid == 0 || self.luid == event.key.luid())
            && (any_prefix || event.key.lies_in(&self.prefix))
    }
}

/// Whether a request makes sense.
pub(crate) fn check(request: &WatchRequest) -> Result<(), NtStatus> {
    const KNOWN: u32 = WATCH_NOT_MINE | abi::watch::WATCH_NO_WAIT;
    let family = AddressFamily(request.family);
    let prefix = &request.prefix;
    let sound = request.flags & !KNOWN == 0
        && (family == AddressFamily::UNSPECIFIED || family.address_bits().is_some())
        && match prefix.prefix.family().address_bits() {
            Some(bits) => prefix.prefix_length <= bits,
            None => *prefix == IpAddressPrefix::default(),
        };
    if sound {
        Ok(())
    } else {
        Err(NtStatus::INVALID_PARAMETER)
    }
}
