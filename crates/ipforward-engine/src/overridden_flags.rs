//! Which flags of a route the stack overrides, as far as the driver has seen. A dry run has to know:
//! it cannot read back what it does not write.

use crate::route_attributes::RouteAttributes;
use crate::written_route::WrittenRoute;

/// The flags that the stack has stored otherwise than they were written. A stack that overrides a
/// flag leaves it as it is in a route of which nothing else changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OverriddenFlags {
    mask: u8,
}

impl OverriddenFlags {
    /// Learns from a write. `before` are the attributes of the route before, if they are known.
    pub(crate) fn observe(&mut self, written: &WrittenRoute, before: Option<&RouteAttributes>) {
        if !written.is_read_back() {
            return;
        }
        let (requested, stored) = (written.requested().flags(), written.stored());
        let overridden = requested ^ stored.flags();
        // A flag shows that the stack takes it if it has changed, and nothing else has of which the
        // stack could derive it.
        let is_alike = |before: &&RouteAttributes| before.with_flags(0) == stored.with_flags(0);
        let changed = before
            .filter(is_alike)
            .map_or(0, |before| before.flags() ^ requested);
        self.mask = (self.mask | overridden) & !(changed & !overridden);
    }

    /// The attributes that a route with the attributes `before` would have after a set.
    pub(crate) const fn after_set(
        self,
        before: &RouteAttributes,
        requested: RouteAttributes,
    ) -> RouteAttributes {
        let flags = (before.flags() & self.mask) | (requested.flags() & !self.mask);
        requested.with_flags(flags)
    }
}

#[cfg(test)]
mod tests {
    use abi::MibIpForwardRow2;

    use super::*;
    use crate::test_driver::ROUTE;

    const LOOPBACK: u8 = 8;
    const PUBLISH: u8 = 2;

    fn with(flags: u8) -> RouteAttributes {
        RouteAttributes::of(&ROUTE).with_flags(flags)
    }

    fn written(requested: u8, stored: u8) -> WrittenRoute {
        let stored = with(stored).with_keys_of(&ROUTE);
        WrittenRoute::new(with(requested), Some(&stored))
    }

    fn after_set(seen: OverriddenFlags, before: u8, requested: u8) -> u8 {
        seen.after_set(&with(before), with(requested)).flags()
    }

    #[test]
    fn a_flag_is_stored_as_written_until_it_is_seen_otherwise() {
        let mut seen = OverriddenFlags::default();
        assert_eq!(after_set(seen, 0, PUBLISH), PUBLISH);
        seen.observe(&written(PUBLISH | LOOPBACK, LOOPBACK), None);
        assert_eq!(after_set(seen, 0, PUBLISH | LOOPBACK), LOOPBACK);
        assert_eq!(after_set(seen, PUBLISH, 0), PUBLISH);
    }

    #[test]
    fn a_flag_that_a_write_changes_is_overridden_no_longer() {
        let mut seen = OverriddenFlags::default();
        seen.observe(&written(PUBLISH, 0), None);
        seen.observe(&written(PUBLISH, PUBLISH), Some(&with(PUBLISH)));
        assert_eq!(after_set(seen, 0, PUBLISH), 0);
        seen.observe(&written(PUBLISH, PUBLISH), Some(&with(0)));
        assert_eq!(after_set(seen, 0, PUBLISH), PUBLISH);
    }

    #[test]
    fn a_flag_that_changes_with_another_member_may_be_derived() {
        let mut seen = OverriddenFlags::default();
        seen.observe(&written(PUBLISH, 0), None);
        let other = RouteAttributes::of(&MibIpForwardRow2 {
            metric: 99,
            ..ROUTE
        });
        seen.observe(&written(PUBLISH, PUBLISH), Some(&other));
        assert_eq!(after_set(seen, 0, PUBLISH), 0);
    }

    #[test]
    fn a_write_that_is_not_read_back_shows_nothing() {
        let mut seen = OverriddenFlags::default();
        seen.observe(&written(PUBLISH, 0), None);
        let before = seen;
        seen.observe(&WrittenRoute::new(with(PUBLISH), None), Some(&with(0)));
        assert_eq!(seen, before);
    }
}
