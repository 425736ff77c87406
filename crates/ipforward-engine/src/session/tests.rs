//! Each command does what it says.

extern crate std;

use abi::apply::ENTRY_CREATE;
use abi::interface_request::INTERFACE_METRIC;
use abi::{
    ApplyEntry, BestRoute, Counters, InterfaceRequest, MibIpForwardRow2, MibIpInterfaceRow,
    Operation, TableHeader, TableRequest,
};
use zerocopy::{FromBytes, IntoBytes};

use super::*;
use crate::counters::AtomicCounters;
use crate::decode::batch::encoded;
use crate::fake_stack::{FakeStack, SeparateBuffers};
use crate::interface_settings::{InterfaceSettings, SettingsChange};
use crate::network_stack::RouteLookup;
use crate::test_driver::{self, DriverState, FakeHandleState, TestLock};

type TestHandle = TestLock<FakeHandleState>;

/// A route as the stack keeps it.
const ROUTE: MibIpForwardRow2 = MibIpForwardRow2 {
    interface_luid: FakeStack::LUID,
    ..test_driver::ROUTE
};

const FIRST_PAGE: TablePage = TablePage {
    family: AddressFamily::IPV4,
    from: None,
};

const NEVER: StopCheck<'_> = &|| None;

fn serve(
    mut command: Command<'_>,
    stack: &FakeStack,
    handle: &TestHandle,
    output: &mut [u8],
) -> Result<usize, NtStatus> {
    let state = DriverState::default();
    state
        .session(stack, handle, &AtomicCounters::new())
        .execute(&mut command, output, NEVER)
        .map(written)
}

fn written(served: Served) -> usize {
    match served {
        Served::Done(written) => written,
        Served::Pending(_) => panic!("no request waits here"),
    }
}

/// A stack with so many routes.
fn stack_with_routes(count: u8) -> FakeStack {
    let stack = FakeStack::default();
    for number in 0..count {
        let mut row = ROUTE;
        row.destination_prefix.prefix.ipv4_or_flow = [10, number, 0, 0];
        stack.create(&row).unwrap();
    }
    stack
}

fn read<T: Wire>(stack: &FakeStack, command: Command<'_>) -> Result<T, NtStatus> {
    let mut output = [0xA5; 256];
    let written = serve(command, stack, &TestHandle::default(), &mut output)?;
    Ok(T::read_from_bytes(&output[..written]).unwrap())
}

/// Asks for the route to the first address of [`ROUTE`].
fn route_lookup() -> RouteLookup {
    RouteLookup {
        luid: None,
        index: None,
        source: None,
        destination: ROUTE.destination_prefix.prefix,
    }
}

#[test]
fn the_version_is_the_packages() {
    let version: Version = read(&FakeStack::default(), Command::QueryVersion).unwrap();
    let [major, minor, patch] = version.driver_version;
    assert_eq!(
        std::format!("{major}.{minor}.{patch}"),
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(version.abi_version, ABI_VERSION);
}

#[test]
fn a_created_route_is_read_back_and_deleted() {
    let stack = FakeStack::default();
    assert_eq!(read::<()>(&stack, Command::CreateRoute(ROUTE)), Ok(()));
    assert_eq!(read(&stack, Command::GetRoute(ROUTE)), Ok(ROUTE));
    assert_eq!(read::<()>(&stack, Command::DeleteRoute(ROUTE)), Ok(()));
    let gone = read::<MibIpForwardRow2>(&stack, Command::GetRoute(ROUTE));
    assert_eq!(gone, Err(NtStatus::NOT_FOUND));
}

#[test]
fn what_the_stack_answers_reaches_the_caller_unchanged() {
    let stack = FakeStack::default();
    assert_eq!(read::<()>(&stack, Command::CreateRoute(ROUTE)), Ok(()));
    let twice = read::<()>(&stack, Command::CreateRoute(ROUTE));
    assert_eq!(twice, Err(NtStatus::DUPLICATE_OBJECTID));
}

#[test]
fn dirty_padding_of_the_stack_does_not_reach_the_caller() {
    let stack = FakeStack::default();
    stack.fill_padding(0xA5);
    let row: MibIpForwardRow2 = read(&stack, Command::InitializeRoute).unwrap();
    assert!(row.reserved_is_zero());
}

#[test]
fn closing_a_handle_frees_the_table_that_it_was_reading() {
    let stack = stack_with_routes(3);
    let handle = TestHandle::default();
    let mut one_row = [0; size_of::<TableHeader>() + size_of::<MibIpForwardRow2>()];
    let command = Command::GetTable(FIRST_PAGE);
    assert_eq!(
        serve(command, &stack, &handle, &mut one_row),
        Ok(one_row.len())
    );
    assert_eq!(stack.live_tables(), 1);
    let state = DriverState::default();
    state
        .session(&stack, &handle, &AtomicCounters::new())
        .close(&state);
    assert_eq!(stack.live_tables(), 0);
}

#[test]
fn a_new_reading_gives_the_table_before_back() {
    let stack = stack_with_routes(3);
    let handle = TestHandle::default();
    let mut one_row = [0; size_of::<TableHeader>() + size_of::<MibIpForwardRow2>()];
    for _ in 0..5 {
        let command = Command::GetTable(FIRST_PAGE);
        assert_eq!(
            serve(command, &stack, &handle, &mut one_row),
            Ok(one_row.len())
        );
        assert_eq!(stack.live_tables(), 1);
    }
}

#[test]
fn every_answer_has_the_length_in_the_operation_table() {
    let stack = FakeStack::default();
    stack.create(&ROUTE).unwrap();
    let interface = MibIpInterfaceRow {
        family: 2,
        interface_index: 7,
        ..Default::default()
    };
    for (command, operation) in [
        (Command::QueryVersion, Operation::QueryVersion),
        (Command::QueryStatistics, Operation::QueryStatistics),
        (Command::InitializeRoute, Operation::InitializeRoute),
        (Command::GetRoute(ROUTE), Operation::GetRoute),
        (Command::SetRoute(ROUTE), Operation::SetRoute),
        (Command::DeleteRoute(ROUTE), Operation::DeleteRoute),
        (Command::CreateRoute(ROUTE), Operation::CreateRoute),
        (
            Command::ExplainRoute {
                row: MibIpForwardRow2::default(),
                refusal: None,
            },
            Operation::ExplainRoute,
        ),
        (
            Command::GetBestRoute(route_lookup()),
            Operation::GetBestRoute,
        ),
        (Command::GetInterface(interface), Operation::GetInterface),
        (
            Command::SetInterface(SettingsChange {
                keys: interface,
                settings: InterfaceSettings::default(),
                is_lease: false,
            }),
            Operation::SetInterface,
        ),
    ] {
        let written = serve(command, &stack, &TestHandle::default(), &mut [0; 256]);
        assert_eq!(
            written,
            Ok(operation.description().output_length),
            "{operation:?}"
        );
    }
}

#[test]
fn a_set_route_keeps_its_keys_and_takes_its_values() {
    let stack = FakeStack::default();
    stack.create(&ROUTE).unwrap();
    let changed = MibIpForwardRow2 {
        metric: 50,
        ..ROUTE
    };
    assert_eq!(read::<()>(&stack, Command::SetRoute(changed)), Ok(()));
    assert_eq!(read(&stack, Command::GetRoute(ROUTE)), Ok(changed));
}

#[test]
fn the_best_route_comes_with_its_source() {
    let stack = FakeStack::default();
    stack.create(&ROUTE).unwrap();
    let best: BestRoute = read(&stack, Command::GetBestRoute(route_lookup())).unwrap();
    assert_eq!((best.route, best.source), (ROUTE, FakeStack::SOURCE));
}

#[test]
fn interfaces_are_read_one_by_one_and_as_a_table() {
    let stack = FakeStack::default();
    let keys = MibIpInterfaceRow {
        family: 2,
        interface_index: 7,
        ..Default::default()
    };
    let row: MibIpInterfaceRow = read(&stack, Command::GetInterface(keys)).unwrap();
    assert_eq!(row.metric, 25);
    let mut output = [0; 256];
    let command = Command::GetInterfaceTable(TablePage {
        family: AddressFamily::UNSPECIFIED,
        from: None,
    });
    let written = serve(command, &stack, &TestHandle::default(), &mut output).unwrap();
    let (header, rows) = TableHeader::read_from_prefix(&output[..written]).unwrap();
    assert_eq!((header.count, header.next_cursor), (1, 0));
    assert_eq!(MibIpInterfaceRow::read_from_bytes(rows), Ok(row));
}

#[test]
fn a_snapshot_is_counted_with_its_first_page_alone() {
    const PAGES: u8 = 3;
    let (stack, handle) = (stack_with_routes(PAGES), TestHandle::default());
    let (state, counters) = (DriverState::default(), AtomicCounters::new());
    let mut cursor = 0;
    for _ in 0..PAGES {
        let request = TableRequest {
            cursor,
            family: AddressFamily::IPV4.0,
            ..TableRequest::default()
        };
        let mut output = [0; size_of::<TableHeader>() + size_of::<MibIpForwardRow2>()];
        let mut buffers = SeparateBuffers {
            input: request.as_bytes(),
            output: &mut output,
        };
        let code = Operation::GetTable.description().code;
        let mut session = state.session(&stack, &handle, &counters);
        session.serve(code, &mut buffers, NEVER).unwrap();
        cursor = TableHeader::read_from_prefix(&output)
            .unwrap()
            .0
            .next_cursor;
    }
    assert_eq!(cursor, 0, "that was the last page");
    assert_eq!(counters.read().snapshots, 1);
}

#[test]
fn requests_are_counted_for_the_handle_and_in_total() {
    let stack = FakeStack::default();
    let handle = TestHandle::default();
    let (state, own, other) = (
        DriverState::default(),
        AtomicCounters::new(),
        AtomicCounters::new(),
    );
    let row = ROUTE.as_bytes();
    let table = TableRequest::default();
    let interface = InterfaceRequest {
        interface_index: 7,
        family: 2,
        flags: INTERFACE_METRIC,
        ..InterfaceRequest::default()
    };
    let entry = ApplyEntry {
        operation: ENTRY_CREATE,
        row: ROUTE,
        ..ApplyEntry::default()
    };
    let batch = encoded(0, 1, &[entry]);
    for (counters, operation, input) in [
        (&own, Operation::CreateRoute, row),
        (&own, Operation::CreateRoute, row),
        (&other, Operation::SetRoute, row),
        (&other, Operation::DeleteRoute, row),
        (&own, Operation::GetTable, table.as_bytes()),
        (&own, Operation::GetInterfaceTable, table.as_bytes()),
        (&own, Operation::SetInterface, interface.as_bytes()),
        (&own, Operation::Apply, batch.as_slice()),
    ] {
        let mut buffers = SeparateBuffers {
            input,
            output: &mut [0; 256],
        };
        let code = operation.description().code;
        let mut session = state.session(&stack, &handle, counters);
        let _ = session.serve(code, &mut buffers, NEVER);
    }
    let counted = Counters {
        requests: 6,
        refused: 1,
        routes_created: 2,
        snapshots: 2,
        interfaces_set: 1,
        ..Counters::default()
    };
    assert_eq!(own.read(), counted);
    let together = Counters {
        requests: 8,
        routes_set: 1,
        routes_deleted: 1,
        ..counted
    };
    assert_eq!(state.total.read(), together);
}
