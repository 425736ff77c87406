//! The Windows structures have the layout of windows-sys, which is made from Microsoft's own
//! metadata. (The C header's static assertions compare with `netioapi.h`.)

use std::mem::{align_of, offset_of};
use std::path::Path;

use abi::{AddressFamily, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, SockaddrInet};
use contract_reader::Contract;
use ipforward_abi as abi;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    IP_ADDRESS_PREFIX, MIB_IPFORWARD_ROW2, MIB_IPINTERFACE_ROW,
};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNSPEC, MIB_IPPROTO_NETMGMT, SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_INET,
};

/// Compares size, alignment and every named offset, and that no member was forgotten.
macro_rules! same_layout {
    ($ours:ident = $theirs:ident { $($member:ident = $their_member:ident,)* }) => {{
        assert_eq!(size_of::<$ours>(), size_of::<$theirs>());
        assert_eq!(align_of::<$ours>(), align_of::<$theirs>());
        $(assert_eq!(
            offset_of!($ours, $member),
            offset_of!($theirs, $their_member),
            stringify!($their_member)
        );)*
        let compared: &[&str] = &[$(stringify!($member),)*];
        assert_eq!(compared, members(stringify!($ours)));
    }};
}

/// The members of a structure that have a meaning.
fn members(structure: &str) -> Vec<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = Contract::read(&workspace).unwrap();
    let members = &contract.structure(structure).unwrap().members;
    members
        .iter()
        .filter(|member| !member.is_reserved())
        .map(|member| member.name.clone())
        .collect()
}

#[test]
fn a_route_lies_as_in_windows() {
    same_layout!(MibIpForwardRow2 = MIB_IPFORWARD_ROW2 {
        interface_luid = InterfaceLuid,
        interface_index = InterfaceIndex,
        destination_prefix = DestinationPrefix,
        next_hop = NextHop,
        site_prefix_length = SitePrefixLength,
        valid_lifetime = ValidLifetime,
        preferred_lifetime = PreferredLifetime,
        metric = Metric,
        protocol = Protocol,
        loopback = Loopback,
        autoconfigure_address = AutoconfigureAddress,
        publish = Publish,
        immortal = Immortal,
        age = Age,
        origin = Origin,
    });
}

#[test]
fn an_interface_lies_as_in_windows() {
    same_layout!(MibIpInterfaceRow = MIB_IPINTERFACE_ROW {
        family = Family,
        interface_luid = InterfaceLuid,
        interface_index = InterfaceIndex,
        max_reassembly_size = MaxReassemblySize,
        interface_identifier = InterfaceIdentifier,
        min_router_advertisement_interval = MinRouterAdvertisementInterval,
        max_router_advertisement_interval = MaxRouterAdvertisementInterval,
        advertising_enabled = AdvertisingEnabled,
        forwarding_enabled = ForwardingEnabled,
        weak_host_send = WeakHostSend,
        weak_host_receive = WeakHostReceive,
        use_automatic_metric = UseAutomaticMetric,
        use_neighbor_unreachability_detection = UseNeighborUnreachabilityDetection,
        managed_address_configuration_supported = ManagedAddressConfigurationSupported,
        other_stateful_configuration_supported = OtherStatefulConfigurationSupported,
        advertise_default_route = AdvertiseDefaultRoute,
        router_discovery_behavior = RouterDiscoveryBehavior,
        dad_transmits = DadTransmits,
        base_reachable_time = BaseReachableTime,
        retransmit_time = RetransmitTime,
        path_mtu_discovery_timeout = PathMtuDiscoveryTimeout,
        link_local_address_behavior = LinkLocalAddressBehavior,
        link_local_address_timeout = LinkLocalAddressTimeout,
        zone_indices = ZoneIndices,
        site_prefix_length = SitePrefixLength,
        metric = Metric,
        nl_mtu = NlMtu,
        connected = Connected,
        supports_wake_up_patterns = SupportsWakeUpPatterns,
        supports_neighbor_discovery = SupportsNeighborDiscovery,
        supports_router_discovery = SupportsRouterDiscovery,
        reachable_time = ReachableTime,
        transmit_offload = TransmitOffload,
        receive_offload = ReceiveOffload,
        disable_default_routes = DisableDefaultRoutes,
    });
}

#[test]
fn a_prefix_lies_as_in_windows() {
    same_layout!(IpAddressPrefix = IP_ADDRESS_PREFIX {
        prefix = Prefix,
        prefix_length = PrefixLength,
    });
}

#[test]
fn an_address_lies_as_in_windows() {
    assert_eq!(size_of::<SockaddrInet>(), size_of::<SOCKADDR_INET>());
    assert_eq!(align_of::<SockaddrInet>(), align_of::<SOCKADDR_INET>());
    // A union here: ours are the members of its variants.
    for (ours, theirs) in [
        (
            offset_of!(SockaddrInet, family),
            offset_of!(SOCKADDR_IN, sin_family),
        ),
        (
            offset_of!(SockaddrInet, family),
            offset_of!(SOCKADDR_IN6, sin6_family),
        ),
        (
            offset_of!(SockaddrInet, port),
            offset_of!(SOCKADDR_IN, sin_port),
        ),
        (
            offset_of!(SockaddrInet, port),
            offset_of!(SOCKADDR_IN6, sin6_port),
        ),
        (
            offset_of!(SockaddrInet, ipv4_or_flow),
            offset_of!(SOCKADDR_IN, sin_addr),
        ),
        (
            offset_of!(SockaddrInet, ipv4_or_flow),
            offset_of!(SOCKADDR_IN6, sin6_flowinfo),
        ),
        (
            offset_of!(SockaddrInet, ipv6),
            offset_of!(SOCKADDR_IN, sin_zero),
        ),
        (
            offset_of!(SockaddrInet, ipv6),
            offset_of!(SOCKADDR_IN6, sin6_addr),
        ),
        (
            offset_of!(SockaddrInet, scope_id),
            offset_of!(SOCKADDR_IN6, Anonymous),
        ),
    ] {
        assert_eq!(ours, theirs);
    }
    assert_eq!(
        members("SockaddrInet"),
        ["family", "port", "ipv4_or_flow", "ipv6", "scope_id"]
    );
}

#[test]
fn numbers_are_those_of_windows() {
    assert_eq!(AddressFamily::UNSPECIFIED.0, AF_UNSPEC);
    assert_eq!(AddressFamily::IPV4.0, AF_INET);
    assert_eq!(AddressFamily::IPV6.0, AF_INET6);
    assert_eq!(
        i64::from(abi::route::PROTOCOL_NET_MGMT),
        i64::from(MIB_IPPROTO_NETMGMT)
    );
}
