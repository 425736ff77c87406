//! The command line of `routectl route`.

use std::net::IpAddr;

use clap::{Args, Subcommand};
use ipforward::{IpNet, RouteProtocol};

use super::help;
use crate::spec::{IpFamily, RouteArguments, parse_prefix};

#[derive(Debug, Subcommand)]
pub(crate) enum RouteCommand {
    /// Add a route and print it
    #[command(
        override_usage = "routectl route add PREFIX [via NEXTHOP] [dev INTERFACE] [KEYWORD VALUE]…",
        after_help = help::add()
    )]
    Add(RouteArguments),
    /// Change a route and print it
    #[command(
        override_usage = "routectl route set PREFIX [via NEXTHOP] [dev INTERFACE] KEYWORD VALUE…",
        after_help = help::set()
    )]
    Set(RouteArguments),
    /// Delete a route
    #[command(
        override_usage = "routectl route delete PREFIX [via NEXTHOP] [dev INTERFACE]",
        visible_alias = "del",
        after_help = help::delete()
    )]
    Delete(RouteArguments),
    /// Print one route, or the route that a packet to an address would take
    #[command(
        override_usage = "routectl route get PREFIX [via NEXTHOP] [dev INTERFACE]\n       \
                          routectl route get ADDRESS [from SOURCE] [dev INTERFACE]",
        after_help = help::get()
    )]
    Get(RouteArguments),
    /// Print the route table
    #[command(visible_alias = "list", after_help = help::SHOW)]
    Show(ShowArguments),
}

/// The routes to show.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ShowArguments {
    /// Routes of one family
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
    /// Routes that match a packet to ADDRESS
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) contains: Option<IpAddr>,
    /// Routes to PREFIX and to prefixes inside it
    #[arg(long, value_name = "PREFIX", value_parser = parse_prefix)]
    pub(crate) longer: Option<IpNet>,
    /// Routes to PREFIX and to prefixes that contain it
    #[arg(long, value_name = "PREFIX", value_parser = parse_prefix)]
    pub(crate) shorter: Option<IpNet>,
    /// Routes of one interface: its index (7), its alias (Ethernet) or its LUID
    /// (luid:0x0006008001000000)
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) dev: Option<String>,
    /// Routes of one protocol: its name (Local, Ospf, Static) or its number
    #[arg(long, value_name = "PROTOCOL")]
    pub(crate) protocol: Option<RouteProtocol>,
}
