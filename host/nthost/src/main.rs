//! The command-line tool: `nthost run` is the host, `nthost send` a client for one call.

#[cfg(target_os = "linux")]
mod command_line;
#[cfg(target_os = "linux")]
mod exit_code;
#[cfg(target_os = "linux")]
mod registry_file;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod send;

#[cfg(target_os = "linux")]
use std::panic;
use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    abort_after_panics();
    command_line::run_command()
}

/// Ends the process when a thread panics, in builds that unwind too: the other threads, and the
/// client processes, would wait for that thread for ever.
#[cfg(target_os = "linux")]
fn abort_after_panics() {
    let print_panic = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        print_panic(panic);
        std::process::abort();
    }));
}

/// Built by `cargo wdk build`, which builds every member of the workspace.
#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("nthost: runs on Linux only; on Windows, install the driver");
    ExitCode::FAILURE
}
