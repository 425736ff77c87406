//! The command line of many changes at once: `apply` and `import`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipforward::NextHop;

use crate::import::{ImportFormat, ImportOptions, LineKind};
use crate::input::TextEncoding;
use crate::owner::OwnerName;

/// The file to apply, and options.
#[derive(Args, Debug)]
pub(crate) struct ApplyArguments {
    /// The file with the routes, in TOML or JSON; `-` for the standard input
    pub(crate) file: PathBuf,
    /// All or nothing: roll back if an entry fails
    #[arg(long)]
    pub(crate) atomic: bool,
    /// The name under which routectl records the routes of the file
    #[arg(long, value_name = "NAME", conflicts_with = "hold")]
    pub(crate) owner: Option<OwnerName>,
    /// Delete the recorded routes of the owner that the file does not have
    #[arg(long, requires = "owner")]
    pub(crate) prune: bool,
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
    /// The next hop of routes without one; can be given once for each family
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) via: Vec<NextHop>,
    /// The interface of routes without one
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) dev: Option<String>,
    /// The metric of routes without one
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=0x7FFF_FFFF))]
    pub(crate) metric: Option<u32>,
    /// The encoding of a file that is neither UTF-8 nor UTF-16: a name or a code page
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<TextEncoding>,
    /// Leave out lines that cannot be imported or are refused, of these kinds or of any kind
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, value_delimiter = ',')]
    pub(crate) skip: Option<Vec<SkippedKind>>,
    /// The exit code if lines were left out
    #[arg(long, value_name = "CODE", default_value = "0", value_parser = ["0", "1"])]
    pub(crate) skip_exit: String,
    /// Whether the deletion of a route that does not exist is left out
    #[arg(long, default_value = "yes", num_args = 0..=1, default_missing_value = "yes")]
    pub(crate) absent_ok: YesOrNo,
    #[command(flatten)]
    pub(crate) options: ChangeArguments,
}

/// A kind of lines for `--skip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SkippedKind {
    /// Mistakes: an invalid prefix, an unknown interface
    Invalid,
    /// Routes that discard packets: blackhole, unreachable, prohibit
    Discard,
    /// Routes of another table or of a VRF
    OtherTable,
    /// Correct lines without a counterpart in Windows
    Unsupported,
    /// Changes that the driver or the network stack refuses
    Refused,
}

impl From<SkippedKind> for LineKind {
    fn from(kind: SkippedKind) -> Self {
        match kind {
            SkippedKind::Invalid => Self::Invalid,
            SkippedKind::Discard => Self::Discard,
            SkippedKind::OtherTable => Self::OtherTable,
            SkippedKind::Unsupported => Self::Unsupported,
            SkippedKind::Refused => Self::Refused,
        }
    }
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesOrNo {
    /// Yes
    #[value(aliases = ["on", "true"])]
    Yes,
    /// No
    #[value(aliases = ["off", "false"])]
    No,
}

impl ImportArguments {
    /// The options about lines and places.
    pub(crate) fn import_options(&self) -> ImportOptions {
        ImportOptions {
            map: self.map.clone(),
            via: self.via.clone(),
            dev: self.dev.clone(),
            metric: self.metric,
            absent_ok: self.absent_ok == YesOrNo::Yes,
        }
    }

    /// The kinds of lines to leave out, if the user gave `--skip`; an empty list is all kinds.
    pub(crate) fn skipped_kinds(&self) -> Option<Vec<LineKind>> {
        let kinds = self.skip.as_ref()?;
        Some(kinds.iter().copied().map(LineKind::from).collect())
    }
}

/// Options for making changes.
#[derive(Args, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct ChangeArguments {
    /// Show what would change, and change nothing
    #[arg(long, conflicts_with = "hold")]
    pub(crate) dry_run: bool,
    /// Print the dry run as a Markdown table
    #[arg(long, requires = "dry_run", conflicts_with = "json")]
    pub(crate) markdown: bool,
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
