//! A destination that a declared set covers before and after a change is covered all the time: the
//! host asks for the best route after each single call that the driver makes of NETIO.

use std::net::IpAddr;

use ipforward::{Device, Interface, Route, RouteSet};
use ipnet::Ipv4Net;
use tests::{NetioCall, Plan, start_host};

use crate::seed::seed;

/// Changes of the set.
const CHANGES: u32 = 150;
/// What has to be reachable throughout.
const DESTINATION: [u8; 4] = [10, 20, 1, 1];

/// All ways to the destination, and as many routes that lead elsewhere.
fn candidates() -> Vec<Route> {
    let covering = ["10.0.0.0/8", "10.20.0.0/16", "10.20.1.0/24", "10.20.1.1/32"];
    let elsewhere = [
        "10.30.0.0/16",
        "10.40.0.0/16",
        "10.20.2.0/24",
        "10.21.0.0/16",
    ];
    let gateways = [
        (7, [192, 0, 2, 253]),
        (7, [192, 0, 2, 254]),
        (9, [198, 51, 100, 1]),
    ];
    let mut routes = Vec::new();
    for prefix in covering.iter().chain(&elsewhere) {
        let prefix: Ipv4Net = prefix.parse().unwrap();
        for (interface, gateway) in gateways {
            routes.push(Route::new(prefix.into(), Interface::Index(interface)).via(gateway));
        }
    }
    routes
}

/// Some of the candidates, with some metric, of which at least one covers the destination.
fn any_set(random: &mut fastrand::Rng) -> RouteSet {
    let mut routes = candidates();
    let needed = random.usize(..routes.len() / 2);
    routes.swap(0, needed);
    let more = 1 + random.usize(..routes.len() - 1);
    let mut chosen: Vec<Route> = routes.drain(..1).collect();
    random.shuffle(&mut routes);
    chosen.extend(routes.into_iter().take(more - 1));
    random.shuffle(&mut chosen);
    chosen.iter().fold(RouteSet::new(), |set, route| {
        let route = route.metric(random.u32(1..4));
        match random.u8(..3) {
            0 => set.with(&route),
            1 => set.with_shared(&route),
            _ => set.with_guarded(&route),
        }
    })
}

/// After each call some route of the set leads to the destination.
fn assert_covered(calls: &[NetioCall], place: &str) {
    let uncovered = calls
        .iter()
        .position(|call| !call.prefix.starts_with("10."));
    if let Some(at) = uncovered {
        panic!(
            "{place}: after call {at} of {}: {:?}",
            calls.len(),
            calls[at]
        );
    }
}

#[test]
fn a_destination_resolves_between_all_calls_of_a_changing_set() {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let host = start_host();
    let mut control = host.connect();
    let owner = Device::open(host.socket()).unwrap();
    assert!(owner.declare(&any_set(&mut random)).unwrap().is_success());
    let mut writes = 0;
    for change in 0..CHANGES {
        let set = any_set(&mut random);
        let destination = IpAddr::from(DESTINATION);
        let (outcome, calls) = control.trace(Some(destination), || owner.declare(&set).unwrap());
        let place = format!("seed {seed}, change {change} to {set:?}");
        assert!(outcome.is_success(), "{place}: {outcome:?}");
        assert_covered(&calls, &place);
        writes += calls.iter().filter(|call| call.writes()).count();
    }
    assert!(writes > CHANGES as usize, "seed {seed}: the sets differ");
    drop((owner, control));
    host.stop_clean();
}

#[test]
fn a_destination_resolves_although_calls_fail() {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let host = start_host();
    let mut control = host.connect();
    let mut arming = host.connect();
    let owner = Device::open(host.socket()).unwrap();
    assert!(owner.declare(&any_set(&mut random)).unwrap().is_success());
    let mut failed = 0;
    for change in 0..CHANGES {
        let set = any_set(&mut random);
        let plan = [Plan::Only, Plan::From][random.usize(..2)];
        let (number, way) = (random.u64(..400), random.u8(..4));
        let destination = IpAddr::from(DESTINATION);
        let (_outcome, calls) = control.trace(Some(destination), || {
            arming.arm(plan, number, way);
            let outcome = owner.declare(&set);
            failed += u32::from(arming.disarm().is_some());
            outcome
        });
        assert_covered(&calls, &format!("seed {seed}, change {change} to {set:?}"));
        // What failed may have left more than one of the sets behind, never less.
        assert!(owner.declare(&set).unwrap().is_success(), "seed {seed}");
    }
    assert!(failed > 0, "seed {seed}: nothing failed");
    drop((owner, control, arming));
    host.stop_clean();
}
