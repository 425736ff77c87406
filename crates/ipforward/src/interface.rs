//! Interfaces as values.

use abi::{AddressFamily, MibIpInterfaceRow};

use crate::route::{Interface, InvalidRow};

bitflags::bitflags! {
    /// The `BOOLEAN` members of `MIB_IPINTERFACE_ROW`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct InterfaceFlags: u16 {
        /// `AdvertisingEnabled`: sends router advertisements.
        const ADVERTISING = 1 << 0;
        /// `ForwardingEnabled`: forwards packets.
        const FORWARDING = 1 << 1;
        /// `WeakHostSend`: also sends from addresses of other interfaces.
        const WEAK_HOST_SEND = 1 << 2;
        /// `WeakHostReceive`: also receives for addresses of other interfaces.
        const WEAK_HOST_RECEIVE = 1 << 3;
        /// `UseAutomaticMetric`: the stack sets the metric from the link speed.
        const AUTOMATIC_METRIC = 1 << 4;
        /// `UseNeighborUnreachabilityDetection`.
        const NEIGHBOR_UNREACHABILITY_DETECTION = 1 << 5;
        /// `ManagedAddressConfigurationSupported`: gets addresses from DHCP.
        const MANAGED_ADDRESS_CONFIGURATION = 1 << 6;
        /// `OtherStatefulConfigurationSupported`: gets other values from DHCP.
        const OTHER_STATEFUL_CONFIGURATION = 1 << 7;
        /// `AdvertiseDefaultRoute`: advertises itself as a default router.
        const ADVERTISE_DEFAULT_ROUTE = 1 << 8;
        /// `Connected`: has a link. The stack does not use routes of an interface without one.
        const CONNECTED = 1 << 9;
        /// `SupportsWakeUpPatterns`.
        const WAKE_UP_PATTERNS = 1 << 10;
        /// `SupportsNeighborDiscovery`.
        const NEIGHBOR_DISCOVERY = 1 << 11;
        /// `SupportsRouterDiscovery`.
        const ROUTER_DISCOVERY = 1 << 12;
        /// `DisableDefaultRoutes`: the stack does not use default routes of this interface.
        const DISABLE_DEFAULT_ROUTES = 1 << 13;
    }
}

/// One address family on one interface: the members that routes depend on.
///
/// For the other members of `MIB_IPINTERFACE_ROW` see
/// [`Device::call`](crate::Device::call).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IpInterface {
    /// IPv4 or IPv6.
    pub family: AddressFamily,
    /// The interface.
    pub interface: Interface,
    /// The metric that is added to that of each route of this family on this interface.
    pub metric: u32,
    /// The largest packet, in bytes.
    pub mtu: u32,
    /// The interface's flags.
    pub flags: InterfaceFlags,
}

impl IpInterface {
    /// True if the interface has a link. The routes of an interface without a link stay in the
    /// table, but the stack does not use them.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.flags.contains(InterfaceFlags::CONNECTED)
    }

    /// True if the stack uses the default routes of the interface.
    #[must_use]
    pub const fn uses_default_routes(&self) -> bool {
        !self.flags.contains(InterfaceFlags::DISABLE_DEFAULT_ROUTES)
    }

    /// True if the stack sets the metric automatically.
    #[must_use]
    pub const fn has_automatic_metric(&self) -> bool {
        self.flags.contains(InterfaceFlags::AUTOMATIC_METRIC)
    }
}

impl TryFrom<&MibIpInterfaceRow> for IpInterface {
    type Error = InvalidRow;

    /// The interface that a row describes. `BOOLEAN`s other than 0 count as true.
    fn try_from(row: &MibIpInterfaceRow) -> Result<Self, InvalidRow> {
        let family = AddressFamily(row.family);
        if family.address_bits().is_none() {
            return Err(InvalidRow::Family(row.family));
        }
        Ok(Self {
            family,
            interface: Interface::of_row(row.interface_luid, row.interface_index),
            metric: row.metric,
            mtu: row.nl_mtu,
            flags: flags(row),
        })
    }
}

fn flags(row: &MibIpInterfaceRow) -> InterfaceFlags {
    [
        (row.advertising_enabled, InterfaceFlags::ADVERTISING),
        (row.forwarding_enabled, InterfaceFlags::FORWARDING),
        (row.weak_host_send, InterfaceFlags::WEAK_HOST_SEND),
        (row.weak_host_receive, InterfaceFlags::WEAK_HOST_RECEIVE),
        (row.use_automatic_metric, InterfaceFlags::AUTOMATIC_METRIC),
        (
            row.use_neighbor_unreachability_detection,
            InterfaceFlags::NEIGHBOR_UNREACHABILITY_DETECTION,
        ),
        (
            row.managed_address_configuration_supported,
            InterfaceFlags::MANAGED_ADDRESS_CONFIGURATION,
        ),
        (
            row.other_stateful_configuration_supported,
            InterfaceFlags::OTHER_STATEFUL_CONFIGURATION,
        ),
        (
            row.advertise_default_route,
            InterfaceFlags::ADVERTISE_DEFAULT_ROUTE,
        ),
        (row.connected, InterfaceFlags::CONNECTED),
        (
            row.supports_wake_up_patterns,
            InterfaceFlags::WAKE_UP_PATTERNS,
        ),
        (
            row.supports_neighbor_discovery,
            InterfaceFlags::NEIGHBOR_DISCOVERY,
        ),
        (
            row.supports_router_discovery,
            InterfaceFlags::ROUTER_DISCOVERY,
        ),
        (
            row.disable_default_routes,
            InterfaceFlags::DISABLE_DEFAULT_ROUTES,
        ),
    ]
    .into_iter()
    .filter_map(|(boolean, flag)| (boolean != 0).then_some(flag))
    .collect()
}

#[cfg(test)]
mod tests {
    use zerocopy::FromBytes;

    use super::*;

    #[test]
    fn every_boolean_of_the_row_is_a_flag() {
        let row = MibIpInterfaceRow {
            reserved: [0; 6],
            family: 2,
            ..MibIpInterfaceRow::read_from_bytes(&[1; 168]).unwrap()
        };
        let interface = IpInterface::try_from(&row).unwrap();
        assert_eq!(interface.flags, InterfaceFlags::all());
        let row = MibIpInterfaceRow {
            family: 23,
            ..MibIpInterfaceRow::default()
        };
        let interface = IpInterface::try_from(&row).unwrap();
        assert_eq!(interface.flags, InterfaceFlags::empty());
    }

    #[test]
    fn a_row_without_a_family_is_not_an_interface() {
        let row = MibIpInterfaceRow::default();
        assert_eq!(IpInterface::try_from(&row), Err(InvalidRow::Family(0)));
    }
}
