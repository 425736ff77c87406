//! The command line of many changes at once: `apply` and `import`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which file to apply, and how.
#[derive(Args, Debug)]
pub(crate) struct ApplyArguments {
    /// The file with the routes, in TOML; `-` for the standard input
    pub(crate) file: PathBuf,
    /// All of it or nothing: undo what was done if an entry fails
    #[arg(long)]
    pub(crate) atomic: bool,
    #[command(flatten)]
    pub(crate) how: ChangeArguments,
}

/// Which file to import, and how.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The file with the routes; `-` for the standard input
    pub(crate) file: PathBuf,
    /// What the file is [default: what it looks like]
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// The interface that a name of the file means; can be said several times
    #[arg(long, value_name = "NAME=INTERFACE", value_parser = parse_map)]
    pub(crate) map: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) how: ChangeArguments,
}

/// How changes are made.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct ChangeArguments {
    /// Change nothing, show what would be
    #[arg(long, conflicts_with = "hold")]
    pub(crate) dry_run: bool,
    /// Do not ask before routes are changed or removed
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Lease every route: it goes when COMMAND ends
    #[arg(long, requires = "hold")]
    pub(crate) lease: bool,
    /// Lease every route, and put it back if somebody else changes it
    #[arg(long, requires = "hold")]
    pub(crate) guard: bool,
    /// Run COMMAND then; leased routes go when it ends
    #[arg(long, requires = "command")]
    pub(crate) hold: bool,
    /// The command to run, and its arguments
    #[arg(last = true, requires = "hold", value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// What a file with routes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Commands of iproute2, as for `ip -batch`
    IpBatch,
    /// What `ip route` prints
    IpRoute,
    /// Commands of Windows' `route`
    RouteCommands,
    /// What Windows' `route print` prints
    RoutePrint,
}

/// A name and the interface that it means.
fn parse_map(text: &str) -> Result<(String, String), &'static str> {
    text.split_once('=')
        .map(|(name, interface)| (name.to_owned(), interface.to_owned()))
        .ok_or("right would be NAME=INTERFACE (eth0=7, eth0=Ethernet, 192.0.2.10=luid:0x0006008001000000)")
}
