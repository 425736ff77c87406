//! Scripts of a shell: runs the commands for routes, as far as the script itself decides which of them
//! run and with which values.

mod expand;
mod run;
mod scan;

pub(super) use run::ShellRun;
