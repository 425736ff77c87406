//! The command line.

mod change;
mod help;
mod help_text;
mod interface;
mod lease;
mod route;
mod selftest;

use std::path::PathBuf;

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use crate::spec::{InterfaceNames, IpFamily, RouteArguments};

pub(crate) use change::{ApplyArguments, ChangeArguments, ImportArguments, YesOrNo};
pub(crate) use help_text::HelpParagraph;
pub(crate) use interface::{HeldSettings, InterfaceArguments, InterfaceCommand, SettingsArguments};
pub(crate) use lease::{HoldArguments, TopArguments, WatchArguments};
pub(crate) use route::{
    DeleteArguments, ExportArguments, FlushArguments, RouteCommand, RouteFilter, ShowArguments,
};
pub(crate) use selftest::SelftestArguments;

/// The width of `--help` on a wide terminal, and where there is none.
const HELP_WIDTH_MAX: usize = 100;

/// Own IP routes through the IpForward driver.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
#[command(after_help = format!("{}\n\n{}", help::EXAMPLES, crate::exit::help()))]
pub(crate) struct Cli {
    #[arg(long, global = true, value_name = "PATH", help = help::DEVICE)]
    pub(crate) device: Option<PathBuf>,
    /// Print one JSON value; print errors as JSON on the error output
    #[arg(long, short, global = true)]
    pub(crate) json: bool,
    /// IPv4 only, as --family 4
    #[arg(short = '4', global = true, conflicts_with = "ipv6")]
    ipv4: bool,
    /// IPv6 only, as --family 6
    #[arg(short = '6', global = true)]
    ipv6: bool,
    #[command(subcommand)]
    pub(crate) command: CliCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Add, change, delete, get and show routes
    #[command(subcommand, alias = "r")]
    Route(RouteCommand),
    /// Show interfaces and change their settings
    #[command(subcommand, aliases = ["i", "if"])]
    Interface(InterfaceCommand),
    /// Check a route without adding it
    #[command(
        override_usage = "routectl explain PREFIX [via NEXTHOP] [dev INTERFACE] [KEYWORD VALUE]…",
        after_help = help::explain()
    )]
    Explain(RouteArguments),
    /// Lease a route while a command runs
    #[command(
        override_usage = "routectl hold PREFIX [via NEXTHOP] [dev INTERFACE] [KEYWORD VALUE]…\n       \
                          [share] [guard] -- COMMAND…",
        after_help = help::hold()
    )]
    Hold(HoldArguments),
    /// Create or change the routes of a file, and show the changes
    #[command(after_help = help::APPLY)]
    Apply(ApplyArguments),
    /// Print the routes as a file for `apply`
    #[command(after_help = help::EXPORT)]
    Export(ExportArguments),
    /// Import routes from files of other programs
    #[command(after_help = help::IMPORT)]
    Import(ImportArguments),
    /// Show the leases of all handles
    #[command(after_help = help::LEASES)]
    Leases,
    /// Print changes of routes and interfaces until interrupted
    #[command(after_help = help::WATCH)]
    Watch(WatchArguments),
    /// Show routes, owners, guards and events on a live screen
    #[command(after_help = help::TOP)]
    Top(TopArguments),
    /// Show the driver's counters
    #[command(after_help = help::STATISTICS)]
    Statistics,
    /// Test the driver on this computer, with routes of its own
    #[command(after_help = help::SELFTEST)]
    Selftest(SelftestArguments),
    /// Install, remove or show the driver's device
    #[cfg(windows)]
    #[command(subcommand, after_help = help::DEVICE_NODE)]
    Device(DeviceCommand),
    /// Show the versions of routectl and of the driver
    #[command(after_help = help::VERSION)]
    Version,
    /// Print the completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages, one for each command
    #[command(after_help = help::MAN)]
    Man {
        /// The folder of the pages; routectl creates it
        folder: PathBuf,
    },
}

impl Cli {
    /// Parses the arguments of the program.
    pub(crate) fn of_program() -> Result<Self, clap::Error> {
        let mut command = with_wrapped_help(Self::command(), help_width());
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        let mut cli =
            Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        let family = match (cli.ipv4, cli.ipv6) {
            (true, _) => IpFamily::Ipv4,
            (false, true) => IpFamily::Ipv6,
            (false, false) => return Ok(cli),
        };
        if let Some(place) = cli.command.family() {
            place.get_or_insert(family);
        }
        Ok(cli)
    }

    /// The names of the interfaces on the device's system.
    pub(crate) fn interface_names(&self) -> InterfaceNames {
        InterfaceNames::new(self.device.as_deref())
    }
}

impl CliCommand {
    /// The option `--family`, if the command has it.
    const fn family(&mut self) -> Option<&mut Option<IpFamily>> {
        match self {
            Self::Route(command) => Some(command.family()),
            Self::Interface(command) => Some(command.family()),
            Self::Explain(route) => Some(&mut route.family),
            Self::Hold(hold) => Some(&mut hold.route.family),
            Self::Export(export) => Some(&mut export.filter.family),
            Self::Watch(watch) => Some(&mut watch.family),
            Self::Top(top) => Some(&mut top.family),
            Self::Selftest(selftest) => Some(&mut selftest.family),
            _ => None,
        }
    }
}

#[cfg(windows)]
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Install the device, after `pnputil /add-driver driver.inf`
    Install,
    /// Remove the device
    Remove,
    /// Show the state of the device
    Status,
    /// Set who may open the device, from its next start on
    Access {
        /// The security descriptor, in SDDL
        #[arg(value_name = "SDDL")]
        sddl: String,
    },
}

/// The width of the terminal, as far as help uses it.
fn help_width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(variable).unwrap_or(HELP_WIDTH_MAX);
    width.min(HELP_WIDTH_MAX)
}

/// Wraps the help of a command and of its subcommands. clap wraps each line by itself, which would leave
/// half-empty lines in the longer texts.
fn with_wrapped_help(command: Command, width: usize) -> Command {
    let command = command.term_width(width);
    let command = match command.get_after_help().map(ToString::to_string) {
        Some(text) => command.after_help(help_text::wrapped(&text, width)),
        None => command,
    };
    command.mut_subcommands(|subcommand| with_wrapped_help(subcommand, width))
}

/// True if `--json` is among the arguments; for arguments that clap rejects.
pub(crate) fn has_json_flag() -> bool {
    std::env::args_os().any(|argument| argument == "--json" || argument == "-j")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
