//! The command line of owning routes: `hold` and `watch`.

use std::ffi::OsString;

use clap::Args;
use ipforward::IpNet;

use super::{Family, RouteArguments};
use crate::words;

/// A route and the command that it is held for.
#[derive(Args, Debug)]
pub(crate) struct HoldArguments {
    #[command(flatten)]
    pub(crate) route: RouteArguments,
    /// The command to run, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Which changes to print.
#[derive(Args, Debug)]
pub(crate) struct WatchArguments {
    /// Routes of one family
    #[arg(long)]
    pub(crate) family: Option<Family>,
    /// Routes to PREFIX and to prefixes inside it
    #[arg(long, value_name = "PREFIX", value_parser = words::parse_prefix)]
    pub(crate) inside: Option<IpNet>,
}
