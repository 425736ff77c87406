//! Each call that may fail does, once for each of its ways, in each scenario of the driver's life.
//! Whatever fails, the client hears it, the table is as it was, and nothing is left behind.

mod holding;
mod start;
mod watching;

use abi::{AddressFamily, NtStatus, Operation, TableHeader, TableRequest};
use ipforward::{Access, Destination, Device, Error, Interface, Route};
use tests::{Bench, Exhaustion, Reading, Scenario, exhaust};
use zerocopy::{FromBytes, IntoBytes};

fn route() -> Route {
    let prefix: ipnet::IpNet = "10.20.0.0/16".parse().expect("a prefix");
    let via: std::net::IpAddr = "192.0.2.254".parse().expect("an address");
    Route::new(prefix, Interface::Index(7)).via(via).metric(5)
}

fn nothing(_: &Device) {}

fn the_route_is_there(device: &Device) {
    device.create_route(&route()).expect("the route is created");
}

/// Whether or not it is there.
fn the_route_goes(device: &Device) {
    let _ = device.delete_route(&route().key());
}

/// That there are no entries is no error: the stack may say so by a status.
fn an_empty_table(function: &str, status: NtStatus) -> bool {
    let table = ["GetIpForwardTable2", "GetIpInterfaceTable"].contains(&function);
    table && status == NtStatus::NOT_FOUND
}

/// A scenario that leaves the table alone.
fn scenario(name: &'static str, run: fn(&Bench) -> Result<(), Error>) -> Scenario {
    Scenario {
        name,
        before: nothing,
        run,
        expects: NtStatus::SUCCESS,
        tolerates: an_empty_table,
        claims: false,
        after: nothing,
    }
}

/// A scenario with the route that comes or goes.
fn with_route(
    name: &'static str,
    before: fn(&Device),
    run: fn(&Bench) -> Result<(), Error>,
) -> Scenario {
    Scenario {
        before,
        after: the_route_goes,
        ..scenario(name, run)
    }
}

fn scenarios() -> Vec<Scenario> {
    let reading = Reading::of_this_run();
    vec![
        scenario("open and close", |bench| bench.device().map(drop)),
        scenario("version", |bench| bench.device()?.version().map(drop)),
        scenario("initialize", |bench| {
            bench.device()?.initialize_route().map(drop)
        }),
        with_route("create", nothing, create),
        Scenario {
            expects: reading.duplicate(),
            ..with_route("create a duplicate", the_route_is_there, create)
        },
        with_route("set", the_route_is_there, |bench| {
            bench.device()?.set_route(&route().metric(50))?;
            bench.table_is_changed(true);
            Ok(())
        }),
        with_route("delete", the_route_is_there, delete),
        Scenario {
            expects: reading.absent(),
            ..with_route("delete what is not there", nothing, delete)
        },
        with_route("get", the_route_is_there, |bench| {
            bench.device()?.get_route(&route().key()).map(drop)
        }),
        scenario("table in one page", |bench| {
            let device = bench.device()?;
            device.routes(AddressFamily::UNSPECIFIED).map(drop)
        }),
        scenario("table in pages", |bench| {
            pages(&bench.device()?, u32::MAX).map(drop)
        }),
        scenario("table, left half-way", |bench| {
            pages(&bench.device()?, 2).map(drop)
        }),
        scenario("table, begun twice", |bench| {
            let device = bench.device()?;
            pages(&device, 1)?;
            pages(&device, u32::MAX).map(drop)
        }),
        scenario("interface", |bench| {
            let device = bench.device()?;
            device
                .interface(AddressFamily::IPV4, Interface::Index(7))
                .map(drop)
        }),
        scenario("interface table", |bench| {
            let device = bench.device()?;
            device.interfaces(AddressFamily::UNSPECIFIED).map(drop)
        }),
        scenario("best route", |bench| {
            let address: std::net::IpAddr = "192.0.2.9".parse().expect("an address");
            // Without an interface one of the two readings refuses.
            let destination = Destination::from(address).interface(Interface::Index(7));
            bench.device()?.best_route(destination).map(drop)
        }),
        Scenario {
            // What cannot be looked at is no reason: the answer is then that none was found.
            tolerates: |function, _| {
                [
                    "ExAllocatePool2",
                    "GetIpForwardEntry2",
                    "GetIpInterfaceEntry",
                ]
                .contains(&function)
            },
            ..with_route("explain", the_route_is_there, |bench| {
                let status = Some(NtStatus::DUPLICATE_OBJECTID);
                bench.device()?.explain_route(&route(), status).map(drop)
            })
        },
        scenario("leases", |bench| bench.device()?.leases().map(drop)),
        scenario("statistics", |bench| bench.device()?.statistics().map(drop)),
        with_route("two handles", nothing, |bench| {
            let (first, second) = (bench.device()?, bench.device()?);
            first.create_route(&route())?;
            bench.table_is_changed(true);
            second.get_route(&route().key())?;
            second.delete_route(&route().key())?;
            bench.table_is_changed(false);
            first.routes(AddressFamily::IPV4).map(drop)
        }),
        Scenario {
            expects: NtStatus::ACCESS_DENIED,
            ..scenario("a handle for reading only", |bench| {
                let reading = Device::options().access(Access::ReadOnly);
                let device = reading.open(bench.socket())?;
                device.routes(AddressFamily::IPV4)?;
                device.create_route(&route())
            })
        },
    ]
}

fn create(bench: &Bench) -> Result<(), Error> {
    bench.device()?.create_route(&route())?;
    bench.table_is_changed(true);
    Ok(())
}

fn delete(bench: &Bench) -> Result<(), Error> {
    bench.device()?.delete_route(&route().key())?;
    bench.table_is_changed(true);
    Ok(())
}

/// Reads the table with one row a page, so many pages of it.
fn pages(device: &Device, count: u32) -> Result<u32, Error> {
    let operation = Operation::GetTable;
    let room = size_of::<TableHeader>() + size_of::<abi::MibIpForwardRow2>();
    let mut request = TableRequest::default();
    for page in 0..count {
        let answer = device
            .raw_device_control(operation.description().code, request.as_bytes(), room)
            .map_err(|failure| Error::from_failure(operation, failure))?;
        let (header, _row) = TableHeader::read_from_prefix(&answer).expect("a header");
        request.cursor = header.next_cursor;
        if request.cursor == 0 {
            return Ok(page + 1);
        }
    }
    Ok(count)
}

#[test]
fn every_request_survives_the_failure_of_every_call() {
    exhaust_all(&scenarios());
}

#[test]
fn every_lease_survives_the_failure_of_every_call() {
    exhaust_all(&holding::scenarios());
}

#[test]
fn every_watch_survives_the_failure_of_every_call() {
    exhaust_all(&watching::scenarios());
}

fn exhaust_all(scenarios: &[Scenario]) {
    let mut total = Exhaustion::default();
    for scenario in scenarios {
        let found = exhaust(scenario);
        assert!(found.points > 0, "{}: nothing could fail", scenario.name);
        total.points += found.points;
        total.runs += found.runs;
    }
    total.tell(&format!("{} scenarios", scenarios.len()));
}
