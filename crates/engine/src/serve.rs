//! Doing what a command says.

use abi::table::TABLE_ROWS_MAX;
use abi::version::{ABI_VERSION, CAPABILITY_ROUTES, CAPABILITY_TABLES};
use abi::{AddressFamily, NtStatus, TableRequest, Version};
use zerocopy::{Immutable, IntoBytes};

use crate::command::Command;
use crate::handle::{Handle, Lock};
use crate::stack::NetworkStack;

/// What this driver says of itself.
const VERSION: Version = Version {
    abi_version: ABI_VERSION,
    table_rows_max: TABLE_ROWS_MAX,
    capabilities: CAPABILITY_ROUTES | CAPABILITY_TABLES,
    driver_version: [
        decimal(env!("CARGO_PKG_VERSION_MAJOR")),
        decimal(env!("CARGO_PKG_VERSION_MINOR")),
        decimal(env!("CARGO_PKG_VERSION_PATCH")),
    ],
    reserved: 0,
};

/// Serves one command for the handle that it came from. Answers how many bytes of `output` were
/// written; every one of them was.
///
/// # Errors
///
/// The stack's status unchanged, or those of [`Snapshots::page`](crate::table::Snapshots::page).
/// Nothing is half-done then.
pub fn serve<S: NetworkStack>(
    command: Command,
    stack: &S,
    handle: &impl Lock<Handle<S::Table>>,
    output: &mut [u8],
) -> Result<usize, NtStatus> {
    match command {
        Command::QueryVersion => write(output, &VERSION),
        Command::InitializeRoute => write(output, &stack.initialize()?.canonical()),
        Command::CreateRoute(row) => stack.create(&row).map(|()| 0),
        Command::DeleteRoute(row) => stack.delete(&row).map(|()| 0),
        Command::GetRoute(row) => write(output, &stack.get(&row)?.canonical()),
        Command::GetTable(request) => table_page(request, stack, handle, output),
    }
}

/// A page of the table; the first one of a reading takes the snapshot.
///
/// The lock is held only to swap and to copy: the stack is asked before it is taken, and a table
/// that was in the way is given back after it is released.
fn table_page<S: NetworkStack>(
    request: TableRequest,
    stack: &S,
    handle: &impl Lock<Handle<S::Table>>,
    output: &mut [u8],
) -> Result<usize, NtStatus> {
    let fresh = match request.cursor {
        0 => Some(stack.table(AddressFamily(request.family))?),
        _ => None,
    };
    let (page, _replaced) = handle.with(|handle| {
        let replaced = fresh.and_then(|table| handle.snapshots.replace(request.family, table));
        (handle.snapshots.page(&request, output), replaced)
    });
    page
}

/// Writes one structure at the start of the output.
fn write<T: IntoBytes + Immutable>(output: &mut [u8], value: &T) -> Result<usize, NtStatus> {
    let bytes = value.as_bytes();
    output
        .get_mut(..bytes.len())
        .ok_or(NtStatus::BUFFER_TOO_SMALL)?
        .copy_from_slice(bytes);
    Ok(bytes.len())
}

/// The number that Cargo wrote into the version, at compile time.
const fn decimal(digits: &str) -> u16 {
    match u16::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::test_stack::{TestHandle, TestStack};
    use abi::operation::Wire;
    use abi::{MibIpForwardRow2, Operation, TableHeader};

    const ROUTE: MibIpForwardRow2 = TestStack::ROUTE;

    fn read<T: Wire>(stack: &TestStack, command: Command) -> Result<T, NtStatus> {
        let mut output = [0xA5; 256];
        let written = serve(command, stack, &TestHandle::default(), &mut output)?;
        Ok(T::read_from_bytes(&output[..written]).unwrap())
    }

    #[test]
    fn the_version_is_the_packages() {
        let version: Version = read(&TestStack::default(), Command::QueryVersion).unwrap();
        let [major, minor, patch] = version.driver_version;
        assert_eq!(
            std::format!("{major}.{minor}.{patch}"),
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(version.abi_version, ABI_VERSION);
    }

    #[test]
    fn a_created_route_is_read_back_and_deleted() {
        let stack = TestStack::default();
        assert_eq!(read::<()>(&stack, Command::CreateRoute(ROUTE)), Ok(()));
        assert_eq!(read(&stack, Command::GetRoute(ROUTE)), Ok(ROUTE));
        assert_eq!(read::<()>(&stack, Command::DeleteRoute(ROUTE)), Ok(()));
        let gone = read::<MibIpForwardRow2>(&stack, Command::GetRoute(ROUTE));
        assert_eq!(gone, Err(NtStatus::NOT_FOUND));
    }

    #[test]
    fn what_the_stack_answers_reaches_the_caller_unchanged() {
        let stack = TestStack::default();
        assert_eq!(read::<()>(&stack, Command::CreateRoute(ROUTE)), Ok(()));
        let twice = read::<()>(&stack, Command::CreateRoute(ROUTE));
        assert_eq!(twice, Err(NtStatus::DUPLICATE_OBJECTID));
    }

    #[test]
    fn padding_that_the_stack_left_dirty_does_not_cross_to_the_caller() {
        let stack = TestStack::with_dirty_padding();
        let row: MibIpForwardRow2 = read(&stack, Command::InitializeRoute).unwrap();
        assert!(row.reserved_is_zero());
    }

    #[test]
    fn closing_a_handle_half_way_through_a_table_gives_the_table_back() {
        let stack = TestStack::with_routes(3);
        let handle = TestHandle::default();
        let mut one_row = [0; size_of::<TableHeader>() + size_of::<MibIpForwardRow2>()];
        let command = Command::GetTable(TableRequest {
            family: 2,
            ..TableRequest::default()
        });
        assert_eq!(
            serve(command, &stack, &handle, &mut one_row),
            Ok(one_row.len())
        );
        assert_eq!(stack.tables_alive(), 1);
        drop(handle.with(Handle::release));
        assert_eq!(stack.tables_alive(), 0);
    }

    #[test]
    fn a_new_reading_gives_the_table_before_back() {
        let stack = TestStack::with_routes(3);
        let handle = TestHandle::default();
        let mut one_row = [0; size_of::<TableHeader>() + size_of::<MibIpForwardRow2>()];
        let command = Command::GetTable(TableRequest {
            family: 2,
            ..TableRequest::default()
        });
        for _ in 0..5 {
            assert_eq!(
                serve(command, &stack, &handle, &mut one_row),
                Ok(one_row.len())
            );
            assert_eq!(stack.tables_alive(), 1);
        }
    }

    #[test]
    fn every_answer_has_the_length_that_the_operation_table_promises() {
        let stack = TestStack::default();
        stack.create(&ROUTE).unwrap();
        for (command, operation) in [
            (Command::QueryVersion, Operation::QueryVersion),
            (Command::InitializeRoute, Operation::InitializeRoute),
            (Command::GetRoute(ROUTE), Operation::GetRoute),
            (Command::DeleteRoute(ROUTE), Operation::DeleteRoute),
            (Command::CreateRoute(ROUTE), Operation::CreateRoute),
        ] {
            let written = serve(command, &stack, &TestHandle::default(), &mut [0; 256]);
            assert_eq!(
                written,
                Ok(operation.description().output_length),
                "{operation:?}"
            );
        }
    }
}
