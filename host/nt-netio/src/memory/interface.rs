//! The run-time state of an interface: its settings for each family, and its link state.

use std::net::IpAddr;

use ipnet::IpNet;
use nt_types::{AddressFamily, Guid, MibIpInterfaceRow, NtStatus};

use crate::behaviours::Behaviours;
use crate::initial;
use crate::interfaces;

/// The site prefix length that reading an interface gives, and that IPv4 refuses to be set.
const SITE_PREFIX_LENGTH: u32 = 64;

/// One interface.
pub struct Interface {
    /// Its alias, as `ConvertInterfaceLuidToAlias` gives it.
    pub name: String,
    /// Its `NET_LUID`.
    pub luid: u64,
    /// The GUID of its adapter.
    pub guid: Guid,
    /// Its index.
    pub index: u32,
    /// The compartment that it belongs to.
    pub compartment: u32,
    /// False while its media is disconnected.
    pub connected: bool,
    /// False if NETIO refuses routes through it.
    pub carries_routes: bool,
    /// True for a loopback interface.
    pub is_loopback: bool,
    /// Its addresses with the prefixes that are on-link.
    pub addresses: Vec<IpNet>,
    bindings: Vec<Binding>,
}

/// The settings of an interface for one family.
struct Binding {
    family: AddressFamily,
    automatic_metric: u32,
    link_mtu: u32,
    settings: MibIpInterfaceRow,
}

impl Interface {
    /// The interface of this description.
    #[must_use]
    pub fn new(description: &interfaces::Interface) -> Self {
        let ipv4 = description.ipv4.as_ref().map(|binding| binding.metric);
        let ipv6 = description.ipv6.as_ref().map(|binding| binding.metric);
        let bindings = [(AddressFamily::IPV4, ipv4), (AddressFamily::IPV6, ipv6)];
        Self {
            name: description.name.clone(),
            luid: description.luid,
            guid: description.guid(),
            index: description.index,
            compartment: description.compartment,
            connected: description.connected,
            carries_routes: description.carries_routes,
            is_loopback: description.is_loopback(),
            addresses: description.addresses().collect(),
            bindings: bindings
                .into_iter()
                .filter_map(|(family, metric)| Some(Binding::new(description, family, metric?)))
                .collect(),
        }
    }

    /// Keeps what callers have set on an earlier state of the same interface.
    pub fn keep_settings(&mut self, earlier: &Self) {
        for binding in &mut self.bindings {
            if let Some(known) = earlier.binding(binding.family) {
                let settings = known.settings;
                let nl_mtu = if binding.link_mtu == known.link_mtu {
                    settings.nl_mtu
                } else {
                    binding.link_mtu
                };
                binding.settings = MibIpInterfaceRow { nl_mtu, ..settings };
            }
        }
    }

    /// Takes a family off the interface, with its addresses.
    pub fn unbind(&mut self, family: AddressFamily) {
        self.bindings.retain(|binding| binding.family != family);
        self.addresses
            .retain(|address| family_of(address.addr()) != family);
    }

    fn binding(&self, family: AddressFamily) -> Option<&Binding> {
        self.bindings
            .iter()
            .find(|binding| binding.family == family)
    }

    /// True if the family is bound to the interface.
    #[must_use]
    pub fn is_bound_to(&self, family: AddressFamily) -> bool {
        self.binding(family).is_some()
    }

    /// Its metric for a family, in 64 bits, so that no sum with a route metric overflows.
    #[must_use]
    pub fn metric(&self, family: AddressFamily) -> u64 {
        self.binding(family)
            .map_or(0, |binding| u64::from(binding.metric()))
    }

    /// True if packets of a family may take the default routes of the interface.
    #[must_use]
    pub fn uses_default_routes(&self, family: AddressFamily) -> bool {
        self.binding(family)
            .is_some_and(|binding| binding.settings.disable_default_routes == 0)
    }

    /// True if the address belongs to the interface.
    #[must_use]
    pub fn owns(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.addr() == address)
    }

    /// The address to send from: the one whose subnet the neighbour is in, else the first one.
    pub fn source_for(&self, neighbour: IpAddr) -> Option<IpAddr> {
        let near = self.addresses.iter().find(|own| own.contains(&neighbour));
        let family = family_of(neighbour);
        near.or_else(|| {
            self.addresses
                .iter()
                .find(|own| family_of(own.addr()) == family)
        })
        .map(IpNet::addr)
    }

    /// True if it has an address of the family.
    #[must_use]
    pub fn has_address(&self, family: AddressFamily) -> bool {
        self.addresses
            .iter()
            .any(|own| family_of(own.addr()) == family)
    }

    /// The families that are bound to it.
    pub fn families(&self) -> impl Iterator<Item = AddressFamily> {
        self.bindings.iter().map(|binding| binding.family)
    }

    /// Its row for a family, if it is bound.
    #[must_use]
    pub fn row(&self, family: AddressFamily) -> Option<MibIpInterfaceRow> {
        let binding = self.binding(family)?;
        Some(MibIpInterfaceRow {
            metric: binding.metric(),
            connected: u8::from(self.connected),
            ..binding.settings
        })
    }

    /// Takes over what a caller may change.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER`, or `STATUS_NOT_FOUND` if the interface is not bound to the family.
    pub fn set(&mut self, row: &MibIpInterfaceRow, behaviours: Behaviours) -> Result<(), NtStatus> {
        let family = row.family();
        let binding = self
            .bindings
            .iter_mut()
            .find(|binding| binding.family == family)
            .ok_or(NtStatus::NOT_FOUND)?;
        let longest = u32::from(family == AddressFamily::IPV6) * 128;
        let site_given = row.site_prefix_length != u32::MAX || !behaviours.interface_sentinels();
        if site_given && row.site_prefix_length > longest {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        apply(&mut binding.settings, row, behaviours);
        Ok(())
    }
}

impl Binding {
    fn new(description: &interfaces::Interface, family: AddressFamily, metric: u32) -> Self {
        let settings = MibIpInterfaceRow {
            family: family.0,
            interface_luid: description.luid,
            interface_index: description.index,
            metric,
            nl_mtu: description.mtu,
            ..typical(family, description.index)
        };
        Self {
            family,
            automatic_metric: metric,
            link_mtu: description.mtu,
            settings,
        }
    }

    const fn metric(&self) -> u32 {
        if self.settings.use_automatic_metric == 0 {
            self.settings.metric
        } else {
            self.automatic_metric
        }
    }
}

/// The settings of an unconfigured interface.
fn typical(family: AddressFamily, index: u32) -> MibIpInterfaceRow {
    let is_ipv6 = family == AddressFamily::IPV6;
    let mut zone_indices = [1; 16];
    zone_indices[..4].fill(index);
    MibIpInterfaceRow {
        max_reassembly_size: 65_535,
        min_router_advertisement_interval: 200,
        max_router_advertisement_interval: 600,
        use_automatic_metric: 1,
        use_neighbor_unreachability_detection: 1,
        router_discovery_behavior: if is_ipv6 { 1 } else { 2 },
        dad_transmits: if is_ipv6 { 1 } else { 3 },
        base_reachable_time: 30_000,
        retransmit_time: 1_000,
        path_mtu_discovery_timeout: 600_000,
        link_local_address_behavior: if is_ipv6 { 2 } else { 1 },
        link_local_address_timeout: 6_500,
        zone_indices,
        site_prefix_length: SITE_PREFIX_LENGTH,
        supports_neighbor_discovery: 1,
        supports_router_discovery: 1,
        reachable_time: 30_000,
        ..MibIpInterfaceRow::default()
    }
}

/// Copies every member that a caller may set, but for those that are not given.
fn apply(settings: &mut MibIpInterfaceRow, row: &MibIpInterfaceRow, behaviours: Behaviours) {
    let not_given = initial::interface_not_given();
    macro_rules! take {
        ($($member:ident),* $(,)?) => {
            $(if row.$member != not_given.$member || !behaviours.interface_sentinels() {
                settings.$member = row.$member;
            })*
        };
    }
    macro_rules! take_flags {
        ($($member:ident),* $(,)?) => {
            $(if row.$member != not_given.$member || !behaviours.interface_sentinels() {
                settings.$member = u8::from(row.$member != 0);
            })*
        };
    }
    take_flags!(
        advertising_enabled,
        forwarding_enabled,
        weak_host_send,
        weak_host_receive,
        use_automatic_metric,
        use_neighbor_unreachability_detection,
        managed_address_configuration_supported,
        other_stateful_configuration_supported,
        advertise_default_route,
        disable_default_routes,
    );
    take!(
        interface_identifier,
        router_discovery_behavior,
        dad_transmits,
        base_reachable_time,
        retransmit_time,
        path_mtu_discovery_timeout,
        link_local_address_behavior,
        link_local_address_timeout,
        zone_indices,
        metric,
        nl_mtu,
    );
    // IPv4 accepts a zero only, and the value that is read back does not change.
    if settings.family() == AddressFamily::IPV6 {
        take!(site_prefix_length);
    }
}

/// The family of an address.
#[must_use]
pub const fn family_of(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::IPV4,
        IpAddr::V6(_) => AddressFamily::IPV6,
    }
}
