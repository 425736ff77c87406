//! The command line.

mod change;
mod help;
mod own;
mod route;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ipforward::AddressFamily;

pub(crate) use change::{ApplyArguments, ChangeArguments, Format, ImportArguments};
pub(crate) use own::{HoldArguments, WatchArguments};
pub(crate) use route::{RouteArguments, RouteCommand, ShowArguments};

/// Own IP routes through the IpForward driver.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
#[command(after_help = format!("{}\n\n{}", help::EXAMPLES, crate::exit::help()))]
pub(crate) struct Arguments {
    #[arg(long, global = true, value_name = "PATH", help = help::DEVICE)]
    pub(crate) device: Option<PathBuf>,
    /// Print one JSON value; errors too, on the error output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add, change, delete, get and show routes
    #[command(subcommand)]
    Route(RouteCommand),
    /// Show interfaces
    #[command(subcommand)]
    Interface(InterfaceCommand),
    /// Say what would be wrong with a route, without adding it
    #[command(
        override_usage = "routectl explain PREFIX [via NEXTHOP] dev INTERFACE [WORD VALUE]…",
        after_help = help::explain()
    )]
    Explain(RouteArguments),
    /// Have a route for as long as a command runs
    #[command(
        override_usage = "routectl hold PREFIX [via NEXTHOP] dev INTERFACE [WORD VALUE]… \
                          [share] [guard] -- COMMAND…",
        after_help = help::hold()
    )]
    Hold(HoldArguments),
    /// Create or change the routes of a file, and show what that changes
    #[command(after_help = help::APPLY)]
    Apply(ApplyArguments),
    /// Make the changes of a file in the formats of `ip` and of Windows' `route`
    #[command(after_help = help::IMPORT)]
    Import(ImportArguments),
    /// Show which handles hold which routes
    #[command(after_help = help::LEASES)]
    Leases,
    /// Print changes of the route table until interrupted
    #[command(after_help = help::WATCH)]
    Watch(WatchArguments),
    /// What the driver has counted
    #[command(after_help = help::STATISTICS)]
    Statistics,
    /// Make, remove or show the device that the driver is started for
    #[cfg(windows)]
    #[command(subcommand, after_help = help::DEVICE_NODE)]
    Device(DeviceCommand),
    /// Versions of this tool and of the driver
    #[command(after_help = help::VERSION)]
    Version,
    /// Print the completions of a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum InterfaceCommand {
    /// Print the interfaces, one line for each family
    #[command(visible_alias = "list", after_help = help::INTERFACE_SHOW)]
    Show(InterfaceArguments),
}

#[cfg(windows)]
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Make the device, after `pnputil /add-driver driver.inf`
    Install,
    /// Remove the device
    Remove,
    /// Say whether the device is there and works
    Status,
}

#[derive(Args, Debug)]
pub(crate) struct InterfaceArguments {
    /// Interfaces of one family only
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

/// The family to ask for: one, or both if none is said.
pub(crate) fn asked_family(family: Option<Family>) -> AddressFamily {
    family.map_or(AddressFamily::UNSPECIFIED, AddressFamily::from)
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
