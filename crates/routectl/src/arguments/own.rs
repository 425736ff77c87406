//! The command line of owning routes: `hold`, `apply` and `watch`.

use std::ffi::OsString;
use std::path::PathBuf;

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

/// Which file to apply, and how.
#[derive(Args, Debug)]
pub(crate) struct ApplyArguments {
    /// The file with the routes, in TOML; `-` for the standard input
    pub(crate) file: PathBuf,
    /// All of it or nothing: undo what was done if an entry fails
    #[arg(long)]
    pub(crate) atomic: bool,
    /// Change nothing, say what would be
    #[arg(long, conflicts_with = "hold")]
    pub(crate) dry_run: bool,
    /// Run COMMAND then; leased routes go when it ends
    #[arg(long, requires = "command")]
    pub(crate) hold: bool,
    /// The command to run, and its arguments
    #[arg(last = true, requires = "hold", value_name = "COMMAND")]
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
