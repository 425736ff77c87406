//! What a route says beside its keys: the members that callers own.

use abi::MibIpForwardRow2;
use abi::route::{
    INFINITE_LIFETIME, ORIGIN_DHCP, ORIGIN_ROUTER_ADVERTISEMENT, SITE_PREFIX_UNSPECIFIED,
    UNSPECIFIED,
};

/// The members of a row that are neither keys nor the stack's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RouteAttributes {
    valid_lifetime: u32,
    preferred_lifetime: u32,
    metric: u32,
    protocol: u32,
    site_prefix_length: u8,
    /// `Loopback`, `AutoconfigureAddress`, `Publish` and `Immortal`, a bit each.
    flags: u8,
}

impl RouteAttributes {
    /// Those of a row.
    pub(crate) fn of(row: &MibIpForwardRow2) -> Self {
        Self {
            valid_lifetime: row.valid_lifetime,
            preferred_lifetime: row.preferred_lifetime,
            metric: row.metric,
            protocol: row.protocol,
            site_prefix_length: row.site_prefix_length,
            flags: [
                row.loopback,
                row.autoconfigure_address,
                row.publish,
                row.immortal,
            ]
            .into_iter()
            .fold(0, |all, flag| all << 1 | u8::from(flag != 0)),
        }
    }

    /// The flags, to be given back to [`with_flags`](Self::with_flags).
    pub(crate) const fn flags(&self) -> u8 {
        self.flags
    }

    /// The same with other flags.
    pub(crate) const fn with_flags(self, flags: u8) -> Self {
        Self { flags, ..self }
    }

    /// The same with the lifetimes of `other`.
    pub(crate) const fn with_lifetimes_of(self, other: &Self) -> Self {
        Self {
            valid_lifetime: other.valid_lifetime,
            preferred_lifetime: other.preferred_lifetime,
            ..self
        }
    }

    /// A row with these values, and the keys of `keys`.
    pub(crate) fn with_keys_of(&self, keys: &MibIpForwardRow2) -> MibIpForwardRow2 {
        let [loopback, autoconfigure_address, publish, immortal] =
            [3, 2, 1, 0].map(|bit| self.flags >> bit & 1);
        MibIpForwardRow2 {
            valid_lifetime: self.valid_lifetime,
            preferred_lifetime: self.preferred_lifetime,
            metric: self.metric,
            protocol: self.protocol,
            site_prefix_length: self.site_prefix_length,
            loopback,
            autoconfigure_address,
            publish,
            immortal,
            age: 0,
            origin: 0,
            ..*keys
        }
    }

    /// True if writing these values over `there` would change nothing. Members that they leave to
    /// the stack count as equal.
    pub(crate) fn matches(&self, there: &Self) -> bool {
        self.match_but_lifetimes(there)
            && self.valid_lifetime == there.valid_lifetime
            && self.preferred_lifetime == there.preferred_lifetime
    }

    /// Whether a route that had the attributes `before` and has these now was not changed by a
    /// program in between. Finite lifetimes run down by themselves, and the stack refreshes them
    /// when a router advertises the route again.
    pub(crate) fn unchanged_since(&self, before: &Self) -> bool {
        let is_left = |before: u32, now: u32| before != INFINITE_LIFETIME || now == before;
        before.match_but_lifetimes(self)
            && is_left(before.valid_lifetime, self.valid_lifetime)
            && is_left(before.preferred_lifetime, self.preferred_lifetime)
    }

    /// As [`matches`](Self::matches), whatever the lifetimes are.
    pub(crate) fn match_but_lifetimes(&self, there: &Self) -> bool {
        let same = |ours: u32, theirs: u32| ours == theirs || ours == UNSPECIFIED;
        let site_is_open = self.site_prefix_length == SITE_PREFIX_UNSPECIFIED;
        same(self.metric, there.metric)
            && same(self.protocol, there.protocol)
            && (site_is_open || self.site_prefix_length == there.site_prefix_length)
            && self.flags == there.flags
    }

    /// The same with the lifetimes that the stack has refreshed since a program wrote `written` over
    /// this route: those that were infinite, and are finite in `current`.
    pub(crate) fn refreshed(self, written: &Self, current: &Self) -> Self {
        let lifetime = |own: u32, written: u32, current: u32| match written {
            INFINITE_LIFETIME if current != INFINITE_LIFETIME => current,
            _ => own,
        };
        Self {
            valid_lifetime: lifetime(
                self.valid_lifetime,
                written.valid_lifetime,
                current.valid_lifetime,
            ),
            preferred_lifetime: lifetime(
                self.preferred_lifetime,
                written.preferred_lifetime,
                current.preferred_lifetime,
            ),
            ..self
        }
    }
}

/// Whether the stack refreshes the lifetimes of a route: it has learnt the route from a router or
/// from DHCP.
pub(crate) const fn is_refreshed(row: &MibIpForwardRow2) -> bool {
    matches!(row.origin, ORIGIN_DHCP | ORIGIN_ROUTER_ADVERTISEMENT)
        || row.valid_lifetime != INFINITE_LIFETIME
        || row.preferred_lifetime != INFINITE_LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_driver::ROUTE;

    fn with(change: impl FnOnce(&mut MibIpForwardRow2)) -> RouteAttributes {
        let mut row = ROUTE;
        change(&mut row);
        RouteAttributes::of(&row)
    }

    #[test]
    fn what_a_fresh_row_leaves_open_agrees_with_anything() {
        let open = with(|row| {
            row.metric = UNSPECIFIED;
            row.protocol = UNSPECIFIED;
            row.site_prefix_length = SITE_PREFIX_UNSPECIFIED;
        });
        assert!(open.matches(&with(|_| {})));
        assert!(!with(|_| {}).matches(&open));
    }

    #[test]
    fn each_member_that_callers_own_counts() {
        let changes: [fn(&mut MibIpForwardRow2); 9] = [
            |row| row.valid_lifetime = 9,
            |row| row.preferred_lifetime = 9,
            |row| row.metric = 9,
            |row| row.protocol = 9,
            |row| row.site_prefix_length = 9,
            |row| row.loopback = 9,
            |row| row.autoconfigure_address = 9,
            |row| row.publish = 9,
            |row| row.immortal = 9,
        ];
        for change in changes {
            assert!(!with(|_| {}).matches(&with(change)));
        }
        let the_stacks_own = with(|row| (row.age, row.origin) = (9, 3));
        assert!(with(|_| {}).matches(&the_stacks_own));
    }

    fn lasting(valid: u32, preferred: u32) -> RouteAttributes {
        with(|row| (row.valid_lifetime, row.preferred_lifetime) = (valid, preferred))
    }

    #[test]
    fn a_finite_lifetime_runs_down_and_is_refreshed() {
        let long = lasting(100, 100);
        assert!(lasting(60, 50).unchanged_since(&long));
        assert!(long.unchanged_since(&lasting(60, 50)));
        assert!(lasting(INFINITE_LIFETIME, INFINITE_LIFETIME).unchanged_since(&long));
        assert!(!long.matches(&lasting(60, 60)));
    }

    #[test]
    fn an_infinite_lifetime_stays_infinite() {
        let infinite = lasting(INFINITE_LIFETIME, INFINITE_LIFETIME);
        assert!(infinite.unchanged_since(&infinite));
        assert!(!lasting(100, 100).unchanged_since(&infinite));
        assert!(!lasting(INFINITE_LIFETIME, 100).unchanged_since(&infinite));
    }

    #[test]
    fn a_displaced_row_gets_the_lifetimes_that_were_refreshed() {
        let infinite = lasting(INFINITE_LIFETIME, INFINITE_LIFETIME);
        let displaced = lasting(50, 40);
        let current = lasting(1800, 1700);
        assert_eq!(displaced.refreshed(&infinite, &current), current);
        assert_eq!(displaced.refreshed(&infinite, &infinite), displaced);
        assert_eq!(displaced.refreshed(&lasting(9, 9), &current), displaced);
    }

    #[test]
    fn values_go_back_to_the_row_they_came_from() {
        let row = ROUTE;
        assert_eq!(RouteAttributes::of(&row).with_keys_of(&row), row);
    }
}
