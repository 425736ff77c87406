//! The command line of many changes at once: `apply` and `import`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::import::ImportFormat;

/// The file to apply, and options.
#[derive(Args, Debug)]
pub(crate) struct ApplyArguments {
    /// The file with the routes, in TOML; `-` for the standard input
    pub(crate) file: PathBuf,
    /// All or nothing: roll back if an entry fails
    #[arg(long)]
    pub(crate) atomic: bool,
    #[command(flatten)]
    pub(crate) options: ChangeArguments,
}

/// The file to import, and options.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The file with the routes; `-` for the standard input
    pub(crate) file: PathBuf,
    /// The format of the file [default: detected]
    #[arg(long)]
    pub(crate) format: Option<ImportFormat>,
    /// The interface for a name in the file; can be given several times
    #[arg(long, value_name = "NAME=INTERFACE", value_parser = parse_map)]
    pub(crate) map: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) options: ChangeArguments,
}

/// Options for making changes.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct ChangeArguments {
    /// Show what would change, and change nothing
    #[arg(long, conflicts_with = "hold")]
    pub(crate) dry_run: bool,
    /// Do not ask before changing or removing routes
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Lease every route: the driver removes it when COMMAND ends
    #[arg(long, requires = "hold")]
    pub(crate) lease: bool,
    /// Lease every route, and restore it when another program changes it
    #[arg(long, requires = "hold")]
    pub(crate) guard: bool,
    /// Run COMMAND afterwards; the driver removes leased routes when it ends
    #[arg(long, requires = "command")]
    pub(crate) hold: bool,
    /// The command to run, and its arguments
    #[arg(last = true, requires = "hold", value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Parses a name and its interface.
fn parse_map(text: &str) -> Result<(String, String), &'static str> {
    text.split_once('=')
        .map(|(name, interface)| (name.to_owned(), interface.to_owned()))
        .ok_or(
            "expected NAME=INTERFACE (eth0=7, eth0=Ethernet, 192.0.2.10=luid:0x0006008001000000)",
        )
}
