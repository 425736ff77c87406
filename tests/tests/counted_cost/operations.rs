//! The operations whose cost is measured.

use std::net::Ipv4Addr;
use std::ops::Range;

use ipforward::{AddressFamily, Batch, Device, Entry, Interface, Route, RouteSet, WatchFilter};
use ipnet::Ipv4Net;

use crate::cost::Cost;
use crate::measured_host::MeasuredHost;

/// How often an operation is repeated.
pub(crate) const ROUTES: u32 = 64;
/// Handles that watch at once.
const WATCHERS: u32 = 8;
/// Leases of another handle, beside which leases are made and ended: few, and many.
const FEW: u32 = 1_000;
const MANY: u32 = 16_000;

/// An operation, and its cost.
pub(crate) type Measured = (&'static str, Cost);

/// The cost of each operation.
pub(crate) fn measure() -> Vec<Measured> {
    let groups: [fn(&mut MeasuredHost) -> Vec<Measured>; 6] = [
        single,
        plain_batches,
        leased_batches,
        many_leases,
        events,
        guards,
    ];
    let mut costs = Vec::new();
    for group in groups {
        let mut host = MeasuredHost::start();
        costs.extend(group(&mut host));
        host.stop();
    }
    costs.extend(in_the_host());
    costs
        .into_iter()
        .map(|(name, cost)| (name, cost.rounded()))
        .collect()
}

/// What an entry of a batch costs in the host, without what it costs in the driver.
fn in_the_host() -> [Measured; 2] {
    [
        (
            "entry of a full batch, in the host",
            entry_in_the_host(MeasuredHost::start()),
        ),
        (
            "entry of a full batch, in the host unchecked",
            entry_in_the_host(MeasuredHost::start_unchecked()),
        ),
    ]
}

/// The same, of a batch that is as large as a batch may be: what comes once for each is left out thus.
fn entry_in_the_host(mut host: MeasuredHost) -> Cost {
    let device = host.open();
    let entries = Batch::ENTRIES_MAX;
    let batch: Batch = (0..entries)
        .map(|number| Entry::create(&route(number)))
        .collect();
    let cost = host.cost_in_the_host_of(|_| apply(&device, &batch)) / entries;
    drop(device);
    host.stop();
    cost
}

/// The route with this number: all different, behind one gateway.
fn route(number: u32) -> Route {
    let address = Ipv4Addr::from_bits(0x0A00_0000 | number);
    Route::new(Ipv4Net::from(address).into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}

fn batch(entry: fn(u32) -> Entry) -> Batch {
    (0..ROUTES).map(entry).collect()
}

fn apply(device: &Device, batch: &Batch) {
    let outcome = device.apply(batch).expect("the driver takes the batch");
    assert!(outcome.is_success(), "{outcome:?}");
}

/// The cost of a request for each of the routes.
fn each(host: &mut MeasuredHost, request: impl Fn(u32)) -> Cost {
    let cost = host.cost_of(|host| {
        for number in 0..ROUTES {
            request(number);
            host.quiesce();
        }
    });
    cost / ROUTES
}

/// The cost of an entry of a batch.
fn entry_of(host: &mut MeasuredHost, device: &Device, batch: &Batch) -> Cost {
    host.cost_of(|_| apply(device, batch)) / ROUTES
}

fn single(host: &mut MeasuredHost) -> Vec<Measured> {
    let device = host.open();
    let expected = "the driver takes the request";
    vec![
        (
            "create",
            each(host, |number| {
                device.create_route(&route(number)).expect(expected);
            }),
        ),
        (
            "set",
            each(host, |number| {
                device.set_route(&route(number).metric(9)).expect(expected);
            }),
        ),
        (
            "get",
            each(host, |number| {
                let _ = device.get_route(&route(number).key()).expect(expected);
            }),
        ),
        (
            "row of a table",
            host.cost_of(|_| {
                let rows = device.routes(AddressFamily::IPV4).expect(expected);
                assert!(rows.len() >= ROUTES as usize);
            }) / ROUTES,
        ),
        (
            "delete",
            each(host, |number| {
                device.delete_route(&route(number).key()).expect(expected);
            }),
        ),
    ]
}

fn plain_batches(host: &mut MeasuredHost) -> Vec<Measured> {
    let device = host.open();
    let create = |number| Entry::create(&route(number));
    let upsert = |number| Entry::upsert(&route(number));
    let change = |number| Entry::upsert(&route(number).metric(9));
    let refused = batch(create).with(Entry::create(&route(0))).atomic();
    vec![
        (
            "dry run of a batch entry",
            entry_of(host, &device, &batch(create).dry_run()),
        ),
        (
            "batch entry, undone",
            host.cost_of(|_| {
                let outcome = device.apply(&refused).expect("the driver takes the batch");
                assert!(!outcome.is_success());
            }) / ROUTES,
        ),
        ("batch entry", entry_of(host, &device, &batch(create))),
        (
            "upsert of an equal route",
            entry_of(host, &device, &batch(upsert)),
        ),
        (
            "upsert of another metric",
            entry_of(host, &device, &batch(change)),
        ),
    ]
}

fn leased_batches(host: &mut MeasuredHost) -> Vec<Measured> {
    let device = host.open();
    let lease = |number| Entry::upsert(&route(number)).lease();
    let set = (0..ROUTES).fold(RouteSet::new(), |set, number| set.with(&route(number)));
    vec![
        ("leased batch entry", entry_of(host, &device, &batch(lease))),
        (
            "equal leased batch entry",
            entry_of(host, &device, &batch(lease)),
        ),
        (
            "entry of an equal declared set",
            host.cost_of(|_| {
                let outcome = device.declare(&set).expect("the driver takes the set");
                assert!(outcome.is_success());
            }) / ROUTES,
        ),
        ("end of a lease", host.cost_of(|_| drop(device)) / ROUTES),
    ]
}

/// The same beside few and beside many leases of another handle.
fn many_leases(host: &mut MeasuredHost) -> Vec<Measured> {
    let holder = host.open();
    hold(&holder, ROUTES..ROUTES + FEW);
    let [create, end] = lease(host);
    hold(&holder, ROUTES + FEW..ROUTES + MANY);
    let [create_beside_many, end_beside_many] = lease(host);
    vec![
        ("leased batch entry beside 1,000 leases", create),
        ("end of a lease beside 1,000 leases", end),
        (
            "leased batch entry beside 16,000 leases",
            create_beside_many,
        ),
        ("end of a lease beside 16,000 leases", end_beside_many),
    ]
}

/// Has a handle lease these routes.
pub(crate) fn hold(holder: &Device, numbers: Range<u32>) {
    let mut entries = numbers.map(|number| Entry::create(&route(number)).lease());
    loop {
        let batch: Batch = entries.by_ref().take(Batch::ENTRIES_MAX as usize).collect();
        if batch.entries().is_empty() {
            return;
        }
        apply(holder, &batch);
    }
}

/// The costs of a lease of a new handle, and of its end.
pub(crate) fn lease(host: &mut MeasuredHost) -> [Cost; 2] {
    let device = host.open();
    let lease = |number| Entry::create(&route(number)).lease();
    let create = entry_of(host, &device, &batch(lease));
    let end = host.cost_of(|_| drop(device)) / ROUTES;
    [create, end]
}

fn events(host: &mut MeasuredHost) -> Vec<Measured> {
    let device = host.open();
    let create = |number| Entry::create(&route(number));
    let delete = |number| Entry::delete(&route(number).key());
    apply(&device, &batch(create));
    apply(&device, &batch(delete));
    let unseen = host.cost_of(|host| {
        apply(&device, &batch(create));
        host.quiesce();
        apply(&device, &batch(delete));
    });
    let mut watches: Vec<_> = (0..WATCHERS)
        .map(|_| {
            host.open()
                .watch(&WatchFilter::new())
                .expect("a handle can watch")
        })
        .collect();
    for watch in &mut watches {
        let _ = watch.poll().expect("the driver answers");
    }
    let seen = host.cost_of(|host| {
        apply(&device, &batch(create));
        host.quiesce();
        apply(&device, &batch(delete));
        host.quiesce();
        for watch in &mut watches {
            let mut events = 0;
            while events < 2 * ROUTES as usize {
                events += watch.poll().expect("the driver answers").len();
            }
        }
    });
    let notified = host.cost_of(|host| {
        for number in 0..ROUTES {
            let prefix = format!("10.1.{number}.0/24");
            host.control().advertise(7, &prefix, "192.0.2.254", 600);
        }
    });
    drop(watches);
    host.quiesce();
    vec![
        (
            "event for each watching handle",
            (seen - unseen) / (2 * ROUTES * WATCHERS),
        ),
        ("notification that eight handles watch", notified / ROUTES),
    ]
}

fn guards(host: &mut MeasuredHost) -> Vec<Measured> {
    let owner = host.open();
    let other = host.open();
    apply(
        &owner,
        &batch(|number| Entry::create(&route(number)).guard()),
    );
    let restored = each(host, |number| {
        other
            .delete_route(&route(number).key())
            .expect("the driver takes the request");
    });
    let back = other
        .routes(AddressFamily::IPV4)
        .expect("the table can be read");
    assert!(back.len() >= ROUTES as usize, "the routes are back");
    vec![("deletion of a guarded route, and its return", restored)]
}
