//! The command line of `hold`, `watch` and `top`.

use std::ffi::OsString;

use clap::Args;
use ipforward::IpNet;

use crate::spec::{IpFamily, RouteArguments, parse_prefix};

/// A route, and the command that runs while routectl leases it.
#[derive(Args, Debug)]
pub(crate) struct HoldArguments {
    #[command(flatten)]
    pub(crate) route: RouteArguments,
    /// The command to run, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// The routes that the screen shows at first.
#[derive(Args, Debug)]
pub(crate) struct TopArguments {
    /// Routes of one family
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
}

/// The changes to print.
#[derive(Args, Debug)]
pub(crate) struct WatchArguments {
    /// Routes and interfaces of one family
    #[arg(long)]
    pub(crate) family: Option<IpFamily>,
    /// First print the routes that exist
    #[arg(long)]
    pub(crate) table: bool,
    /// Routes to PREFIX and to prefixes inside it, and no interfaces
    #[arg(long, value_name = "PREFIX", value_parser = parse_prefix)]
    pub(crate) inside: Option<IpNet>,
}
