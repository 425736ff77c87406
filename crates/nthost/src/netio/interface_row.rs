//! `MIB_IPINTERFACE_ROW`: the settings of one interface for one address family.

use std::mem::{offset_of, size_of};

use abi::AddressFamily;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `MIB_IPINTERFACE_ROW`: 168 bytes, aligned to 8, byte for byte what `netioapi.h` declares.
///
/// The keys are `family` and the interface. `BOOLEAN` members and enumerations are integers.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[expect(
    missing_docs,
    reason = "each member is the Windows member of that name"
)]
pub struct MibIpInterfaceRow {
    pub family: u16,
    pub reserved: [u8; 6],
    pub interface_luid: u64,
    pub interface_index: u32,
    pub max_reassembly_size: u32,
    pub interface_identifier: u64,
    pub min_router_advertisement_interval: u32,
    pub max_router_advertisement_interval: u32,
    pub advertising_enabled: u8,
    pub forwarding_enabled: u8,
    pub weak_host_send: u8,
    pub weak_host_receive: u8,
    pub use_automatic_metric: u8,
    pub use_neighbor_unreachability_detection: u8,
    pub managed_address_configuration_supported: u8,
    pub other_stateful_configuration_supported: u8,
    pub advertise_default_route: u8,
    pub reserved_2: [u8; 3],
    pub router_discovery_behavior: u32,
    pub dad_transmits: u32,
    pub base_reachable_time: u32,
    pub retransmit_time: u32,
    pub path_mtu_discovery_timeout: u32,
    pub link_local_address_behavior: u32,
    pub link_local_address_timeout: u32,
    pub zone_indices: [u32; 16],
    pub site_prefix_length: u32,
    pub metric: u32,
    pub nl_mtu: u32,
    pub connected: u8,
    pub supports_wake_up_patterns: u8,
    pub supports_neighbor_discovery: u8,
    pub supports_router_discovery: u8,
    pub reachable_time: u32,
    pub transmit_offload: u8,
    pub receive_offload: u8,
    pub disable_default_routes: u8,
    pub reserved_3: u8,
}

const _: () = {
    assert!(size_of::<MibIpInterfaceRow>() == 168);
    assert!(align_of::<MibIpInterfaceRow>() == 8);
    assert!(offset_of!(MibIpInterfaceRow, interface_luid) == 8);
    assert!(offset_of!(MibIpInterfaceRow, interface_index) == 16);
    assert!(offset_of!(MibIpInterfaceRow, interface_identifier) == 24);
    assert!(offset_of!(MibIpInterfaceRow, max_router_advertisement_interval) == 36);
    assert!(offset_of!(MibIpInterfaceRow, use_automatic_metric) == 44);
    assert!(offset_of!(MibIpInterfaceRow, advertise_default_route) == 48);
    assert!(offset_of!(MibIpInterfaceRow, router_discovery_behavior) == 52);
    assert!(offset_of!(MibIpInterfaceRow, link_local_address_timeout) == 76);
    assert!(offset_of!(MibIpInterfaceRow, zone_indices) == 80);
    assert!(offset_of!(MibIpInterfaceRow, site_prefix_length) == 144);
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
