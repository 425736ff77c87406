//! `MIB_IPINTERFACE_ROW`: one address family on one interface.

use core::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::AddressFamily;

/// `MIB_IPINTERFACE_ROW`: 168 bytes, aligned to 8, byte for byte what `netioapi.h` declares.
///
/// The keys are `family` and the interface. A route's complete metric is its own plus
/// [`metric`](Self::metric) of the same family.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct MibIpInterfaceRow {
    /// `Family`: `AF_INET` or `AF_INET6`.
    pub family: u16,
    /// Padding of the Windows structure; must be zero.
    pub reserved: [u8; 6],
    /// `InterfaceLuid`; if not 0, it selects the interface and the index is ignored.
    pub interface_luid: u64,
    /// `InterfaceIndex`; selects the interface if the LUID is 0.
    pub interface_index: u32,
    /// `MaxReassemblySize`, in bytes.
    pub max_reassembly_size: u32,
    /// `InterfaceIdentifier`.
    pub interface_identifier: u64,
    /// `MinRouterAdvertisementInterval`, in seconds.
    pub min_router_advertisement_interval: u32,
    /// `MaxRouterAdvertisementInterval`, in seconds.
    pub max_router_advertisement_interval: u32,
    /// `AdvertisingEnabled`, a `BOOLEAN`.
    pub advertising_enabled: u8,
    /// `ForwardingEnabled`, a `BOOLEAN`.
    pub forwarding_enabled: u8,
    /// `WeakHostSend`, a `BOOLEAN`.
    pub weak_host_send: u8,
    /// `WeakHostReceive`, a `BOOLEAN`.
    pub weak_host_receive: u8,
    /// `UseAutomaticMetric`, a `BOOLEAN`.
    pub use_automatic_metric: u8,
    /// `UseNeighborUnreachabilityDetection`, a `BOOLEAN`.
    pub use_neighbor_unreachability_detection: u8,
    /// `ManagedAddressConfigurationSupported`, a `BOOLEAN`.
    pub managed_address_configuration_supported: u8,
    /// `OtherStatefulConfigurationSupported`, a `BOOLEAN`.
    pub other_stateful_configuration_supported: u8,
    /// `AdvertiseDefaultRoute`, a `BOOLEAN`.
    pub advertise_default_route: u8,
    /// Padding of the Windows structure; must be zero.
    pub reserved_2: [u8; 3],
    /// `RouterDiscoveryBehavior`, an `NL_ROUTER_DISCOVERY_BEHAVIOR`.
    pub router_discovery_behavior: u32,
    /// `DadTransmits`: duplicate address probes.
    pub dad_transmits: u32,
    /// `BaseReachableTime`, in milliseconds.
    pub base_reachable_time: u32,
    /// `RetransmitTime`, in milliseconds.
    pub retransmit_time: u32,
    /// `PathMtuDiscoveryTimeout`, in milliseconds.
    pub path_mtu_discovery_timeout: u32,
    /// `LinkLocalAddressBehavior`, an `NL_LINK_LOCAL_ADDRESS_BEHAVIOR`.
    pub link_local_address_behavior: u32,
    /// `LinkLocalAddressTimeout`, in milliseconds.
    pub link_local_address_timeout: u32,
    /// `ZoneIndices`, one for each `SCOPE_LEVEL`.
    pub zone_indices: [u32; 16],
    /// `SitePrefixLength`, in bits.
    pub site_prefix_length: u32,
    /// `Metric`: added to the metric of each route of this family on this interface.
    pub metric: u32,
    /// `NlMtu`, in bytes.
    pub nl_mtu: u32,
    /// `Connected`, a `BOOLEAN`; set by the stack.
    pub connected: u8,
    /// `SupportsWakeUpPatterns`, a `BOOLEAN`; set by the stack.
    pub supports_wake_up_patterns: u8,
    /// `SupportsNeighborDiscovery`, a `BOOLEAN`; set by the stack.
    pub supports_neighbor_discovery: u8,
    /// `SupportsRouterDiscovery`, a `BOOLEAN`; set by the stack.
    pub supports_router_discovery: u8,
    /// `ReachableTime`, in milliseconds; set by the stack.
    pub reachable_time: u32,
    /// `TransmitOffload`: offload bits; set by the stack.
    pub transmit_offload: u8,
    /// `ReceiveOffload`: offload bits; set by the stack.
    pub receive_offload: u8,
    /// `DisableDefaultRoutes`, a `BOOLEAN`.
    pub disable_default_routes: u8,
    /// Padding of the Windows structure; must be zero.
    pub reserved_3: u8,
}

const _: () = {
    assert!(size_of::<MibIpInterfaceRow>() == 168);
    assert!(align_of::<MibIpInterfaceRow>() == 8);
    assert!(offset_of!(MibIpInterfaceRow, interface_luid) == 8);
    assert!(offset_of!(MibIpInterfaceRow, interface_index) == 16);
    assert!(offset_of!(MibIpInterfaceRow, interface_identifier) == 24);
    assert!(offset_of!(MibIpInterfaceRow, advertising_enabled) == 40);
    assert!(offset_of!(MibIpInterfaceRow, router_discovery_behavior) == 52);
    assert!(offset_of!(MibIpInterfaceRow, dad_transmits) == 56);
    assert!(offset_of!(MibIpInterfaceRow, zone_indices) == 80);
    assert!(offset_of!(MibIpInterfaceRow, site_prefix_length) == 144);
    assert!(offset_of!(MibIpInterfaceRow, metric) == 148);
    assert!(offset_of!(MibIpInterfaceRow, nl_mtu) == 152);
    assert!(offset_of!(MibIpInterfaceRow, connected) == 156);
    assert!(offset_of!(MibIpInterfaceRow, reachable_time) == 160);
    assert!(offset_of!(MibIpInterfaceRow, disable_default_routes) == 166);
};

impl MibIpInterfaceRow {
    /// The address family.
    #[must_use]
    pub const fn family(&self) -> AddressFamily {
        AddressFamily(self.family)
    }
}
