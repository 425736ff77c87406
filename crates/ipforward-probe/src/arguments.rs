//! The command line.

use std::path::PathBuf;

use clap::Parser;
use ipforward::Interface;

const AFTER_HELP: &str = "\
The routes of the experiments lead to addresses of 203.0.113.0/24, a network for documentation, through
the one interface, and are removed at once. If the program is killed, the driver removes them; without
the driver, the next start does. It needs an elevated process.

Exit codes:
  0  done: the table is printed and the profile is written
  1  failed: nothing could be asked, something could not be put back, or a file cannot be written
  2  invalid usage";

/// Ask this computer what its route functions do where their documentation is silent.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The interface of the routes: an index, luid:0x… or an alias; by default the loopback interface
    #[arg(long, value_name = "INTERFACE")]
    pub(crate) interface: Option<Interface>,
    /// Make a loopback adapter for the routes, and remove it afterwards
    #[arg(long, conflicts_with_all = ["interface", "ask_operator"])]
    pub(crate) scratch_adapter: bool,
    /// Another network compartment, whose loopback interface gets a route, too: one of Get-NetCompartment
    #[arg(long, value_name = "ID")]
    pub(crate) compartment: Option<u32>,
    /// Ask the person at the computer to pull the cable out and to put the computer to sleep
    #[arg(long)]
    pub(crate) ask_operator: bool,
    /// The file of the profile; by default windows-BUILD.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The device of the driver, or the socket of its host; by default the driver if it is installed
    #[arg(long, value_name = "PATH")]
    pub(crate) device: Option<PathBuf>,
    /// The file of the routes and adapters that a killed probe has left
    #[arg(long, value_name = "FILE", default_value_os_t = default_journal())]
    pub(crate) journal: PathBuf,
    /// Call these functions of the IP Helper API once, to see which end the process.
    #[cfg(windows)]
    #[arg(long, hide = true, num_args = 1..)]
    pub(crate) call_functions: Vec<String>,
}

fn default_journal() -> PathBuf {
    std::env::temp_dir().join("ipforward-probe.journal")
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
