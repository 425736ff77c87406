//! Leases of settings of interfaces, as the driver reports them.

use std::fmt;

use abi::interface_request::{
    INTERFACE_AUTOMATIC_METRIC, INTERFACE_DISABLE_DEFAULT_ROUTES, INTERFACE_ENABLE_DEFAULT_ROUTES,
    INTERFACE_METRIC,
};
use abi::lease::{LEASE_ENDING, LEASE_MINE};
use abi::{AddressFamily, InterfaceLeaseRow};

use super::LeaseOwner;
use crate::error::Malformed;
use crate::route::Interface;

/// A lease: one handle holds settings of one family on an interface. See
/// [`Device::interface_leases`](crate::Device::interface_leases).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceLease {
    /// The interface. The lease is of the adapter that had its LUID when the lease was made.
    pub interface: Interface,
    /// IPv4 or IPv6.
    pub family: AddressFamily,
    /// The leased settings, as the handle has set them.
    pub settings: SettingValues,
    /// The same settings before the lease: the driver puts them back when it ends.
    pub before: SettingValues,
    /// The handle that holds the lease.
    pub owner: LeaseOwner,
    /// The network compartment of the interface, in which the lease was made; 1 is the default one.
    pub compartment: u32,
}

/// Values of settings of an interface; `None` for a setting that is not leased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SettingValues {
    /// True if the stack sets the metric from the link speed.
    pub automatic_metric: Option<bool>,
    /// The metric, unless it is automatic.
    pub metric: Option<u32>,
    /// True if the stack uses the default routes of the interface.
    pub default_routes: Option<bool>,
}

impl SettingValues {
    fn read(flags: u32, metric: u32) -> Result<Self, Malformed> {
        const METRIC: u32 = INTERFACE_METRIC | INTERFACE_AUTOMATIC_METRIC;
        const DEFAULT_ROUTES: u32 =
            INTERFACE_ENABLE_DEFAULT_ROUTES | INTERFACE_DISABLE_DEFAULT_ROUTES;
        let malformed = Malformed::InterfaceSettings(flags);
        if flags & !(METRIC | DEFAULT_ROUTES) != 0 {
            return Err(malformed);
        }
        let (automatic_metric, metric) = match flags & METRIC {
            0 => (None, None),
            INTERFACE_METRIC => (Some(false), Some(metric)),
            INTERFACE_AUTOMATIC_METRIC => (Some(true), None),
            _ => return Err(malformed),
        };
        let default_routes = match flags & DEFAULT_ROUTES {
            0 => None,
            INTERFACE_ENABLE_DEFAULT_ROUTES => Some(true),
            INTERFACE_DISABLE_DEFAULT_ROUTES => Some(false),
            _ => return Err(malformed),
        };
        Ok(Self {
            automatic_metric,
            metric,
            default_routes,
        })
    }
}

impl fmt::Display for SettingValues {
    /// Formats the settings that are leased: `metric 5, default routes no`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metric = match (self.automatic_metric, self.metric) {
            (Some(true), _) => Some("automatic metric".to_owned()),
            (_, metric) => metric.map(|metric| format!("metric {metric}")),
        };
        let yes_or_no = |used| if used { "yes" } else { "no" };
        let default_routes = self
            .default_routes
            .map(|used| format!("default routes {}", yes_or_no(used)));
        let parts: Vec<_> = metric.into_iter().chain(default_routes).collect();
        formatter.write_str(&parts.join(", "))
    }
}

impl InterfaceLease {
    pub(crate) fn read(row: &InterfaceLeaseRow) -> Result<Self, Malformed> {
        Ok(Self {
            interface: Interface::Luid(row.interface_luid),
            family: AddressFamily(row.family),
            settings: SettingValues::read(row.settings, row.metric)?,
            before: SettingValues::read(row.settings_before, row.metric_before)?,
            owner: LeaseOwner {
                handle: row.handle,
                process_id: row.process_id,
                is_me: row.flags & LEASE_MINE != 0,
                is_closed: row.flags & LEASE_ENDING != 0,
            },
            compartment: row.compartment,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_exclude_each_other_are_malformed() {
        for flags in [3, 12, 16] {
            let read = SettingValues::read(flags, 0);
            assert_eq!(read, Err(Malformed::InterfaceSettings(flags)));
        }
    }

    #[test]
    fn only_leased_settings_are_written() {
        let text = |flags, metric| SettingValues::read(flags, metric).unwrap().to_string();
        assert_eq!(text(INTERFACE_METRIC, 5), "metric 5");
        let flags = INTERFACE_AUTOMATIC_METRIC | INTERFACE_DISABLE_DEFAULT_ROUTES;
        assert_eq!(text(flags, 0), "automatic metric, default routes no");
        assert_eq!(
            text(INTERFACE_ENABLE_DEFAULT_ROUTES, 0),
            "default routes yes"
        );
        assert_eq!(text(0, 0), "");
    }
}
