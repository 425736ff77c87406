//! `MIB_IPFORWARD_ROW2`: one route.

use core::mem::{offset_of, size_of};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::address::{IpAddressPrefix, SockaddrInet};

/// An infinite lifetime, for `valid_lifetime` and `preferred_lifetime`.
pub const INFINITE_LIFETIME: u32 = u32::MAX;

/// `NL_MAX_METRIC_COMPONENT`: the largest metric of a route or an interface, so that their sum
/// fits 32 bits.
pub const METRIC_MAX: u32 = 0x7FFF_FFFF;

/// "Not specified": the value of `metric` and `protocol` after `InitializeIpForwardEntry`.
pub const UNSPECIFIED: u32 = u32::MAX;

/// "Not specified": the value of `site_prefix_length` after `InitializeIpForwardEntry`.
pub const SITE_PREFIX_UNSPECIFIED: u8 = u8::MAX;

/// `NL_ROUTE_PROTOCOL`: `NetMgmt`, the documented protocol of routes made through the API.
pub const PROTOCOL_NET_MGMT: u32 = 3;

/// `NL_ROUTE_ORIGIN`: `NlroDHCP`, a route from DHCP.
pub const ORIGIN_DHCP: u32 = 2;

/// `NL_ROUTE_ORIGIN`: `NlroRouterAdvertisement`, a route that a router advertised.
pub const ORIGIN_ROUTER_ADVERTISEMENT: u32 = 3;

/// `MIB_IPFORWARD_ROW2`: 104 bytes, aligned to 8, byte for byte what `netioapi.h` declares.
///
/// The keys are the interface, `destination_prefix` and `next_hop`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct MibIpForwardRow2 {
    /// `InterfaceLuid`; if not 0, it selects the interface and the index is ignored.
    pub interface_luid: u64,
    /// `InterfaceIndex`; selects the interface if the LUID is 0.
    pub interface_index: u32,
    /// `DestinationPrefix`.
    pub destination_prefix: IpAddressPrefix,
    /// `NextHop`; unspecified (all zero but the family) means on-link.
    pub next_hop: SockaddrInet,
    /// `SitePrefixLength` in bits, at most the prefix length; 255 in a row of
    /// `InitializeIpForwardEntry`.
    pub site_prefix_length: u8,
    /// Padding of the Windows structure; must be zero.
    pub reserved: [u8; 3],
    /// `ValidLifetime` in seconds; [`INFINITE_LIFETIME`] for no limit.
    pub valid_lifetime: u32,
    /// `PreferredLifetime` in seconds, at most `valid_lifetime`.
    pub preferred_lifetime: u32,
    /// `Metric`: an offset to the interface metric, at most 0x7FFFFFFF.
    pub metric: u32,
    /// `Protocol`, an `NL_ROUTE_PROTOCOL`.
    pub protocol: u32,
    /// `Loopback`, a `BOOLEAN`.
    pub loopback: u8,
    /// `AutoconfigureAddress`, a `BOOLEAN`.
    pub autoconfigure_address: u8,
    /// `Publish`, a `BOOLEAN`.
    pub publish: u8,
    /// `Immortal`, a `BOOLEAN`.
    pub immortal: u8,
    /// `Age` in seconds since the route was added or changed; set by the stack.
    pub age: u32,
    /// `Origin`, an `NL_ROUTE_ORIGIN`; set by the stack.
    pub origin: u32,
}

impl MibIpForwardRow2 {
    /// Sets every byte that has no meaning to zero.
    ///
    /// It is not inlined: the compiler would take the row apart, and copy it member by member.
    #[inline(never)]
    pub const fn clear_unused(&mut self) {
        self.destination_prefix.clear_unused();
        self.next_hop.clear_unused();
        self.reserved = [0; 3];
    }
}

const _: () = {
    assert!(size_of::<MibIpForwardRow2>() == 104);
    assert!(align_of::<MibIpForwardRow2>() == 8);
    assert!(offset_of!(MibIpForwardRow2, interface_index) == 8);
    assert!(offset_of!(MibIpForwardRow2, destination_prefix) == 12);
    assert!(offset_of!(MibIpForwardRow2, next_hop) == 44);
    assert!(offset_of!(MibIpForwardRow2, site_prefix_length) == 72);
    assert!(offset_of!(MibIpForwardRow2, valid_lifetime) == 76);
    assert!(offset_of!(MibIpForwardRow2, preferred_lifetime) == 80);
    assert!(offset_of!(MibIpForwardRow2, metric) == 84);
    assert!(offset_of!(MibIpForwardRow2, protocol) == 88);
    assert!(offset_of!(MibIpForwardRow2, loopback) == 92);
    assert!(offset_of!(MibIpForwardRow2, immortal) == 95);
    assert!(offset_of!(MibIpForwardRow2, age) == 96);
    assert!(offset_of!(MibIpForwardRow2, origin) == 100);
};
