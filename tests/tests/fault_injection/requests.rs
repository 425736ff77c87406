//! Single requests: each is answered with what failed, and has done nothing then.

use std::net::IpAddr;

use abi::operation::{OPERATIONS, call};
use abi::watch::WATCH_NO_WAIT;
use abi::{AddressFamily, BestRouteRequest, Cause, ExplainRequest, MibIpForwardRow2, NtStatus};
use abi::{Operation, TableHeader, TableRequest, WatchRequest};
use ipforward::{Access, Destination, Device, Error, Interface, InterfaceChange, Route};
use tests::{Failed, Profile, Scenario, ScenarioContext, status, valid_row, without_age};
use zerocopy::{FromBytes, IntoBytes};

use crate::refusals::refused;
use crate::routes::{
    AT, GATEWAY_V6, INTERFACE, at, invalid_route, route, settings_are_reset, the_route_is_there, to,
};

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
        Scenario::new("open and close", |context| context.device().map(drop)),
        Scenario::new("version", |context| context.device()?.version().map(drop)),
        Scenario::new("initialize", |context| {
            context.device()?.initialize_route().map(drop)
        }),
        Scenario::new("interface", |context| {
            let device = context.device()?;
            device
                .interface(AddressFamily::IPV4, Interface::Index(INTERFACE))
                .map(drop)
        }),
        Scenario::new("interface without the family", |context| {
            let device = context.device()?;
            device
                .interface(AddressFamily::IPV6, Interface::Index(9))
                .map(drop)
        })
        .expects(NtStatus::NOT_FOUND),
        Scenario::new("interfaces by index, by LUID, in the table", interfaces).claims(),
        Scenario::new("settings of an interface", settings)
            .finally(settings_are_reset)
            .claims(),
        Scenario::new("settings without the family", |context| {
            let change = InterfaceChange::new().metric(5);
            context
                .device()?
                .set_interface(AddressFamily::IPV6, Interface::Index(9), change)
        })
        .expects(NtStatus::NOT_FOUND),
        Scenario::new("leases", |context| context.device()?.leases().map(drop)),
        Scenario::new("statistics", |context| {
            context.device()?.statistics().map(drop)
        }),
        Scenario::new("every operation, with zeros", every_operation).claims(),
    ]
}

fn of_a_route() -> Vec<Scenario> {
    let profile = Profile::of_this_run();
    vec![
        Scenario::new("create", create),
        Scenario::new("create a duplicate", create)
            .after(the_route_is_there)
            .expects(profile.duplicate()),
        Scenario::new("create with host bits", |context| {
            let row = MibIpForwardRow2::from(&invalid_route());
            context.device()?.call::<call::CreateRoute>(&row)
        })
        .expects(NtStatus::INVALID_PARAMETER),
        Scenario::new("set", set).after(the_route_is_there),
        Scenario::new("set an absent route", set).expects(profile.absent()),
        Scenario::new("delete", delete).after(the_route_is_there),
        Scenario::new("delete an absent route", delete).expects(profile.absent()),
        Scenario::new("get", |context| {
            context.device()?.get_route(&route().key()).map(drop)
        })
        .after(the_route_is_there),
        Scenario::new("get an absent route", |context| {
            context.device()?.get_route(&route().key()).map(drop)
        })
        .expects(profile.absent()),
        Scenario::new("three routes, from creation to deletion", three_lives),
        Scenario::new("best route", |context| {
            let address = IpAddr::from([192, 0, 2, 9]);
            // Without an interface one of the two profiles refuses.
            let destination = Destination::new(address).interface(Interface::Index(INTERFACE));
            context.device()?.best_route(destination).map(drop)
        }),
        Scenario::new("best route among three", best_of_three)
            .after(three_ways)
            .claims(),
        Scenario::new("best route to an unreachable address", |context| {
            let request = BestRouteRequest {
                interface_index: INTERFACE,
                destination: IpAddr::from([203, 0, 113, 5]).into(),
                ..BestRouteRequest::default()
            };
            let device = context.device()?;
            device.call::<call::GetBestRoute>(&request).map(drop)
        })
        .expects(profile.unreachable()),
        Scenario::new("explain", |context| {
            let status = Some(NtStatus::DUPLICATE_OBJECTID);
            context.device()?.explain_route(&route(), status).map(drop)
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
        Scenario::new("table in one page", |context| {
            let device = context.device()?;
            device.routes(AddressFamily::UNSPECIFIED).map(drop)
        }),
        Scenario::new("table in pages", |context| {
            let rows = pages(&context.device()?, u32::MAX)?;
            context.claim("the pages make up the table", rows == context.routes());
            Ok(())
        }),
        Scenario::new("table, left half-way", |context| {
            pages(&context.device()?, 2).map(drop)
        }),
        Scenario::new("table, begun twice", |context| {
            let device = context.device()?;
            pages(&device, 1)?;
            pages(&device, u32::MAX).map(drop)
        }),
        Scenario::new("interface table", |context| {
            let device = context.device()?;
            device.interfaces(AddressFamily::UNSPECIFIED).map(drop)
        }),
        Scenario::new("table of an unknown family", |context| {
            context.device()?.routes(UNKNOWN_FAMILY).map(drop)
        })
        .expects(NtStatus::INVALID_PARAMETER),
        Scenario::new("interface table of an unknown family", |context| {
            context.device()?.interfaces(UNKNOWN_FAMILY).map(drop)
        })
        .expects(NtStatus::INVALID_PARAMETER),
    ]
}

/// What several handles do, and one that may not do everything.
fn of_programs() -> Vec<Scenario> {
    vec![
        Scenario::new("two handles", two_handles),
        Scenario::new("what two handles do is counted", counted).claims(),
        Scenario::new("a read-only handle", |context| {
            let device = reading_only(context)?;
            device.routes(AddressFamily::IPV4)?;
            refused(
                context,
                device.create_route(&route()),
                NtStatus::ACCESS_DENIED,
            )?;
            device.delete_route(&route().key())
        })
        .expects(NtStatus::ACCESS_DENIED),
    ]
}

/// If the driver cannot read something, it reports no cause for it.
fn what_explain_asks(function: &str, _: NtStatus) -> bool {
    [
        "ExAllocatePool2",
        "GetIpForwardEntry2",
        "GetIpInterfaceEntry",
    ]
    .contains(&function)
}

// The next three send one request each: after a refusal, `Device::create_route` and its like also ask
// for the cause, and a fault in that has no consequence.

fn create(context: &ScenarioContext) -> Result<(), Error> {
    let row = MibIpForwardRow2::from(&route());
    context.device()?.call::<call::CreateRoute>(&row)?;
    context.table_is_changed(true);
    Ok(())
}

fn set(context: &ScenarioContext) -> Result<(), Error> {
    let row = MibIpForwardRow2::from(&route().metric(50));
    context.device()?.call::<call::SetRoute>(&row)?;
    context.table_is_changed(true);
    Ok(())
}

pub(crate) fn delete(context: &ScenarioContext) -> Result<(), Error> {
    let row = MibIpForwardRow2::from(&route().key());
    context.device()?.call::<call::DeleteRoute>(&row)?;
    context.table_is_changed(true);
    Ok(())
}

fn reading_only(context: &ScenarioContext) -> Result<Device, Error> {
    let options = Device::options().access(Access::ReadOnly);
    options.open(context.socket())
}

fn interfaces(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let by_index = device.interface(AddressFamily::IPV4, Interface::Index(INTERFACE))?;
    let luid = by_index.interface.luid().expect("the stack fills in both");
    let by_luid = device.interface(AddressFamily::IPV4, Interface::Luid(luid))?;
    context.claim("it is the same interface", by_index == by_luid);
    let table = device.interfaces(AddressFamily::UNSPECIFIED)?;
    context.claim("it is in the table", table.contains(&by_index));
    Ok(())
}

/// Sets a metric, and makes it automatic again.
fn settings(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let read = || device.interface(AddressFamily::IPV4, AT);
    let set = |change| device.set_interface(AddressFamily::IPV4, AT, change);
    let before = read()?;
    set(InterfaceChange::new().metric(5).default_routes(false))?;
    let after = read()?;
    let is_set = (after.metric, after.uses_default_routes()) == (5, false);
    context.claim("the settings are set", is_set);
    set(InterfaceChange::new()
        .automatic_metric()
        .default_routes(true))?;
    context.claim("the settings are as before", read()? == before);
    Ok(())
}

/// Whatever they answer, and whatever failed: nothing is left of it.
fn every_operation(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
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
fn three_lives(context: &ScenarioContext) -> Result<(), Error> {
    let routes = [
        route(),
        to("2001:db8:20::/48").via(GATEWAY_V6),
        to("0.0.0.0/0").via([192, 0, 2, 254]),
    ];
    let device = context.device()?;
    for route in routes {
        device.create_route(&route)?;
        context.table_is_changed(true);
        let found = without_age(device.get_route(&route.key())?);
        context.claim("it is in the table", context.routes().contains(&found));
    }
    device.routes(AddressFamily::UNSPECIFIED)?;
    for route in routes {
        device.delete_route(&route.key())?;
        context.claim("it is not in the table", context.metric(&route).is_none());
    }
    context.table_is_changed(false);
    Ok(())
}

fn three_ways(context: &ScenarioContext) {
    let far = at(9, "10.20.0.0/16").via([198, 51, 100, 254]);
    let near = to("10.20.128.0/17").via([192, 0, 2, 253]);
    for route in [route(), far, near] {
        let created = context.observer().create_route(&route);
        created.expect("the route is created");
    }
}

/// One of the two profiles has the client ask about each interface: of one for which the request is
/// called invalid, it takes it that no route leads there.
fn best_of_three(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    let far = device.find_best_route(IpAddr::from([10, 20, 200, 1]))?;
    let near = device.find_best_route(IpAddr::from([10, 20, 1, 1]))?;
    let is_invalid = |failed: Failed| failed.status == NtStatus::INVALID_PARAMETER;
    if !context.disarm().is_some_and(is_invalid) {
        let longest = far.route.destination == to("10.20.128.0/17").destination;
        context.claim("the longest prefix is the best", longest);
        let cheapest = near.route.interface.index() == Some(9);
        context.claim("the lowest complete metric is the best", cheapest);
    }
    Ok(())
}

/// The driver reports the right cause, or none.
fn every_cause(context: &ScenarioContext) -> Result<(), Error> {
    let device = context.device()?;
    for (row, cause) in every_invalid_row() {
        let refused = device.call::<call::CreateRoute>(&row).err();
        context.require("the route is refused", refused.is_some());
        let status = refused
            .and_then(|refused| refused.status())
            .unwrap_or(NtStatus::SUCCESS);
        let request = ExplainRequest {
            row,
            status: status.bits(),
            reserved: 0,
        };
        let diagnosis = device.call::<call::ExplainRoute>(&request)?;
        // An injected status may fit a cause by chance, and some statuses have only one cause.
        let is_implied = status.is_duplicate() || status == NtStatus::NOT_SUPPORTED;
        let is_true = [Cause::NONE, cause].contains(&diagnosis.cause()) || is_implied;
        context.claim("no wrong cause is reported", is_true);
    }
    Ok(())
}

/// Rows that are refused in both profiles, each for its own cause.
fn every_invalid_row() -> Vec<(MibIpForwardRow2, Cause)> {
    let with = |change: fn(&mut MibIpForwardRow2)| {
        let mut row = valid_row();
        change(&mut row);
        row
    };
    vec![
        ((&route().metric(9)).into(), Cause::DUPLICATE),
        ((&invalid_route()).into(), Cause::HOST_BITS),
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
            .map_err(|failure| Error::from_transport(operation, failure))?;
        let (header, row) = TableHeader::read_from_prefix(&answer).expect("a header");
        let row = MibIpForwardRow2::read_from_bytes(row).expect("a row");
        routes.push(without_age(Route::try_from(&row).expect("a route")));
        request.cursor = header.next_cursor;
        if request.cursor == 0 {
            break;
        }
    }
    Ok(routes)
}

fn two_handles(context: &ScenarioContext) -> Result<(), Error> {
    let (first, second) = (context.device()?, context.device()?);
    first.create_route(&route())?;
    context.table_is_changed(true);
    second.get_route(&route().key())?;
    second.delete_route(&route().key())?;
    context.table_is_changed(false);
    first.routes(AddressFamily::IPV4).map(drop)
}

/// One handle creates and is refused, another one deletes.
fn counted(context: &ScenarioContext) -> Result<(), Error> {
    let (mine, other) = (context.device()?, context.device()?);
    mine.create_route(&route())?;
    context.table_is_changed(true);
    // One request: `create_route` would also ask for the cause, which can be refused as well.
    let twice = mine.call::<call::CreateRoute>(&MibIpForwardRow2::from(&route()));
    refused(context, twice, Profile::of_this_run().duplicate())?;
    other.delete_route(&route().key())?;
    context.table_is_changed(false);
    let counted = mine.statistics()?.handle;
    let changes = (counted.routes_created, counted.routes_deleted);
    context.claim("each handle's changes are its own", changes == (1, 0));
    context.claim("what was refused is counted", counted.refused == 1);
    Ok(())
}
