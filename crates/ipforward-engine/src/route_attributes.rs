//! What a route says beside its keys: the members that callers own.

use abi::MibIpForwardRow2;
use abi::route::{INFINITE_LIFETIME, SITE_PREFIX_UNSPECIFIED, UNSPECIFIED};

/// The members of a row that are neither keys nor the stack's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RouteAttributes {
    valid_lifetime: u32,
    preferred_lifetime: u32,
    metric: u32,
    protocol: u32,
    site_prefix_length: u8,
    /// `Loopback`, `AutoconfigureAddress`, `Publish` and `Immortal`.
    flags: [u8; 4],
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
            .map(|flag| u8::from(flag != 0)),
        }
    }

    /// A row with these values, and the keys of `keys`.
    pub(crate) fn with_keys_of(&self, keys: &MibIpForwardRow2) -> MibIpForwardRow2 {
        let [loopback, autoconfigure_address, publish, immortal] = self.flags;
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

    /// Whether a route that had the attributes `before` and has these now was left alone in
    /// between. Finite lifetimes run down by themselves.
    pub(crate) fn unchanged_since(&self, before: &Self) -> bool {
        let ran_down = |before: u32, now: u32| match before {
            INFINITE_LIFETIME => now == INFINITE_LIFETIME,
            before => now <= before,
        };
        before.match_but_lifetimes(self)
            && ran_down(before.valid_lifetime, self.valid_lifetime)
            && ran_down(before.preferred_lifetime, self.preferred_lifetime)
    }

    fn match_but_lifetimes(&self, there: &Self) -> bool {
        let same = |ours: u32, theirs: u32| ours == theirs || ours == UNSPECIFIED;
        let site_is_open = self.site_prefix_length == SITE_PREFIX_UNSPECIFIED;
        same(self.metric, there.metric)
            && same(self.protocol, there.protocol)
            && (site_is_open || self.site_prefix_length == there.site_prefix_length)
            && self.flags == there.flags
    }
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

    #[test]
    fn a_finite_lifetime_runs_down_and_never_up() {
        let lasting =
            |seconds| with(|row| (row.valid_lifetime, row.preferred_lifetime) = (seconds, seconds));
        assert!(lasting(60).unchanged_since(&lasting(100)));
        assert!(!lasting(100).unchanged_since(&lasting(60)));
        assert!(!lasting(100).unchanged_since(&lasting(INFINITE_LIFETIME)));
        assert!(!lasting(100).matches(&lasting(60)));
    }

    #[test]
    fn values_go_back_to_the_row_they_came_from() {
        let row = ROUTE;
        assert_eq!(RouteAttributes::of(&row).with_keys_of(&row), row);
    }
}
