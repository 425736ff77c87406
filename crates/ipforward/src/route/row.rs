//! Conversion of routes from and to rows.

use std::net::IpAddr;

use abi::{AddressFamily, IpAddressPrefix, MibIpForwardRow2, SockaddrInet};
use ipnet::IpNet;

use super::{
    Interface, Lifetime, NextHop, Route, RouteFlags, RouteKey, RouteOrigin, RouteProtocol,
};

/// The row does not describe a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRow {
    /// The destination's or next hop's family is neither IPv4 nor IPv6.
    #[error("invalid address family {0}: expected IPv4 (2) or IPv6 (23)")]
    Family(u16),
    /// The prefix is longer than an address.
    #[error("invalid prefix length {length}: longer than the address {address}")]
    PrefixLength {
        /// The destination's address.
        address: IpAddr,
        /// The length of its prefix, in bits.
        length: u8,
    },
}

impl From<&Route> for MibIpForwardRow2 {
    /// The row of a route. A row has no alias: the one of a route with an alias names no interface.
    /// The calls of a [`Device`](crate::Device) find the interface first.
    fn from(route: &Route) -> Self {
        let flag = |flag| u8::from(route.flags.contains(flag));
        Self {
            interface_luid: route.interface.luid().unwrap_or(0),
            interface_index: route.interface.index().unwrap_or(0),
            destination_prefix: IpAddressPrefix::new(
                route.destination.addr(),
                route.destination.prefix_len(),
            ),
            next_hop: next_hop_address(route.next_hop, &route.destination),
            site_prefix_length: route.site_prefix_length,
            valid_lifetime: route.valid_lifetime.into(),
            preferred_lifetime: route.preferred_lifetime.into(),
            metric: route.metric,
            protocol: route.protocol.0,
            loopback: flag(RouteFlags::LOOPBACK),
            autoconfigure_address: flag(RouteFlags::AUTOCONFIGURE_ADDRESS),
            publish: flag(RouteFlags::PUBLISH),
            immortal: flag(RouteFlags::IMMORTAL),
            age: route.age,
            origin: route.origin.0,
            reserved: [0; 3],
        }
    }
}

impl From<&RouteKey> for MibIpForwardRow2 {
    /// The key, and the members of a new route: the stack may check members that it does not use.
    fn from(key: &RouteKey) -> Self {
        Self::from(&Route::from(key))
    }
}

impl TryFrom<&MibIpForwardRow2> for Route {
    type Error = InvalidRow;

    /// The route that a row describes. Any `BOOLEAN` other than 0 is true. Drops the scope of a
    /// destination: the interface implies it.
    fn try_from(row: &MibIpForwardRow2) -> Result<Self, InvalidRow> {
        let flags = [
            (row.loopback, RouteFlags::LOOPBACK),
            (row.autoconfigure_address, RouteFlags::AUTOCONFIGURE_ADDRESS),
            (row.publish, RouteFlags::PUBLISH),
            (row.immortal, RouteFlags::IMMORTAL),
        ];
        Ok(Self {
            destination: destination(&row.destination_prefix)?,
            next_hop: next_hop(&row.next_hop)?,
            interface: Interface::of_row(row.interface_luid, row.interface_index),
            metric: row.metric,
            protocol: RouteProtocol(row.protocol),
            site_prefix_length: row.site_prefix_length,
            valid_lifetime: Lifetime::from(row.valid_lifetime),
            preferred_lifetime: Lifetime::from(row.preferred_lifetime),
            flags: flags
                .into_iter()
                .filter_map(|(boolean, flag)| (boolean != 0).then_some(flag))
                .collect(),
            age: row.age,
            origin: RouteOrigin(row.origin),
        })
    }
}

fn next_hop_address(next_hop: NextHop, destination: &IpNet) -> SockaddrInet {
    match next_hop {
        NextHop::OnLink => SockaddrInet::unspecified(match destination {
            IpNet::V4(_) => AddressFamily::IPV4,
            IpNet::V6(_) => AddressFamily::IPV6,
        }),
        NextHop::Gateway { address, scope_id } => SockaddrInet {
            scope_id,
            ..SockaddrInet::from(address)
        }
        .canonical(),
    }
}

fn destination(prefix: &IpAddressPrefix) -> Result<IpNet, InvalidRow> {
    let address = prefix
        .prefix
        .address()
        .ok_or(InvalidRow::Family(prefix.prefix.family))?;
    IpNet::new(address, prefix.prefix_length).map_err(|_| InvalidRow::PrefixLength {
        address,
        length: prefix.prefix_length,
    })
}

/// A next hop without a family is also on-link: some stacks accept and report it.
fn next_hop(address: &SockaddrInet) -> Result<NextHop, InvalidRow> {
    if address.family() == AddressFamily::UNSPECIFIED {
        return Ok(NextHop::OnLink);
    }
    let ip = address
        .address()
        .ok_or(InvalidRow::Family(address.family))?;
    Ok(match NextHop::from(ip) {
        NextHop::Gateway { address: ip, .. } => NextHop::Gateway {
            address: ip,
            scope_id: address.canonical().scope_id,
        },
        NextHop::OnLink => NextHop::OnLink,
    })
}

#[cfg(test)]
mod tests {
    use abi::Wire;
    use proptest::prelude::*;

    use super::*;

    fn any_interface() -> impl Strategy<Value = Interface> {
        prop_oneof![
            (1..=u64::MAX).prop_map(Interface::Luid),
            any::<u32>().prop_map(Interface::Index),
            (1..=u64::MAX, 1..=u32::MAX).prop_map(|(luid, index)| Interface::Known { luid, index }),
        ]
    }

    fn any_alias() -> impl Strategy<Value = Interface> {
        "[A-Za-z0-9: \"{}-]*".prop_map(|text| Interface::alias(&text))
    }

    fn any_destination() -> impl Strategy<Value = IpNet> {
        prop_oneof![
            (any::<[u8; 4]>(), 0..=32_u8).prop_map(|(octets, length)| IpNet::new(
                octets.into(),
                length
            )
            .unwrap()),
            (any::<[u8; 16]>(), 0..=128_u8).prop_map(|(octets, length)| IpNet::new(
                octets.into(),
                length
            )
            .unwrap()),
        ]
    }

    fn any_next_hop() -> impl Strategy<Value = NextHop> {
        prop_oneof![
            Just(NextHop::OnLink),
            any::<[u8; 4]>().prop_map(NextHop::from),
            (1..=u128::MAX, any::<u32>()).prop_map(|(bits, scope_id)| NextHop::Gateway {
                address: IpAddr::V6(bits.into()),
                scope_id,
            }),
        ]
    }

    prop_compose! {
        fn any_route()(
            destination in any_destination(),
            next_hop in any_next_hop(),
            interface in any_interface(),
            metric: u32,
            protocol: u32,
            site_prefix_length: u8,
            valid_lifetime: u32,
            preferred_lifetime: u32,
            flags in 0..16_u8,
            age: u32,
            origin: u32,
        ) -> Route {
            Route {
                destination,
                next_hop,
                interface,
                metric,
                protocol: RouteProtocol(protocol),
                site_prefix_length,
                valid_lifetime: valid_lifetime.into(),
                preferred_lifetime: preferred_lifetime.into(),
                flags: RouteFlags::from_bits_truncate(flags),
                age,
                origin: RouteOrigin(origin),
            }
        }
    }

    proptest! {
        #[test]
        fn a_route_survives_conversion_to_a_row(route in any_route()) {
            let row = MibIpForwardRow2::from(&route);
            prop_assert_eq!(Route::try_from(&row), Ok(route));
        }

        #[test]
        fn a_route_survives_formatting_and_parsing(route in any_route()) {
            let interface = match route.interface {
                Interface::Known { index, .. } => Interface::Index(index),
                interface => interface,
            };
            let text = Route { interface, age: 0, origin: RouteOrigin::MANUAL, ..route };
            prop_assert_eq!(format!("{text:#}").parse(), Ok(text));
        }

        #[test]
        fn an_alias_survives_formatting_and_parsing(route in any_route(), interface in any_alias()) {
            let text = Route { interface, age: 0, origin: RouteOrigin::MANUAL, ..route };
            prop_assert_eq!(format!("{text:#}").parse(), Ok(text));
        }

        #[test]
        fn a_row_is_canonical(route in any_route()) {
            let row = MibIpForwardRow2::from(&route);
            prop_assert_eq!(row.canonical(), row);
        }

        #[test]
        fn any_bytes_are_a_route_or_an_invalid_row(bytes: [[u8; 8]; 13]) {
            let row: MibIpForwardRow2 = zerocopy::transmute!(bytes);
            let _ = Route::try_from(&row);
        }

        #[test]
        fn a_key_survives_conversion_to_a_row(route in any_route()) {
            let row = MibIpForwardRow2::from(&route.key());
            prop_assert_eq!(Route::try_from(&row).map(|route| route.key()), Ok(route.key()));
        }
    }

    #[test]
    fn host_bits_are_left_to_the_stack() {
        let destination: IpNet = "10.20.0.1/16".parse().unwrap();
        let row = MibIpForwardRow2::from(&Route::new(destination, Interface::Index(7)));
        assert_eq!(row.destination_prefix.prefix.ipv4_or_flow, [10, 20, 0, 1]);
    }

    #[test]
    fn a_new_route_has_no_sentinel() {
        let destination: IpNet = "::/0".parse().unwrap();
        let row = MibIpForwardRow2::from(&Route::new(destination, Interface::Luid(1)));
        assert_eq!(row.site_prefix_length, 0);
        assert_eq!((row.metric, row.protocol), (256, 3));
        assert_eq!(
            (row.valid_lifetime, row.preferred_lifetime),
            (u32::MAX, u32::MAX)
        );
        assert_eq!(row.next_hop.family, 23);
        assert_eq!((row.loopback, row.immortal), (1, 1));
    }

    #[test]
    fn a_row_without_a_family_is_not_a_route() {
        let initialized = MibIpForwardRow2::default();
        assert_eq!(Route::try_from(&initialized), Err(InvalidRow::Family(0)));
    }

    #[test]
    fn a_prefix_longer_than_its_address_is_not_a_route() {
        let row = MibIpForwardRow2 {
            destination_prefix: IpAddressPrefix::new([10, 0, 0, 0].into(), 33),
            ..MibIpForwardRow2::default()
        };
        assert_eq!(
            Route::try_from(&row),
            Err(InvalidRow::PrefixLength {
                address: [10, 0, 0, 0].into(),
                length: 33
            })
        );
    }
}
