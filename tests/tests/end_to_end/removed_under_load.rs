//! The device is removed by surprise, or the driver is unloaded, at a random moment while clients
//! change routes, wait for changes and delete guarded routes. Every request is completed, the table
//! is unchanged, and the driver leaks nothing.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use ipforward::{Batch, Device, Entry, Error, Interface, Route, RouteSet, WatchFilter};
use tests::{Host, eventually, host_routes, start_host};

use crate::seed::seed;

/// Rounds for each way of removal.
const ROUNDS: u64 = 1_000;
/// Clients that change routes.
const CLIENTS: u8 = 3;
/// The longest time before the removal, in microseconds.
const LOAD_MAX: u64 = 25_000;

/// 10.CLIENT.N.0/24 via 192.0.2.254 at interface 7.
fn route(client: u8, number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, client, number, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

/// Opens the device, unless it is removed already.
fn open(socket: &PathBuf) -> Option<Device> {
    Device::open(socket).ok()
}

/// Creates and ends leases until the device is removed. No change lasts.
fn change(socket: &PathBuf, client: u8, mut random: fastrand::Rng) -> Result<(), Error> {
    let Some(device) = open(socket) else {
        return Ok(());
    };
    loop {
        let upto = 1 + random.u8(..60);
        let routes = (0..upto).map(|number| route(client, number));
        match random.u8(..3) {
            0 => {
                let batch: Batch = routes.map(|route| Entry::upsert(&route).guard()).collect();
                drop(device.apply(&batch.atomic())?);
            }
            1 => drop(device.declare(&routes.collect::<RouteSet>())?),
            _ => {
                let end = |route: Route| Entry::delete(&route.key()).lease();
                drop(device.apply(&routes.map(end).collect())?);
            }
        }
    }
}

/// Deletes the guarded routes until the device is removed.
fn attack(socket: &PathBuf, mut random: fastrand::Rng) {
    let Some(device) = open(socket) else {
        return;
    };
    loop {
        let guarded = route(random.u8(..CLIENTS), random.u8(..60));
        let deleted = device.delete_route(&guarded.key());
        if deleted.is_err_and(|error| is_the_end(&error)) {
            return;
        }
    }
}

/// True if the device is removed; false if the route does not exist.
fn is_the_end(error: &Error) -> bool {
    error.status().is_none_or(|status| !status.is_absent())
}

/// Waits for changes until the device is removed.
fn watch(socket: &PathBuf) {
    let watching = open(socket);
    let Some(Ok(watch)) = watching
        .as_ref()
        .map(|device| device.watch(&WatchFilter::new()))
    else {
        return;
    };
    watch.for_each(drop);
}

/// One round: `end` removes the device under load.
fn under_load(seed: u64, end: impl FnOnce(&Host)) {
    let host = start_host();
    let before = host_routes(&host);
    let mut random = fastrand::Rng::with_seed(seed);
    let socket = host.socket();
    thread::scope(|scope| {
        // Each thread ends only if all its requests are completed.
        for client in 0..CLIENTS {
            let random = fastrand::Rng::with_seed(seed.wrapping_add(client.into()));
            let socket = &socket;
            scope.spawn(move || change(socket, client, random));
        }
        let hostile = fastrand::Rng::with_seed(!seed);
        scope.spawn(|| attack(&socket, hostile));
        scope.spawn(|| watch(&socket));
        scope.spawn(|| watch(&socket));
        thread::sleep(Duration::from_micros(random.u64(..LOAD_MAX)));
        end(&host);
    });
    let place = format!("seed {seed}: the table is as before");
    eventually(&place, || host_routes(&host) == before);
    let unloaded = host.unload().expect("the driver goes");
    assert_eq!(unloaded.left, 0, "seed {seed}: {}", unloaded.list);
    assert_eq!(host_routes(&host), before, "seed {seed}");
    host.stop_clean();
}

fn rounds(end: fn(&Host)) {
    let seed = seed();
    for round in 0..ROUNDS {
        under_load(seed.wrapping_add(round), end);
    }
}

#[test]
fn surprise_removal_at_any_moment_leaves_the_table_unchanged() {
    rounds(|host| assert!(host.surprise_remove().is_success()));
}

#[test]
fn unload_at_any_moment_leaves_the_table_unchanged() {
    rounds(|host| {
        let unloaded = host.unload().expect("the driver goes");
        assert_eq!(unloaded.left, 0, "{}", unloaded.list);
    });
}
