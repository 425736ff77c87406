//! The command line and its exit codes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use nix::sys::signal::{SigHandler, Signal, signal};
use nt_kernel::{bugcheck, console};

use crate::exit_code::{FAILED, LEAKED};
use crate::{run, send};

/// A Windows kernel for one driver: loads its .sys file on Linux, checks every rule, and serves
/// its device to programs over a Unix socket.
#[derive(Debug, Parser)]
#[command(version, after_help = exit_codes())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load a driver and serve its device until interrupted.
    #[command(after_help = exit_codes())]
    Run(run::Arguments),
    /// Open a device, make one call, and print its outcome.
    Send(send::Arguments),
    /// Write the manual pages, one for each command.
    Man {
        /// The folder of the pages; nthost creates it.
        folder: PathBuf,
    },
}

fn exit_codes() -> String {
    format!(
        "Exit codes:\n  \
         0   the driver ran and was unloaded cleanly\n  \
         {FAILED}   a wrong argument, a file that cannot be loaded, a socket that is taken, a driver \
         that does not start\n  \
         {}  the machine stopped (a bugcheck): the report is on standard error\n  \
         {LEAKED}  the driver was unloaded and left something behind: the list is on standard error",
        bugcheck::EXIT_CODE
    )
}

/// Runs the command that the arguments name.
pub(crate) fn run_command() -> ExitCode {
    let result = match Arguments::try_parse() {
        Ok(arguments) => match arguments.command {
            Command::Run(arguments) => run::run(&arguments),
            Command::Send(arguments) => {
                end_with_reader();
                send::send(&arguments)
            }
            Command::Man { folder } => write_manual_pages(&folder),
        },
        Err(error) => {
            // Help and version are no errors; a closed standard output is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { FAILED } else { 0 });
        }
    };
    result.unwrap_or_else(|error| {
        console::write_line(&format!("{error:#}"));
        ExitCode::from(FAILED)
    })
}

/// Lets this process end when the reader of its output is gone, as `head` is after ten lines. The
/// host itself does not: its clients come and go.
fn end_with_reader() {
    // SAFETY: installs no handler; the default is to end the process.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
}

fn write_manual_pages(folder: &Path) -> Result<ExitCode> {
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder))
        .with_context(|| format!("cannot write the manual pages to {}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
