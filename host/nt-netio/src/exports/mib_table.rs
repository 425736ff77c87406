//! MIB tables: snapshots that NETIO hands out and that only `FreeMibTable` frees.

#![expect(non_snake_case, reason = "exports have the names that drivers import")]

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use nt_kernel::irql::{self, Irql};
use nt_kernel::stack::Stack;
use nt_kernel::{poison, resource_tracker, warning};
use nt_types::NtStatus;
use parking_lot::Mutex;
use zerocopy::{Immutable, IntoBytes};

use super::pages::Pages;
use super::stop;
use crate::stack::NetworkStack;

/// The resource tracker's name for a table.
const KIND: &str = "MIB table";

/// Where the first row stands: behind the count and its padding.
const ROWS_OFFSET: usize = 8;

/// The number of freed tables that stay inaccessible, so that a late access or a second free is
/// found.
const QUARANTINE: usize = 256;

static TABLES: LazyLock<Mutex<Tables>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Tables {
    live: HashMap<usize, Pages>,
    freed: VecDeque<Freed>,
}

/// A table that was freed, and the calls that freed it.
struct Freed {
    pages: Pages,
    stack: Stack,
}

/// Makes a table of `rows` for the driver and gives its address.
///
/// # Errors
///
/// No memory.
pub(super) fn hand_out<T: IntoBytes + Immutable>(
    function: &str,
    rows: &[T],
    stack: &dyn NetworkStack,
) -> Result<usize, NtStatus> {
    let no_memory = || stack.behaviours().no_memory();
    let count = u32::try_from(rows.len()).map_err(|_too_many| no_memory())?;
    let size = ROWS_OFFSET + size_of_val(rows);
    let mut pages = Pages::map(size).ok_or_else(no_memory)?;
    pages.write(0, &count.to_ne_bytes());
    pages.write(4, &[poison::byte(); ROWS_OFFSET - 4]);
    pages.write(ROWS_OFFSET, rows.as_bytes());
    let address = pages.address();
    resource_tracker::record(KIND, address, format!("{count} rows, from {function}"));
    TABLES.lock().live.insert(address, pages);
    Ok(address)
}

pub(super) extern "win64" fn FreeMibTable(table: usize) {
    irql::require_at_most("FreeMibTable", Irql::APC);
    if table == 0 {
        return free_null();
    }
    let mut tables = TABLES.lock();
    let Some(pages) = tables.live.remove(&table) else {
        stop_for(table, &tables);
    };
    resource_tracker::release(KIND, table);
    pages.close();
    let stack = Stack::capture();
    tables.freed.push_back(Freed { pages, stack });
    if tables.freed.len() > QUARANTINE {
        tables.freed.pop_front();
    }
}

fn free_null() {
    if !crate::installed::stack().behaviours().frees_null() {
        stop(0, "FreeMibTable was given NULL".to_owned());
    }
    warning("FreeMibTable was given NULL; the reference does not say what that does");
}

fn stop_for(table: usize, tables: &Tables) -> ! {
    let freed = tables
        .freed
        .iter()
        .find(|freed| freed.pages.address() == table);
    let what = match freed {
        Some(Freed { stack, .. }) => {
            format!("a table that has been freed already; freed here:\n{stack}")
        }
        None => format!(
            "something that is no MIB table{}",
            resource_tracker::describe(table)
        ),
    };
    stop(table, format!("FreeMibTable was given {table:#x}, {what}"))
}

/// What an access to `address` did wrong, if it is in a table that was freed or just behind one.
pub(super) fn explain_fault(address: usize) -> Option<String> {
    // The faulting thread may hold the lock; then this adds nothing to the report.
    let tables = TABLES.try_lock()?;
    let mut freed = tables.freed.iter();
    if let Some(Freed { pages, stack }) = freed.find(|freed| freed.pages.reaches(address)) {
        let table = pages.address();
        return Some(format!(
            "in the MIB table {table:#x}, which was freed; freed here:\n{stack}"
        ));
    }
    let pages = tables.live.values().find(|pages| pages.reaches(address))?;
    let table = pages.address();
    Some(format!(
        "behind the last row of the MIB table {table:#x}{}",
        resource_tracker::describe(table)
    ))
}
