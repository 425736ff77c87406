//! Each command does what it says.

extern crate std;

use abi::{
    BestRoute, BestRouteRequest, Counters, ExplainRequest, MibIpForwardRow2, MibIpInterfaceRow,
    Operation, TableHeader,
};
use zerocopy::FromBytes;

use super::*;
use crate::counters::AtomicCounters;
use crate::test_stack::{TestHandle, TestStack, World};

const ROUTE: MibIpForwardRow2 = TestStack::ROUTE;

const NEVER: &dyn Fn() -> bool = &|| false;

fn serve(
    command: Command,
    stack: &TestStack,
    handle: &TestHandle,
    output: &mut [u8],
) -> Result<usize, NtStatus> {
    let world = World::default();
    world
        .session(stack, handle, &AtomicCounters::new())
        .serve(command, output, NEVER)
}

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
    let world = World::default();
    world
        .session(&stack, &handle, &AtomicCounters::new())
        .close(&world);
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
            serve(command.clone(), &stack, &handle, &mut one_row),
            Ok(one_row.len())
        );
        assert_eq!(stack.tables_alive(), 1);
    }
}

#[test]
fn every_answer_has_the_length_that_the_operation_table_promises() {
    let stack = TestStack::default();
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
            Command::ExplainRoute(ExplainRequest::default()),
            Operation::ExplainRoute,
        ),
        (
            Command::GetBestRoute(BestRouteRequest::default()),
            Operation::GetBestRoute,
        ),
        (Command::GetInterface(interface), Operation::GetInterface),
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
    let stack = TestStack::default();
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
    let stack = TestStack::default();
    stack.create(&ROUTE).unwrap();
    let request = BestRouteRequest::default();
    let best: BestRoute = read(&stack, Command::GetBestRoute(request)).unwrap();
    assert_eq!((best.route, best.source), (ROUTE, TestStack::SOURCE));
}

#[test]
fn interfaces_are_read_one_by_one_and_as_a_table() {
    let stack = TestStack::default();
    let keys = MibIpInterfaceRow {
        family: 2,
        interface_index: 7,
        ..Default::default()
    };
    let row: MibIpInterfaceRow = read(&stack, Command::GetInterface(keys)).unwrap();
    assert_eq!(row.metric, 25);
    let mut output = [0; 256];
    let command = Command::GetInterfaceTable(TableRequest::default());
    let written = serve(command, &stack, &TestHandle::default(), &mut output).unwrap();
    let (header, rows) = TableHeader::read_from_prefix(&output[..written]).unwrap();
    assert_eq!((header.count, header.next_cursor), (1, 0));
    assert_eq!(MibIpInterfaceRow::read_from_bytes(rows), Ok(row));
}

#[test]
fn what_is_done_and_what_is_refused_is_counted_for_the_handle_and_in_total() {
    let stack = TestStack::default();
    let handle = TestHandle::default();
    let (world, own, other) = (
        World::default(),
        AtomicCounters::new(),
        AtomicCounters::new(),
    );
    for (counters, command) in [
        (&own, Command::CreateRoute(ROUTE)),
        (&own, Command::CreateRoute(ROUTE)),
        (&other, Command::SetRoute(ROUTE)),
        (&other, Command::DeleteRoute(ROUTE)),
        (&own, Command::GetTable(TableRequest::default())),
    ] {
        let session = world.session(&stack, &handle, counters);
        let _ = session
            .counters
            .around(|| session.serve(command, &mut [0; 256], NEVER));
    }
    let counted = Counters {
        requests: 3,
        refused: 1,
        routes_created: 1,
        snapshots: 1,
        ..Counters::default()
    };
    assert_eq!(own.read(), counted);
    let together = Counters {
        requests: 5,
        routes_set: 1,
        routes_deleted: 1,
        ..counted
    };
    assert_eq!(world.total.read(), together);
}
