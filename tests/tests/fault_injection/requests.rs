//! Single requests: each is answered with what failed, and has done nothing then.

use std::net::IpAddr;

use abi::operation::{OPERATIONS, call};
use abi::watch::WATCH_NO_WAIT;
use abi::{AddressFamily, BestRouteRequest, Cause, ExplainRequest, MibIpForwardRow2, NtStatus};
use abi::{Operation, TableHeader, TableRequest, WatchRequest};
use ipforward::{Access, Destination, Device, Error, Interface, Route};
use tests::{Bench, Failed, Reading, Scenario, ageless, sound_row, status};
use zerocopy::{FromBytes, IntoBytes};

use crate::refusals::refused;
use crate::routes::{GATEWAY_V6, INTERFACE, at, route, the_route_is_there, to, unsound};

/// A family of which no stack knows.
const UNKNOWN_FAMILY: AddressFamily = AddressFamily(99);

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    [alone(), of_a_route(), of_tables(), of_programs()]
        .into_iter()
        .flatten()
        .collect()
}

/// Requests that need nothing.
fn alone() -> Vec<Scenario> {
    vec![
        Scenario::new("open and close", |bench| bench.device().map(drop)),
        Scenario::new("version", |bench| bench.device()?.version().map(drop)),
        Scenario::new("initialize", |bench| {
            bench.device()?.initialize_route().map(drop)
        }),
        Scenario::new("interface", |bench| {
            let device = bench.device()?;
            device
                .interface(AddressFamily::IPV4, Interface::Index(INTERFACE))
                .map(drop)
        }),
        Scenario::new("interface without the family", |bench| {
            let device = bench.device()?;
            device
                .interface(AddressFamily::IPV6, Interface::Index(9))
                .map(drop)
        })
        .expects(NtStatus::NOT_FOUND),
        Scenario::new("interfaces by index, by LUID, in the table", interfaces).claims(),
        Scenario::new("leases", |bench| bench.device()?.leases().map(drop)),
        Scenario::new("statistics", |bench| bench.device()?.statistics().map(drop)),
        Scenario::new("every operation, with zeros", every_operation).claims(),
    ]
}

fn of_a_route() -> Vec<Scenario> {
    let reading = Reading::of_this_run();
    vec![
        Scenario::new("create", create),
        Scenario::new("create a duplicate", create)
            .after(the_route_is_there)
            .expects(reading.duplicate()),
        Scenario::new("create with host bits", |bench| {
            bench.device()?.create_route(&unsound())
        })
        .expects(NtStatus::INVALID_PARAMETER),
        Scenario::new("set", set).after(the_route_is_there),
        Scenario::new("set what is not there", set).expects(reading.absent()),
        Scenario::new("delete", delete).after(the_route_is_there),
        Scenario::new("delete what is not there", delete).expects(reading.absent()),
        Scenario::new("get", |bench| {
            bench.device()?.get_route(&route().key()).map(drop)
        })
        .after(the_route_is_there),
        Scenario::new("get what is not there", |bench| {
            bench.device()?.get_route(&route().key()).map(drop)
        })
        .expects(reading.absent()),
        Scenario::new("three routes, from creation to deletion", three_lives),
        Scenario::new("best route", |bench| {
            let address = IpAddr::from([192, 0, 2, 9]);
            // Without an interface one of the two readings refuses.
            let destination = Destination::new(address).interface(Interface::Index(INTERFACE));
            bench.device()?.best_route(destination).map(drop)
        }),
        Scenario::new("best route among three", best_of_three)
            .after(three_ways)
            .claims(),
        Scenario::new("best route to nowhere", |bench| {
            let request = BestRouteRequest {
                interface_index: INTERFACE,
                destination: IpAddr::from([203, 0, 113, 5]).into(),
                ..BestRouteRequest::default()
            };
            let device = bench.device()?;
            device.call::<call::GetBestRoute>(&request).map(drop)
        })
        .expects(reading.unreachable()),
        Scenario::new("explain", |bench| {
            let status = Some(NtStatus::DUPLICATE_OBJECTID);
            bench.device()?.explain_route(&route(), status).map(drop)
        })
        .after(the_route_is_there)
        .tolerates(what_explain_asks),
        Scenario::new("explain every cause", every_cause)
            .after(the_route_is_there)
            .tolerates(what_explain_asks)
            .claims(),
    ]
}

fn of_tables() -> Vec<Scenario> {
    vec![
        Scenario::new("table in one page", |bench| {
            let device = bench.device()?;
            device.routes(AddressFamily::UNSPECIFIED).map(drop)
        }),
        Scenario::new("table in pages", |bench| {
            let rows = pages(&bench.device()?, u32::MAX)?;
            bench.claim("the pages make up the table", rows == bench.routes());
            Ok(())
        }),
        Scenario::new("table, left half-way", |bench| {
            pages(&bench.device()?, 2).map(drop)
        }),
        Scenario::new("table, begun twice", |bench| {
            let device = bench.device()?;
            pages(&device, 1)?;
            pages(&device, u32::MAX).map(drop)
        }),
        Scenario::new("interface table", |bench| {
            let device = bench.device()?;
            device.interfaces(AddressFamily::UNSPECIFIED).map(drop)
        }),
        Scenario::new("table of an unknown family", |bench| {
            bench.device()?.routes(UNKNOWN_FAMILY).map(drop)
        })
        .expects(NtStatus::INVALID_PARAMETER),
        Scenario::new("interface table of an unknown family", |bench| {
            bench.device()?.interfaces(UNKNOWN_FAMILY).map(drop)
        })
        .expects(NtStatus::INVALID_PARAMETER),
    ]
}

/// What several handles do, and one that may not do everything.
fn of_programs() -> Vec<Scenario> {
    vec![
        Scenario::new("two handles", two_handles),
        Scenario::new("what two handles do is counted", counted).claims(),
        Scenario::new("a handle for reading only", |bench| {
            let device = reading_only(bench)?;
            device.routes(AddressFamily::IPV4)?;
            refused(
                bench,
                device.create_route(&route()),
                NtStatus::ACCESS_DENIED,
            )?;
            device.delete_route(&route().key())
        })
        .expects(NtStatus::ACCESS_DENIED),
    ]
}

/// What cannot be looked at is no reason: the answer is then that none was found.
fn what_explain_asks(function: &str, _: NtStatus) -> bool {
    [
        "ExAllocatePool2",
        "GetIpForwardEntry2",
        "GetIpInterfaceEntry",
    ]
    .contains(&function)
}

fn create(bench: &Bench) -> Result<(), Error> {
    bench.device()?.create_route(&route())?;
    bench.table_is_changed(true);
    Ok(())
}

fn set(bench: &Bench) -> Result<(), Error> {
    bench.device()?.set_route(&route().metric(50))?;
    bench.table_is_changed(true);
    Ok(())
}

pub(crate) fn delete(bench: &Bench) -> Result<(), Error> {
    bench.device()?.delete_route(&route().key())?;
    bench.table_is_changed(true);
    Ok(())
}

fn reading_only(bench: &Bench) -> Result<Device, Error> {
    let reading = Device::options().access(Access::ReadOnly);
    reading.open(bench.socket())
}

fn interfaces(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    let by_index = device.interface(AddressFamily::IPV4, Interface::Index(INTERFACE))?;
    let luid = by_index.interface.luid().expect("the stack tells both");
    let by_luid = device.interface(AddressFamily::IPV4, Interface::Luid(luid))?;
    bench.claim("it is the same interface", by_index == by_luid);
    let table = device.interfaces(AddressFamily::UNSPECIFIED)?;
    bench.claim("it is in the table", table.contains(&by_index));
    Ok(())
}

/// Whatever they answer, and whatever failed: nothing is left of it.
fn every_operation(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    for operation in OPERATIONS {
        let watch = WatchRequest {
            flags: WATCH_NO_WAIT,
            ..WatchRequest::default()
        };
        let input = match operation.operation {
            Operation::Watch => watch.as_bytes().to_vec(),
            _ => vec![0; operation.input_length],
        };
        let _ = status(
            &device,
            operation.code,
            &input,
            operation.output_length + 4096,
        );
    }
    Ok(())
}

/// A route of each family and a default route are created, found, listed and deleted.
fn three_lives(bench: &Bench) -> Result<(), Error> {
    let routes = [
        route(),
        to("2001:db8:20::/48").via(GATEWAY_V6),
        to("0.0.0.0/0").via([192, 0, 2, 254]),
    ];
    let device = bench.device()?;
    for route in routes {
        device.create_route(&route)?;
        bench.table_is_changed(true);
        let found = ageless(device.get_route(&route.key())?);
        bench.claim("it is in the table", bench.routes().contains(&found));
    }
    device.routes(AddressFamily::UNSPECIFIED)?;
    for route in routes {
        device.delete_route(&route.key())?;
        bench.claim("it is not in the table", bench.metric(&route).is_none());
    }
    bench.table_is_changed(false);
    Ok(())
}

fn three_ways(bench: &Bench) {
    let far = at(9, "10.20.0.0/16").via([198, 51, 100, 254]);
    let near = to("10.20.128.0/17").via([192, 0, 2, 253]);
    for route in [route(), far, near] {
        let created = bench.observer().create_route(&route);
        created.expect("the route is created");
    }
}

/// One of the two readings has the client ask about each interface: of one for which the request is
/// called invalid, it takes it that no route leads there.
fn best_of_three(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    let far = device.find_best_route(IpAddr::from([10, 20, 200, 1]))?;
    let near = device.find_best_route(IpAddr::from([10, 20, 1, 1]))?;
    let is_invalid = |failed: Failed| failed.status == NtStatus::INVALID_PARAMETER;
    if !bench.disarm().is_some_and(is_invalid) {
        let longest = far.route.destination == to("10.20.128.0/17").destination;
        bench.claim("the longest prefix is the best", longest);
        let cheapest = near.route.interface.index() == Some(9);
        bench.claim("the lowest complete metric is the best", cheapest);
    }
    Ok(())
}

/// A cause that is told is the right one.
fn every_cause(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    for (row, cause) in every_unsound_row() {
        let refused = device.call::<call::CreateRoute>(&row).err();
        bench.insist("the route is refused", refused.is_some());
        let status = refused
            .and_then(|refused| refused.status())
            .unwrap_or(NtStatus::SUCCESS);
        let request = ExplainRequest {
            row,
            status: status.bits(),
            reserved: 0,
        };
        let told = device.call::<call::ExplainRoute>(&request)?;
        // If the stack says so for no reason, there may be one; and some statuses have but one.
        let is_implied = status.is_duplicate() || status == NtStatus::NOT_SUPPORTED;
        let is_true = [Cause::NONE, cause].contains(&told.cause()) || is_implied;
        bench.claim("no wrong cause is told", is_true);
    }
    Ok(())
}

/// Rows that are refused in both readings, each for its own cause.
fn every_unsound_row() -> Vec<(MibIpForwardRow2, Cause)> {
    let with = |change: fn(&mut MibIpForwardRow2)| {
        let mut row = sound_row();
        change(&mut row);
        row
    };
    vec![
        ((&route().metric(9)).into(), Cause::DUPLICATE),
        ((&unsound()).into(), Cause::HOST_BITS),
        ((&route().via(GATEWAY_V6)).into(), Cause::NEXT_HOP_FAMILY),
        ((&at(99, "10.20.0.0/16")).into(), Cause::INTERFACE_UNKNOWN),
        ((&at(9, "2001:db8:20::/48")).into(), Cause::FAMILY_NOT_BOUND),
        (
            (&route().site_prefix_length(17)).into(),
            Cause::SITE_PREFIX_LENGTH,
        ),
        (
            with(|row| row.destination_prefix.prefix.family = 99),
            Cause::PREFIX_FAMILY,
        ),
        (
            with(|row| row.destination_prefix.prefix_length = 33),
            Cause::PREFIX_LENGTH,
        ),
        (
            with(|row| row.interface_index = 0),
            Cause::INTERFACE_UNSPECIFIED,
        ),
        (
            with(|row| (row.valid_lifetime, row.preferred_lifetime) = (60, 61)),
            Cause::LIFETIMES,
        ),
    ]
}

/// Reads the table with one row a page, so many pages of it.
pub(crate) fn pages(device: &Device, count: u32) -> Result<Vec<Route>, Error> {
    let operation = Operation::GetTable;
    let room = size_of::<TableHeader>() + size_of::<MibIpForwardRow2>();
    let mut request = TableRequest::default();
    let mut routes = Vec::new();
    for _ in 0..count {
        let answer = device
            .raw_device_control(operation.description().code, request.as_bytes(), room)
            .map_err(|failure| Error::from_failure(operation, failure))?;
        let (header, row) = TableHeader::read_from_prefix(&answer).expect("a header");
        let row = MibIpForwardRow2::read_from_bytes(row).expect("a row");
        routes.push(ageless(Route::try_from(&row).expect("a route")));
        request.cursor = header.next_cursor;
        if request.cursor == 0 {
            break;
        }
    }
    Ok(routes)
}

fn two_handles(bench: &Bench) -> Result<(), Error> {
    let (first, second) = (bench.device()?, bench.device()?);
    first.create_route(&route())?;
    bench.table_is_changed(true);
    second.get_route(&route().key())?;
    second.delete_route(&route().key())?;
    bench.table_is_changed(false);
    first.routes(AddressFamily::IPV4).map(drop)
}

/// One handle creates and is refused, another one deletes.
fn counted(bench: &Bench) -> Result<(), Error> {
    let (mine, other) = (bench.device()?, bench.device()?);
    mine.create_route(&route())?;
    bench.table_is_changed(true);
    let twice = mine.create_route(&route());
    refused(bench, twice, Reading::of_this_run().duplicate())?;
    other.delete_route(&route().key())?;
    bench.table_is_changed(false);
    let counted = mine.statistics()?.handle;
    let changes = (counted.routes_created, counted.routes_deleted);
    bench.claim("each handle's changes are its own", changes == (1, 0));
    bench.claim("what was refused is counted", counted.refused == 1);
    Ok(())
}
