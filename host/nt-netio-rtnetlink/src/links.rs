//! The interfaces of the namespace, as Windows describes interfaces.

use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, LinkAttribute, LinkFlags, LinkLayerType, LinkMessage,
};
use nt_netio::compartment;
use nt_netio::interfaces::{Binding, Interface, Ipv4Address, Ipv6Address};
use nt_types::Guid;

/// The metric of an interface: Linux has none. It holds until a caller sets another one.
const METRIC: u32 = 25;
/// The metric of a loopback, as Windows has it.
const METRIC_OF_LOOPBACK: u32 = 75;

/// The interfaces in the answers to a request for links and one for addresses.
pub(crate) fn interfaces(
    links: &[RouteNetlinkMessage],
    addresses: &[RouteNetlinkMessage],
) -> Vec<Interface> {
    let addresses: Vec<&AddressMessage> = addresses
        .iter()
        .filter_map(|message| match message {
            RouteNetlinkMessage::NewAddress(address) => Some(address),
            _ => None,
        })
        .collect();
    links
        .iter()
        .filter_map(|message| match message {
            RouteNetlinkMessage::NewLink(link) => Some(interface(link, &addresses)),
            _ => None,
        })
        .collect()
}

fn interface(link: &LinkMessage, addresses: &[&AddressMessage]) -> Interface {
    let index = link.header.index;
    let own: Vec<(IpAddr, u8)> = addresses
        .iter()
        .filter(|address| address.header.index == index)
        .filter_map(|address| Some((own_address(address)?, address.header.prefix_len)))
        .collect();
    let is_loopback = link.header.link_layer_type == LinkLayerType::Loopback;
    let metric = if is_loopback {
        METRIC_OF_LOOPBACK
    } else {
        METRIC
    };
    let ipv4 = own.iter().filter_map(|&(address, length)| match address {
        IpAddr::V4(address) => Ipv4Net::new(address, length).ok().map(Ipv4Address),
        IpAddr::V6(_) => None,
    });
    let ipv6 = own.iter().filter_map(|&(address, length)| match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Ipv6Net::new(address, length).ok().map(Ipv6Address),
    });
    Interface {
        name: name(link),
        index,
        guid: guid(link),
        luid: luid(link.header.link_layer_type, index),
        compartment: compartment::DEFAULT,
        connected: link
            .header
            .flags
            .contains(LinkFlags::Up | LinkFlags::LowerUp),
        carries_routes: true,
        mtu: mtu(link),
        ipv4: has_ipv4(link).then(|| Binding {
            addresses: ipv4.collect(),
            metric,
        }),
        ipv6: has_ipv6(link).then(|| Binding {
            addresses: ipv6.collect(),
            metric,
        }),
    }
}

/// A LUID as Windows makes them: the type in the upper 16 bits, a number in the 24 below. The
/// same interface always gets the same one.
fn luid(layer: LinkLayerType, index: u32) -> u64 {
    const NUMBERS: u32 = 0x00FF_FFFF;
    u64::from(interface_type(layer)) << 48 | u64::from(index & NUMBERS) << 24
}

/// `IF_TYPE_…`.
const fn interface_type(layer: LinkLayerType) -> u16 {
    const OTHER: u16 = 1;
    const ETHERNET: u16 = 6;
    const PPP: u16 = 23;
    const SOFTWARE_LOOPBACK: u16 = 24;
    const PROPRIETARY_VIRTUAL: u16 = 53;
    const IEEE80211: u16 = 71;
    const TUNNEL: u16 = 131;
    match layer {
        LinkLayerType::Ether => ETHERNET,
        LinkLayerType::Ppp => PPP,
        LinkLayerType::Loopback => SOFTWARE_LOOPBACK,
        // Tunnels made by programs: TUN devices, WireGuard.
        LinkLayerType::None => PROPRIETARY_VIRTUAL,
        LinkLayerType::Ieee80211
        | LinkLayerType::Ieee80211Prism
        | LinkLayerType::Ieee80211Radiotap => IEEE80211,
        LinkLayerType::Tunnel
        | LinkLayerType::Tunnel6
        | LinkLayerType::Sit
        | LinkLayerType::Ipgre
        | LinkLayerType::Ip6gre => TUNNEL,
        _ => OTHER,
    }
}

/// The GUID of the adapter with the hardware address of the link: an adapter that is deleted and
/// made again with the same address is the same one.
fn guid(link: &LinkMessage) -> Option<Guid> {
    /// What the GUIDs of this stack begin with: "LINK".
    const DATA_1: u32 = 0x4C49_4E4B;
    let address = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::Address(address) => Some(address.as_slice()),
            _ => None,
        })?;
    let address: [u8; 6] = address.try_into().ok()?;
    if address == [0; 6] {
        return None;
    }
    let mut data4 = [0; 8];
    data4[2..].copy_from_slice(&address);
    Some(Guid {
        data1: DATA_1,
        data2: 0,
        data3: 0,
        data4,
    })
}

fn name(link: &LinkMessage) -> String {
    let name = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.clone()),
            _ => None,
        });
    name.unwrap_or_default()
}

fn mtu(link: &LinkMessage) -> u32 {
    let mtu = link
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::Mtu(mtu) => Some(*mtu),
            _ => None,
        });
    mtu.unwrap_or(0)
}

fn families(link: &LinkMessage) -> impl Iterator<Item = &AfSpecUnspec> {
    link.attributes
        .iter()
        .filter_map(|attribute| match attribute {
            LinkAttribute::AfSpecUnspec(families) => Some(families),
            _ => None,
        })
        .flatten()
}

fn has_ipv4(link: &LinkMessage) -> bool {
    families(link).any(|family| matches!(family, AfSpecUnspec::Inet(_)))
}

fn has_ipv6(link: &LinkMessage) -> bool {
    let is_on = |setting: &AfSpecInet6| match setting {
        AfSpecInet6::DevConf(settings) => settings.disable_ipv6 == 0,
        _ => false,
    };
    families(link).any(|family| match family {
        AfSpecUnspec::Inet6(settings) => settings.iter().any(is_on),
        _ => false,
    })
}

/// The address on this side: of the two ends of a point-to-point link, the local one.
fn own_address(address: &AddressMessage) -> Option<IpAddr> {
    let local = address
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            AddressAttribute::Local(local) => Some(*local),
            _ => None,
        });
    local.or_else(|| {
        address
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                AddressAttribute::Address(address) => Some(*address),
                _ => None,
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_luid_has_the_type_and_the_index() {
        assert_eq!(luid(LinkLayerType::Ether, 7), 0x0006_0000_0700_0000);
        assert_eq!(luid(LinkLayerType::Loopback, 1), 0x0018_0000_0100_0000);
        assert_eq!(luid(LinkLayerType::None, 12), 0x0035_0000_0C00_0000);
    }
}
