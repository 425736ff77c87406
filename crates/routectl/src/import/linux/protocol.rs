//! The protocols of Linux and of routing daemons.

use ipforward::RouteProtocol;

/// The Windows protocol for one of Linux.
pub(super) fn of_linux(name: &str) -> RouteProtocol {
    match name {
        "boot" | "static" | "ra" | "3" | "4" | "9" => RouteProtocol::NET_MGMT,
        "redirect" | "1" => RouteProtocol::ICMP,
        "dhcp" | "16" => RouteProtocol::DHCP,
        "rip" | "189" => RouteProtocol::RIP,
        "ospf" | "188" => RouteProtocol::OSPF,
        "bgp" | "186" => RouteProtocol::BGP,
        "isis" | "187" => RouteProtocol(9),
        "eigrp" | "192" => RouteProtocol(16),
        _ => RouteProtocol::OTHER,
    }
}
