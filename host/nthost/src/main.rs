//! The command-line tool: `nthost run` is the host, `nthost send` a client for one call.

#[cfg(target_os = "linux")]
mod command_line;
#[cfg(target_os = "linux")]
mod exit_code;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod send;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    command_line::run_command()
}

/// Built by `cargo wdk build`, which builds every member of the workspace.
#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("nthost: runs on Linux only; on Windows, install the driver");
    ExitCode::FAILURE
}
