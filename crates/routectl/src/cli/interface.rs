//! The command line of `routectl interface`.

use std::ffi::OsString;

use clap::{ArgGroup, Args, Subcommand, value_parser};
use ipforward::abi::interface_request::INTERFACE_METRIC_MAX;

use super::change::YesOrNo;
use super::help;
use crate::spec::IpFamily;

#[derive(Debug, Subcommand)]
pub(crate) enum InterfaceCommand {
    /// Print the interfaces, one line for each family
    #[command(visible_alias = "list", alias = "ls", after_help = help::INTERFACE_SHOW)]
    Show(InterfaceArguments),
    /// Change settings of an interface and print it
    #[command(
        override_usage = "routectl interface set INTERFACE SETTING…",
        after_help = help::INTERFACE_SET
    )]
    Set(SettingsArguments),
    /// Change settings of an interface while a command runs
    #[command(
        override_usage = "routectl interface hold INTERFACE SETTING… -- COMMAND…",
        after_help = help::INTERFACE_HOLD
    )]
    Hold(HeldSettings),
}

impl InterfaceCommand {
    /// The option `--family`.
    pub(super) const fn family(&mut self) -> &mut Option<IpFamily> {
        match self {
            Self::Show(interfaces) => &mut interfaces.family,
            Self::Set(settings) => &mut settings.family,
            Self::Hold(hold) => &mut hold.settings.family,
        }
    }
}

/// The interfaces to show.
#[derive(Args, Debug)]
pub(crate) struct InterfaceArguments {
    /// Interfaces of one family only
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
}

/// An interface, and the settings to change.
#[derive(Args, Debug)]
#[command(group(
    ArgGroup::new("settings")
        .args(["metric", "automatic_metric", "default_routes"])
        .required(true)
        .multiple(true)
))]
pub(crate) struct SettingsArguments {
    /// The interface: its index (7), its alias (Ethernet) or its LUID (luid:0x0006008001000000)
    #[arg(value_name = "INTERFACE")]
    pub(crate) dev: String,
    /// One family only; otherwise each family that the interface has
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
    /// The metric, which is added to that of each route; it is not automatic any more
    #[arg(
        long,
        value_name = "METRIC",
        value_parser = value_parser!(u32).range(..=i64::from(INTERFACE_METRIC_MAX))
    )]
    pub(crate) metric: Option<u32>,
    /// Whether the system sets the metric; `no` keeps the present one
    #[arg(
        long,
        value_name = "yes|no",
        conflicts_with = "metric",
        hide_possible_values = true
    )]
    pub(crate) automatic_metric: Option<YesOrNo>,
    /// Whether the system uses the default routes of the interface
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    pub(crate) default_routes: Option<YesOrNo>,
}

/// The settings to change, and the command that runs meanwhile.
#[derive(Args, Debug)]
pub(crate) struct HeldSettings {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    /// The command to run, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}
