//! Which functions of the IP Helper API this system has.
//!
//! Wine has functions that end the calling process. A child process calls each function once, with an
//! empty row, and says which is next; the function at which it ends is missing.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::ptr;

use anyhow::{Context, Result, bail};
use ipforward::abi::MibIpInterfaceRow;
use windows_sys::Win32::Foundation::ERROR_CALL_NOT_IMPLEMENTED;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    CreateIpForwardEntry2, DeleteIpForwardEntry2, FreeMibTable, GetBestRoute2, GetIpForwardEntry2,
    GetIpForwardTable2, GetIpInterfaceEntry, GetIpInterfaceTable, InitializeIpInterfaceEntry,
    MIB_IPFORWARD_ROW2, MIB_IPFORWARD_TABLE2, MIB_IPINTERFACE_ROW, MIB_IPINTERFACE_TABLE,
    SetIpForwardEntry2,
};
use windows_sys::Win32::Networking::WinSock::{AF_UNSPEC, SOCKADDR_INET};

/// What the child prints behind the name of a function that has returned.
const RETURNED: &str = "returned";
/// What it prints if the function says that it is not implemented.
const NOT_IMPLEMENTED: &str = "not-implemented";

/// The name of a function, and a call of it that changes nothing.
type NamedCall = (&'static str, fn() -> u32);

/// The functions.
const FUNCTIONS: &[NamedCall] = &[
    ("CreateIpForwardEntry2", || {
        with_route(CreateIpForwardEntry2)
    }),
    ("SetIpForwardEntry2", || with_route(SetIpForwardEntry2)),
    ("DeleteIpForwardEntry2", || {
        with_route(DeleteIpForwardEntry2)
    }),
    ("GetIpForwardEntry2", get_route),
    ("GetIpForwardTable2", get_routes),
    ("GetBestRoute2", get_best_route),
    ("GetIpInterfaceEntry", get_interface),
    ("GetIpInterfaceTable", get_interfaces),
    ("InitializeIpInterfaceEntry", || {
        fresh_interface_row();
        0
    }),
];

/// The names of the functions that this system does not have.
pub(crate) fn missing() -> Result<Vec<String>> {
    let program = std::env::current_exe().context("the path of this program")?;
    let mut left: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let mut missing = Vec::new();
    while !left.is_empty() {
        let output = Command::new(&program)
            .arg("--call-functions")
            .args(&left)
            .stderr(Stdio::null())
            .output()
            .context("cannot start this program again")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut called = 0;
        // Behind the function at which the process ended, Wine's debugger has written its report.
        for (name, line) in left.iter().zip(text.lines()) {
            let Some(outcome) = line.strip_prefix(*name) else {
                break;
            };
            called += 1;
            match outcome.trim() {
                RETURNED => {}
                NOT_IMPLEMENTED => missing.push((*name).to_owned()),
                _ => {
                    missing.push((*name).to_owned());
                    break;
                }
            }
        }
        if called == 0 {
            bail!("this program cannot start itself: {}", output.status);
        }
        left.drain(..called);
    }
    Ok(missing)
}

/// The child: calls the functions with these names.
pub(crate) fn call(names: &[String]) -> Result<()> {
    let mut output = io::stdout().lock();
    for name in names {
        let function = FUNCTIONS.iter().find(|(known, _)| known == name);
        let (_, function) = function.with_context(|| format!("unknown function `{name}`"))?;
        write!(output, "{name} ")?;
        output.flush()?;
        let outcome = match function() {
            ERROR_CALL_NOT_IMPLEMENTED => NOT_IMPLEMENTED,
            _ => RETURNED,
        };
        writeln!(output, "{outcome}")?;
    }
    Ok(())
}

/// `InitializeIpInterfaceEntry`.
pub(crate) fn fresh_interface_row() -> MibIpInterfaceRow {
    let mut row = MibIpInterfaceRow::default();
    // SAFETY: the row can be written, and has the layout of the API's.
    unsafe { InitializeIpInterfaceEntry((&raw mut row).cast()) };
    row
}

/// Calls a function with a row without keys, which it refuses.
fn with_route(function: unsafe extern "system" fn(*const MIB_IPFORWARD_ROW2) -> u32) -> u32 {
    let row = MIB_IPFORWARD_ROW2::default();
    // SAFETY: the row can be read.
    unsafe { function(&raw const row) }
}

fn get_route() -> u32 {
    let mut row = MIB_IPFORWARD_ROW2::default();
    // SAFETY: the row can be read and written.
    unsafe { GetIpForwardEntry2(&raw mut row) }
}

fn get_interface() -> u32 {
    let mut row = MIB_IPINTERFACE_ROW::default();
    // SAFETY: the row can be read and written.
    unsafe { GetIpInterfaceEntry(&raw mut row) }
}

fn get_routes() -> u32 {
    let mut table = ptr::null_mut::<MIB_IPFORWARD_TABLE2>();
    // SAFETY: the address of the table can be written.
    let error = unsafe { GetIpForwardTable2(AF_UNSPEC, &raw mut table) };
    if error == 0 {
        // SAFETY: the function has made the table, and nothing else frees it.
        unsafe { FreeMibTable(table.cast()) };
    }
    error
}

fn get_interfaces() -> u32 {
    let mut table = ptr::null_mut::<MIB_IPINTERFACE_TABLE>();
    // SAFETY: the address of the table can be written.
    let error = unsafe { GetIpInterfaceTable(AF_UNSPEC, &raw mut table) };
    if error == 0 {
        // SAFETY: the function has made the table, and nothing else frees it.
        unsafe { FreeMibTable(table.cast()) };
    }
    error
}

fn get_best_route() -> u32 {
    let destination = SOCKADDR_INET::default();
    let mut route = MIB_IPFORWARD_ROW2::default();
    let mut source = SOCKADDR_INET::default();
    // SAFETY: no interface and no source are given; the other structures can be read or written.
    unsafe {
        GetBestRoute2(
            ptr::null(),
            0,
            ptr::null(),
            &raw const destination,
            0,
            &raw mut route,
            &raw mut source,
        )
    }
}
