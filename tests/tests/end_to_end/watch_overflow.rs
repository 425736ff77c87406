//! A watcher that reads more slowly than others change the table loses events, gets a resync event,
//! reads a snapshot, and has the right table in the end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use ipforward::{Device, Event, EventKind, Interface, Route, RouteKey, Watch, WatchFilter};
use tests::{start_host, table, without_age};

use crate::seed::seed;

/// Handles that change the table.
const WRITERS: u64 = 2;
/// Changes by each of them.
const CHANGES: u64 = 6_000;
/// More than a handle's ring holds.
const BETWEEN_LOOKS_MAX: u64 = 4_000;

/// One of the routes that both writers change: 10.20.N.0/24.
fn route(random: &mut fastrand::Rng) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, 20, random.u8(..32), 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(random.u32(1..100))
}

/// Creates, changes and deletes.
fn write(device: &Device, mut random: fastrand::Rng, changes: &AtomicU64) {
    for _ in 0..CHANGES {
        let route = route(&mut random);
        // Each call may fail, because both writers use the same routes.
        let _ = match random.u8(..3) {
            0 => device.create_route(&route),
            1 => device.set_route(&route),
            _ => device.delete_route(&route.key()),
        };
        changes.fetch_add(1, Ordering::Relaxed);
    }
}

/// A watcher's copy of the table.
struct TableCopy {
    watch: Watch,
    rows: HashMap<RouteKey, Route>,
    resyncs: u32,
}

impl TableCopy {
    fn join(&mut self) {
        let routes = self.watch.snapshot().unwrap().into_iter().map(without_age);
        self.rows = routes.map(|route| (route.key(), route)).collect();
    }

    /// Applies the events; false if there are none.
    fn look(&mut self) -> bool {
        let events = self.watch.poll().unwrap();
        for event in &events {
            self.take(event);
        }
        !events.is_empty()
    }

    fn take(&mut self, event: &Event) {
        match event.kind {
            EventKind::Added(route) | EventKind::Changed(route)
                if event.kind.is_of_missing_route() =>
            {
                self.rows.remove(&route.key());
            }
            EventKind::Added(route) | EventKind::Changed(route) => {
                self.rows.insert(route.key(), without_age(route));
            }
            EventKind::Removed(key) => {
                self.rows.remove(&key);
            }
            EventKind::Resync => {
                self.resyncs += 1;
                self.join();
            }
            other => panic!("nothing is guarded: {other:?}"),
        }
    }
}

#[test]
fn a_slow_watcher_resyncs_and_has_the_right_table() {
    let seed = seed();
    println!("seed {seed}");
    let host = start_host();
    let mut control = host.connect();
    let reader = Device::open(host.socket()).unwrap();
    let mut copy = TableCopy {
        watch: reader.watch(&WatchFilter::new()).unwrap(),
        rows: HashMap::new(),
        resyncs: 0,
    };
    copy.join();
    let (changes, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut random = fastrand::Rng::with_seed(seed);
    thread::scope(|scope| {
        let writers: Vec<_> = (1..=WRITERS)
            .map(|writer| {
                let device = Device::open(host.socket()).unwrap();
                let random = fastrand::Rng::with_seed(seed.wrapping_add(writer));
                let changes = &changes;
                scope.spawn(move || write(&device, random, changes))
            })
            .collect();
        scope.spawn(|| {
            for writer in writers {
                writer.join().unwrap();
            }
            over.store(true, Ordering::Release);
        });
        while !over.load(Ordering::Acquire) {
            // The watcher polls only after so many changes.
            let next = changes.load(Ordering::Relaxed) + random.u64(..BETWEEN_LOOKS_MAX);
            while changes.load(Ordering::Relaxed) < next && !over.load(Ordering::Acquire) {
                thread::yield_now();
            }
            copy.look();
        }
    });
    control.quiesce();
    while copy.look() {}
    let lost = copy.watch.lost();
    println!("{lost} events lost, joined again {} times", copy.resyncs);
    assert!(
        lost > 0 && copy.resyncs > 0,
        "seed {seed}: no event was lost"
    );
    let truth: HashMap<_, _> = table(&Device::open(host.socket()).unwrap())
        .into_iter()
        .map(|route| (route.key(), route))
        .collect();
    assert_eq!(copy.rows, truth, "seed {seed}");
    host.stop_clean();
}
