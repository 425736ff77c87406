//! Fresh rows, as the `Initialize…` functions leave them.

use nt_types::route::INFINITE_LIFETIME;
use nt_types::{MibIpForwardRow2, MibIpInterfaceRow};

use crate::behaviours::Behaviours;

/// The metric of a row before its caller sets one: illegal as a value.
pub const METRIC_NOT_GIVEN: u32 = u32::MAX;

/// The protocol of a row before its caller sets one: illegal as a value.
pub const PROTOCOL_NOT_GIVEN: u32 = u32::MAX;

/// The site prefix length of a row before its caller sets one: illegal as a value.
pub const SITE_PREFIX_NOT_GIVEN: u8 = u8::MAX;

/// A route row after `InitializeIpForwardEntry`: infinite lifetimes, all four flags set, and
/// illegal values where the caller is expected to decide.
#[must_use]
pub fn route() -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        site_prefix_length: SITE_PREFIX_NOT_GIVEN,
        valid_lifetime: INFINITE_LIFETIME,
        preferred_lifetime: INFINITE_LIFETIME,
        metric: METRIC_NOT_GIVEN,
        protocol: PROTOCOL_NOT_GIVEN,
        loopback: 1,
        autoconfigure_address: 1,
        publish: 1,
        immortal: 1,
        ..MibIpForwardRow2::default()
    }
}

/// An interface row after `InitializeIpInterfaceEntry`: with the `documented` profile all ones in
/// every member that Set takes, with `alternative` all zero.
#[must_use]
pub fn interface(behaviours: Behaviours) -> MibIpInterfaceRow {
    if behaviours.interface_sentinels() {
        interface_not_given()
    } else {
        MibIpInterfaceRow::default()
    }
}

/// An interface row in which no member is given: what Set takes as "leave it as it is".
#[must_use]
pub fn interface_not_given() -> MibIpInterfaceRow {
    MibIpInterfaceRow {
        interface_identifier: u64::MAX,
        advertising_enabled: u8::MAX,
        forwarding_enabled: u8::MAX,
        weak_host_send: u8::MAX,
        weak_host_receive: u8::MAX,
        use_automatic_metric: u8::MAX,
        use_neighbor_unreachability_detection: u8::MAX,
        managed_address_configuration_supported: u8::MAX,
        other_stateful_configuration_supported: u8::MAX,
        advertise_default_route: u8::MAX,
        router_discovery_behavior: u32::MAX,
        dad_transmits: u32::MAX,
        base_reachable_time: u32::MAX,
        retransmit_time: u32::MAX,
        path_mtu_discovery_timeout: u32::MAX,
        link_local_address_behavior: u32::MAX,
        link_local_address_timeout: u32::MAX,
        zone_indices: [u32::MAX; 16],
        site_prefix_length: u32::MAX,
        metric: u32::MAX,
        nl_mtu: u32::MAX,
        disable_default_routes: u8::MAX,
        ..MibIpInterfaceRow::default()
    }
}
