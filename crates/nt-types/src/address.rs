//! `SOCKADDR_INET` and `IP_ADDRESS_PREFIX`: addresses of the route API.

use core::mem::{offset_of, size_of};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// `ADDRESS_FAMILY`, in host byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressFamily(pub u16);

impl AddressFamily {
    /// `AF_UNSPEC`: no family; for a table, both.
    pub const UNSPECIFIED: Self = Self(0);
    /// `AF_INET`: IPv4.
    pub const IPV4: Self = Self(2);
    /// `AF_INET6`: IPv6. It is 23 on Windows; other systems have other numbers.
    pub const IPV6: Self = Self(23);

    /// Bits in an address of this family; `None` if it is neither IPv4 nor IPv6.
    #[must_use]
    pub const fn address_bits(self) -> Option<u8> {
        match self {
            Self::IPV4 => Some(32),
            Self::IPV6 => Some(128),
            _ => None,
        }
    }
}

/// `SOCKADDR_INET`: a union of `SOCKADDR_IN` and `SOCKADDR_IN6`, 28 bytes, aligned to 4.
///
/// `family` decides which members have a meaning. Port, flow label and the bytes of the larger
/// variant behind an IPv4 address have none for routes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct SockaddrInet {
    /// `si_family`; see [`AddressFamily`].
    pub family: u16,
    /// `sin_port` or `sin6_port`, network byte order; 0 for routes.
    pub port: [u8; 2],
    /// `sin_addr` for IPv4, in network byte order; `sin6_flowinfo` for IPv6.
    pub ipv4_or_flow: [u8; 4],
    /// `sin6_addr`, in network byte order; for IPv4 `sin_zero` and bytes without meaning.
    pub ipv6: [u8; 16],
    /// `sin6_scope_id`; no meaning for IPv4.
    pub scope_id: u32,
}

const _: () = {
    assert!(size_of::<SockaddrInet>() == 28);
    assert!(align_of::<SockaddrInet>() == 4);
    assert!(offset_of!(SockaddrInet, ipv4_or_flow) == 4);
    assert!(offset_of!(SockaddrInet, ipv6) == 8);
    assert!(offset_of!(SockaddrInet, scope_id) == 24);
};

impl SockaddrInet {
    /// The unspecified address of a family: `0.0.0.0` or `::`, which as a next hop means on-link.
    #[must_use]
    pub fn unspecified(family: AddressFamily) -> Self {
        Self {
            family: family.0,
            ..Self::default()
        }
    }

    /// The address family.
    #[must_use]
    pub const fn family(&self) -> AddressFamily {
        AddressFamily(self.family)
    }

    /// The address, or `None` if the family is neither IPv4 nor IPv6.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self.family() {
            AddressFamily::IPV4 => {
                let [a, b, c, d] = self.ipv4_or_flow;
                Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            }
            AddressFamily::IPV6 => Some(IpAddr::V6(Ipv6Addr::from_octets(self.ipv6))),
            _ => None,
        }
    }

    /// Sets every byte that has no meaning for a route to zero.
    ///
    /// An address of a family that is neither IPv4 nor IPv6 is unchanged: the network stack refuses
    /// it.
    pub const fn clear_unused(&mut self) {
        match self.family() {
            AddressFamily::IPV4 => {
                self.port = [0; 2];
                self.ipv6 = [0; 16];
                self.scope_id = 0;
            }
            AddressFamily::IPV6 => {
                self.port = [0; 2];
                self.ipv4_or_flow = [0; 4];
            }
            _ => {}
        }
    }

    /// The same address with every byte that has no meaning for a route set to zero; see
    /// [`clear_unused`](Self::clear_unused).
    #[must_use]
    pub const fn canonical(mut self) -> Self {
        self.clear_unused();
        self
    }
}

impl From<IpAddr> for SockaddrInet {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(ipv4) => Self {
                family: AddressFamily::IPV4.0,
                ipv4_or_flow: ipv4.octets(),
                ..Self::default()
            },
            IpAddr::V6(ipv6) => Self {
                family: AddressFamily::IPV6.0,
                ipv6: ipv6.octets(),
                ..Self::default()
            },
        }
    }
}

/// `IP_ADDRESS_PREFIX`: 32 bytes, aligned to 4.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct IpAddressPrefix {
    /// `Prefix`: the network address; bits behind `prefix_length` must be zero.
    pub prefix: SockaddrInet,
    /// `PrefixLength` in bits: at most 32 for IPv4, 128 for IPv6.
    pub prefix_length: u8,
    /// Padding of the Windows structure; must be zero.
    pub reserved: [u8; 3],
}

const _: () = {
    assert!(size_of::<IpAddressPrefix>() == 32);
    assert!(offset_of!(IpAddressPrefix, prefix_length) == 28);
};

impl IpAddressPrefix {
    /// Sets every byte that has no meaning for a route to zero.
    pub const fn clear_unused(&mut self) {
        self.prefix.clear_unused();
        self.reserved = [0; 3];
    }

    /// The same prefix with every byte that has no meaning for a route set to zero.
    #[must_use]
    pub const fn canonical(mut self) -> Self {
        self.clear_unused();
        self
    }

    /// The prefix of `address` with `prefix_length` bits; neither is masked or checked.
    #[must_use]
    pub fn new(address: IpAddr, prefix_length: u8) -> Self {
        Self {
            prefix: SockaddrInet::from(address),
            prefix_length,
            reserved: [0; 3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_has_the_layout_of_sockaddr_in() {
        let address = SockaddrInet::from(IpAddr::from([192, 0, 2, 254]));
        assert_eq!(address.as_bytes()[..8], [2, 0, 0, 0, 192, 0, 2, 254]);
        assert_eq!(address.as_bytes()[8..], [0; 20]);
    }

    #[test]
    fn an_ipv6_address_has_the_layout_of_sockaddr_in6() {
        let address = SockaddrInet::from("2001:db8::1".parse::<IpAddr>().unwrap());
        assert_eq!(address.as_bytes()[..2], [23, 0]);
        assert_eq!(address.as_bytes()[8..12], [0x20, 0x01, 0x0d, 0xb8]);
        assert_eq!(address.as_bytes()[23], 1);
    }

    #[test]
    fn canonical_clears_what_an_ipv4_address_does_not_use() {
        let mut address = SockaddrInet::from(IpAddr::from([10, 0, 0, 0]));
        address.port = [1, 2];
        address.ipv6 = [0xA5; 16];
        address.scope_id = 7;
        assert_eq!(
            address.canonical(),
            SockaddrInet::from(IpAddr::from([10, 0, 0, 0]))
        );
    }

    #[test]
    fn canonical_keeps_the_scope_of_an_ipv6_address() {
        let mut address = SockaddrInet::from("fe80::1".parse::<IpAddr>().unwrap());
        address.ipv4_or_flow = [1; 4];
        address.scope_id = 7;
        let canonical = address.canonical();
        assert_eq!((canonical.scope_id, canonical.ipv4_or_flow), (7, [0; 4]));
    }

    #[test]
    fn canonical_keeps_an_address_of_an_unknown_family() {
        let strange = SockaddrInet {
            family: 99,
            scope_id: 1,
            ..SockaddrInet::default()
        };
        assert_eq!(strange.canonical(), strange);
    }
}
