//! The cost that the driver adds to a direct call of `CreateIpForwardEntry2`.

use std::time::{Duration, Instant};

use abi::MibIpForwardRow2;
use ipforward::{Batch, Device, Entry};
use nt_netio::{Behaviours, Memory, NetworkDescription, NetworkStack};
use tests::scattered_route;

use crate::figures::{median, micros};
use crate::held::host;

/// Routes of a round.
const ROUTES: u32 = Batch::ENTRIES_MAX;

pub(crate) fn print(rounds: u32) {
    let direct = direct(rounds);
    let [nothing, call, entry] = through_the_driver(rounds);
    let added = |time: Duration, without: Duration| {
        let added = time.as_secs_f64() - without.as_secs_f64();
        format!("{:+.2} us", added * 1e6)
    };
    println!();
    println!(
        "CreateIpForwardEntry2, called directly:   {}",
        micros(direct)
    );
    println!(
        "a request that does nothing:              {}  (the way through client, socket, host and driver)",
        micros(nothing)
    );
    println!(
        "CREATE_ROUTE:                             {}  ({} beside that way and the call)",
        micros(call),
        added(call, nothing + direct)
    );
    println!(
        "an entry of a batch of {ROUTES}:              {}  ({} beside the call)",
        micros(entry),
        added(entry, direct)
    );
}

/// The work of `CreateIpForwardEntry2` in the host's own stack, in this process.
fn direct(rounds: u32) -> Duration {
    let rows: Vec<_> = (0..ROUTES)
        .map(|number| MibIpForwardRow2::from(&scattered_route(number)))
        .collect();
    let times = (0..rounds).map(|_| {
        let stack = Memory::new(&NetworkDescription::default(), Behaviours::default());
        let start = Instant::now();
        for row in &rows {
            stack.create_route(row).expect("it is created");
        }
        start.elapsed() / ROUTES
    });
    median(times.collect())
}

/// A request that does nothing, one that creates a route, and an entry of a batch.
fn through_the_driver(rounds: u32) -> [Duration; 3] {
    let host = host();
    let device = Device::open(host.socket()).expect("the device opens");
    let each = |mut call: Box<dyn FnMut(u32) + '_>| {
        let start = Instant::now();
        (0..ROUTES).for_each(&mut *call);
        start.elapsed() / ROUTES
    };
    let all = |entry: fn(u32) -> Entry| -> Batch { (0..ROUTES).map(entry).collect() };
    let create = all(|number| Entry::create(&scattered_route(number)));
    let delete = all(|number| Entry::delete(&scattered_route(number).key()));
    let apply = |batch| assert!(device.apply(batch).expect("an answer").is_success());
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        times[0].push(each(Box::new(|_| {
            device.version().expect("a version");
        })));
        times[1].push(each(Box::new(|number| {
            device
                .create_route(&scattered_route(number))
                .expect("it is created");
        })));
        apply(&delete);
        let start = Instant::now();
        apply(&create);
        times[2].push(start.elapsed() / ROUTES);
        apply(&delete);
    }
    times.map(median)
}
