//! Formats of Windows.

pub(super) mod batch_file;
mod cmd_line;
mod command;
mod condition;
pub(super) mod get_net_route;
mod net_route_record;
mod netsh;
pub(super) mod netsh_script;
pub(super) mod netsh_show;
mod parameter_table;
pub(super) mod powershell;
mod powershell_route;
mod printed_row;
mod route_exe;
pub(super) mod route_print;
