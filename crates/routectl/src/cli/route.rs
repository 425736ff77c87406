//! The command line of `routectl route`.

use std::net::IpAddr;

use clap::{ArgGroup, Args, Subcommand};
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
    /// Add a route, or change the one that has its prefix, next hop and interface, and print it
    #[command(
        override_usage = "routectl route replace PREFIX [via NEXTHOP] [dev INTERFACE]\n       \
                          [KEYWORD VALUE]…",
        after_help = help::replace()
    )]
    Replace(RouteArguments),
    /// Delete a route
    #[command(
        override_usage = "routectl route delete [--absent-ok] PREFIX [via NEXTHOP] [dev INTERFACE]",
        visible_alias = "del",
        alias = "rm",
        after_help = help::delete()
    )]
    Delete(DeleteArguments),
    /// Delete all routes that pass the filters
    #[command(override_usage = "routectl route flush FILTER… [OPTIONS]", after_help = help::FLUSH)]
    Flush(FlushArguments),
    /// Print one route, or the route that a packet to an address would take
    #[command(
        override_usage = "routectl route get PREFIX [via NEXTHOP] [dev INTERFACE]\n       \
                          routectl route get ADDRESS [from SOURCE] [dev INTERFACE]",
        after_help = help::get()
    )]
    Get(RouteArguments),
    /// Print the route table
    #[command(visible_alias = "list", alias = "ls", after_help = help::SHOW)]
    Show(ShowArguments),
}

impl RouteCommand {
    /// The option `--family`.
    pub(super) const fn family(&mut self) -> &mut Option<IpFamily> {
        match self {
            Self::Add(route) | Self::Set(route) | Self::Replace(route) | Self::Get(route) => {
                &mut route.family
            }
            Self::Delete(delete) => &mut delete.route.family,
            Self::Flush(flush) => &mut flush.filter.family,
            Self::Show(show) => &mut show.filter.family,
        }
    }
}

/// The route to delete.
#[derive(Args, Clone, Debug)]
pub(crate) struct DeleteArguments {
    #[command(flatten)]
    pub(crate) route: RouteArguments,
    /// Succeed if there is no such route
    #[arg(long)]
    pub(crate) absent_ok: bool,
}

/// The routes to delete.
#[derive(Args, Clone, Debug)]
#[command(group(
    ArgGroup::new("filter")
        .args(["family", "contains", "longer", "shorter", "dev", "protocol"])
        .required(true)
        .multiple(true)
))]
pub(crate) struct FlushArguments {
    #[command(flatten)]
    pub(crate) filter: RouteFilter,
    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before deleting
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// The routes to show, and how.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    pub(crate) filter: RouteFilter,
    /// Print a file for `routectl apply`
    #[arg(long, conflicts_with = "json")]
    pub(crate) toml: bool,
    /// Print each prefix below the one that contains it
    #[arg(long, conflicts_with_all = ["json", "toml"])]
    pub(crate) tree: bool,
}

/// The routes to export.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) filter: RouteFilter,
    /// Also the routes of protocol Local, which the system adds by itself
    #[arg(long)]
    pub(crate) all: bool,
}

/// The routes to show, to export or to delete.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RouteFilter {
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
