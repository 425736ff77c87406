//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipforward::AddressFamily;

const EXAMPLES: &str = "\
Examples:
  routectl route add 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5
  routectl route add default via 2001:db8::1 dev luid:0x0006008001000000
  routectl route get 10.20.0.0/16 via 192.0.2.254 dev 7
  routectl route show --family 4
  routectl --json route show
  routectl route delete 10.20.0.0/16 via 192.0.2.254 dev 7";

const DEVICE_HELP: &str = "\
The device, or the socket of its host [default: $IPFORWARD_DEVICE, else the system's own]";

/// What follows a route's command.
const ROUTE_WORDS: &str = "\
PREFIX     10.20.0.0/16, 2001:db8::/32, an address alone for a host route, or default
via        the next hop's address; without it the route is on-link
dev        the interface: its index (7) or its LUID (luid:0x0006008001000000)";

const METRIC_WORD: &str = "\
metric     offset to the metric of the interface, 256 if not said";

/// Own IP routes through the IpForward driver.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
#[command(after_help = format!("{EXAMPLES}\n\n{}", crate::exit::HELP))]
pub(crate) struct Arguments {
    #[arg(long, global = true, value_name = "PATH", help = DEVICE_HELP)]
    pub(crate) device: Option<PathBuf>,
    /// Print one JSON value; errors too, on the error output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Versions of this tool and of the driver
    Version,
    /// Add, delete, get and show routes
    #[command(subcommand)]
    Route(RouteCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RouteCommand {
    /// Add a route and print it as it is now
    #[command(override_usage = "routectl route add PREFIX [via NEXTHOP] dev INTERFACE [metric N]")]
    #[command(after_help = format!("{ROUTE_WORDS}\n{METRIC_WORD}"))]
    Add(RouteArguments),
    /// Delete a route
    #[command(override_usage = "routectl route delete PREFIX [via NEXTHOP] dev INTERFACE")]
    #[command(visible_alias = "del", after_help = ROUTE_WORDS)]
    Delete(RouteArguments),
    /// Print one route
    #[command(override_usage = "routectl route get PREFIX [via NEXTHOP] dev INTERFACE")]
    #[command(after_help = ROUTE_WORDS)]
    Get(RouteArguments),
    /// Print the route table
    #[command(visible_alias = "list")]
    Show(ShowArguments),
}

/// A route in words.
#[derive(Args, Debug)]
pub(crate) struct RouteArguments {
    /// The route: its prefix, then via, dev and metric in any order
    #[arg(required = true, value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// The family of the prefix `default`, if there is no next hop to tell it
    #[arg(long)]
    pub(crate) family: Option<Family>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Routes of one family only
    #[arg(long)]
    pub(crate) family: Option<Family>,
}

/// An address family as the command line writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Family {
    /// IPv4
    #[value(name = "4")]
    Ipv4,
    /// IPv6
    #[value(name = "6")]
    Ipv6,
}

impl From<Family> for AddressFamily {
    fn from(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self::IPV4,
            Family::Ipv6 => Self::IPV6,
        }
    }
}

/// Whether `--json` is among the arguments, when they make no sense as a whole.
pub(crate) fn json_is_asked_for() -> bool {
    std::env::args_os().any(|argument| argument == "--json")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
