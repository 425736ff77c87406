//! The settings of an interface that `SET_INTERFACE` changes.

use abi::{AddressFamily, MibIpInterfaceRow};

/// The metric of an interface for one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InterfaceMetric {
    /// The stack sets it from the link speed.
    Automatic,
    /// It was set to a value.
    Manual(u32),
}

/// Settings of an interface for one family; `None` for those that a request or a lease leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InterfaceSettings {
    pub(crate) metric: Option<InterfaceMetric>,
    /// Whether the stack uses the default routes of the interface.
    pub(crate) default_routes: Option<bool>,
}

impl InterfaceSettings {
    /// All settings of a row that the stack answered.
    pub(crate) const fn of(row: &MibIpInterfaceRow) -> Self {
        let metric = if row.use_automatic_metric == 0 {
            InterfaceMetric::Manual(row.metric)
        } else {
            InterfaceMetric::Automatic
        };
        Self {
            metric: Some(metric),
            default_routes: Some(row.disable_default_routes == 0),
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These settings, and those of `others` that are left out here.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            metric: self.metric.or(others.metric),
            default_routes: self.default_routes.or(others.default_routes),
        }
    }

    /// Those settings that `others` has too, whatever their values.
    pub(crate) fn among(self, others: Self) -> Self {
        Self {
            metric: self.metric.filter(|_| others.metric.is_some()),
            default_routes: self
                .default_routes
                .filter(|_| others.default_routes.is_some()),
        }
    }

    /// The settings to write so that those which have the value `from` get the one of this: those
    /// that have another value, or have this one already, are left out.
    pub(crate) fn in_place_of(self, from: Self, current: Self) -> Self {
        Self {
            metric: replacement(self.metric, from.metric, current.metric),
            default_routes: replacement(
                self.default_routes,
                from.default_routes,
                current.default_routes,
            ),
        }
    }

    /// The row to pass to `SetIpInterfaceEntry`, from the row that the stack answered. With IPv4 the
    /// stack takes no site prefix length but 0, although it answers another one.
    pub(crate) fn written_to(self, row: &MibIpInterfaceRow) -> MibIpInterfaceRow {
        let mut row = *row;
        match self.metric {
            Some(InterfaceMetric::Automatic) => row.use_automatic_metric = 1,
            Some(InterfaceMetric::Manual(metric)) => {
                (row.use_automatic_metric, row.metric) = (0, metric);
            }
            None => {}
        }
        if let Some(default_routes) = self.default_routes {
            row.disable_default_routes = u8::from(!default_routes);
        }
        if row.family == AddressFamily::IPV4.0 {
            row.site_prefix_length = 0;
        }
        row
    }
}

/// The value `to`, if the current one is `from` and another one.
fn replacement<T: Copy + PartialEq>(
    to: Option<T>,
    from: Option<T>,
    current: Option<T>,
) -> Option<T> {
    to.filter(|_| from.is_some() && current == from && current != to)
}

/// A decoded `SET_INTERFACE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettingsChange {
    /// The keys of the interface, in an empty row.
    pub(crate) keys: MibIpInterfaceRow,
    /// The settings to change.
    pub(crate) settings: InterfaceSettings,
    /// Whether the handle leases the settings.
    pub(crate) is_lease: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: MibIpInterfaceRow = {
        let mut row: MibIpInterfaceRow = zerocopy::transmute!([0_u8; 168]);
        row.family = AddressFamily::IPV4.0;
        row.metric = 25;
        row.use_automatic_metric = 1;
        row.site_prefix_length = 64;
        row
    };

    #[test]
    fn a_written_metric_is_not_automatic_any_more() {
        let settings = InterfaceSettings {
            metric: Some(InterfaceMetric::Manual(5)),
            ..InterfaceSettings::default()
        };
        let row = settings.written_to(&ROW);
        assert_eq!((row.metric, row.use_automatic_metric), (5, 0));
        assert_eq!(row.disable_default_routes, ROW.disable_default_routes);
    }

    #[test]
    fn the_site_prefix_length_is_zeroed_with_ipv4_only() {
        let settings = InterfaceSettings::default();
        assert_eq!(settings.written_to(&ROW).site_prefix_length, 0);
        let ipv6 = MibIpInterfaceRow {
            family: AddressFamily::IPV6.0,
            ..ROW
        };
        assert_eq!(settings.written_to(&ipv6), ipv6);
    }

    #[test]
    fn only_unchanged_values_are_replaced() {
        let settings = |metric, default_routes| InterfaceSettings {
            metric: Some(InterfaceMetric::Manual(metric)),
            default_routes: Some(default_routes),
        };
        let (before, written) = (settings(25, true), settings(5, false));
        assert_eq!(before.in_place_of(written, written), before);
        let changed = before.in_place_of(written, settings(6, false));
        assert_eq!(changed.metric, None);
        assert_eq!(changed.default_routes, Some(true));
        assert!(before.in_place_of(written, before).is_empty());
        assert!(written.in_place_of(written, written).is_empty());
    }
}
