//! Any sequence of actions by two guards, another program, interfaces, the clock and a failing
//! stack ends in a stable state: every guarded route is as its owner requested it, or the guard has
//! given up; and no guarded route outlives its owners.

extern crate std;

use std::collections::BTreeSet;
use std::vec;

use abi::apply::ENTRY_GUARD;
use proptest::prelude::*;

use super::*;
use crate::leases::LeaseTable;
use crate::route_key::RouteKey;
use crate::session::Session;
use crate::watch::WatchState;

/// Drivers that guard routes of the same table, as another product's would.
const DRIVERS: usize = 2;
/// Handles of each.
const CLIENTS: usize = 2;
const ROUTES: u16 = 4;

/// How many rounds a fight may take: far more than two guards have attempts.
const ROUNDS: usize = 1_000;

#[derive(Clone, Debug)]
enum Act {
    /// A handle of a driver takes a guarded lease, with a metric of the driver's own.
    Hold(usize, usize, u16),
    Close(usize, usize),
    HostileSet(u16),
    HostileDelete(u16),
    HostileCreate(u16),
    InterfaceGoes,
    InterfaceComes,
    LinkGoes,
    LinkComes,
    AddressGoes,
    AddressComes,
    AdapterBecomes(u16),
    Wait(Ticks),
    /// Notifications arrive, and deferred work is done.
    Keep(usize),
}

fn acts() -> impl Strategy<Value = Act> {
    let (driver, who, number) = (0..DRIVERS, 0..CLIENTS, 0..ROUTES);
    prop_oneof![
        4 => (driver.clone(), who.clone(), number.clone())
            .prop_map(|(driver, who, number)| Act::Hold(driver, who, number)),
        1 => (driver.clone(), who).prop_map(|(driver, who)| Act::Close(driver, who)),
        2 => number.clone().prop_map(Act::HostileSet),
        3 => number.clone().prop_map(Act::HostileDelete),
        1 => number.prop_map(Act::HostileCreate),
        1 => Just(Act::InterfaceGoes),
        2 => Just(Act::InterfaceComes),
        1 => Just(Act::LinkGoes),
        2 => Just(Act::LinkComes),
        1 => Just(Act::AddressGoes),
        2 => Just(Act::AddressComes),
        1 => (0..2_u16).prop_map(Act::AdapterBecomes),
        2 => (0..10_000_u64).prop_map(|time| Act::Wait(Ticks::from_millis(time))),
        4 => driver.prop_map(Act::Keep),
    ]
}

#[derive(Default)]
struct Play {
    stack: FakeStack,
    drivers: [DriverState; DRIVERS],
    clients: [[Client; CLIENTS]; DRIVERS],
    now: KernelTime,
    /// Routes that the third party created.
    theirs: BTreeSet<RouteKey>,
}

impl Play {
    fn act(&mut self, act: &Act) {
        match act {
            Act::Hold(driver, who, number) => {
                let wanted = metric(route(*number), 10 + u32::try_from(*driver).unwrap());
                let guarded = entry(ENTRY_CREATE, ENTRY_LEASE | ENTRY_GUARD, wanted);
                let mut batch = EntryBatch::of(0, &[guarded]);
                // The route may be another program's, or the stack may fail.
                let _ = self.session(*driver, *who, |session| session.apply(&mut batch, NEVER));
            }
            Act::Close(driver, who) => {
                self.session(*driver, *who, |session| {
                    session.close(&self.drivers[*driver]);
                });
                self.clients[*driver][*who] = Client::default();
            }
            Act::HostileSet(number) => drop(self.stack.set(&metric(route(*number), 77)).ok()),
            Act::HostileDelete(number) => drop(self.stack.delete(&route(*number)).ok()),
            Act::HostileCreate(number) => {
                if self.stack.create(&metric(route(*number), 99)).is_ok() {
                    self.theirs.insert(FakeStack::default_key(&route(*number)));
                }
            }
            Act::InterfaceGoes => self.stack.remove_interfaces(),
            Act::InterfaceComes => self.interface_comes(),
            Act::LinkGoes => self.stack.disconnect(),
            Act::LinkComes => {
                self.stack.connect();
                self.interface_changes();
            }
            Act::AddressGoes => self.stack.remove_addresses(),
            Act::AddressComes => {
                self.stack.restore_addresses();
                self.interface_changes();
            }
            Act::AdapterBecomes(number) => {
                self.stack.remove_interfaces();
                self.stack.replace_adapters(*number);
                self.interface_comes();
            }
            Act::Wait(ticks) => self.now = self.now.after(*ticks),
            Act::Keep(driver) => {
                self.notify();
                self.work(*driver);
            }
        }
    }

    fn session<R>(
        &self,
        driver: usize,
        who: usize,
        body: impl FnOnce(
            &mut Session<
                '_,
                &FakeStack,
                TestLock<FakeHandleState>,
                TestLock<LeaseTable>,
                TestLock<WatchState>,
            >,
        ) -> R,
    ) -> R {
        let client = &self.clients[driver][who];
        let state = &self.drivers[driver];
        state.now.set(self.now);
        body(&mut state.session(&self.stack, &client.state, &client.counters))
    }

    fn interface_comes(&self) {
        self.stack.restore_interfaces();
        self.interface_changes();
    }

    fn interface_changes(&self) {
        for driver in &self.drivers {
            driver
                .watch
                .with(|watch| watch.work.request_for_interface(FakeStack::LUID));
        }
    }

    fn notify(&self) {
        for (change, row) in self.stack.notifications() {
            for driver in &self.drivers {
                driver
                    .watch
                    .with(|watch| watch.events.on_route_changed(change, &row, || self.now));
            }
        }
    }

    fn work(&self, driver: usize) -> Option<KernelTime> {
        let state = &self.drivers[driver];
        state.now.set(self.now);
        run_worker(&self.stack, state)
    }

    /// Lets time pass until no guard waits.
    fn come_to_rest(&mut self) {
        for _ in 0..ROUNDS {
            self.notify();
            let again = (0..DRIVERS).filter_map(|driver| self.work(driver)).min();
            match again {
                Some(again) => self.now = again.max(self.now.after(Ticks::from_millis(1))),
                None if !self.stack.has_notifications() => return,
                None => {}
            }
        }
        panic!("they fight for ever");
    }

    fn check_at_rest(&self) {
        let table = self.stack.table();
        for driver in &self.drivers {
            driver.leases.with(|leases| {
                for number in 0..ROUTES {
                    let key = FakeStack::default_key(&route(number));
                    let Some(lease) = leases.find(&key) else {
                        continue;
                    };
                    let state = leases.lease(lease).unwrap().state();
                    if state.guard_gave_up() || leases.is_replaced(lease).unwrap() {
                        continue;
                    }
                    let written = state.written;
                    let displaced = leases.displaced(lease).unwrap();
                    let there = table.get(&key);
                    assert!(there.is_some_and(|there| written.is_left_in(there, displaced)));
                }
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_fight_ends_with_the_route_in_place_or_given_up(
        steps in prop::collection::vec((acts(), prop::option::weighted(0.3, (0..6_u64, 1..3_u64))), 1..40)
    ) {
        let mut play = Play { now: KernelTime::from_ticks(1), ..Play::default() };
        for (act, failure) in &steps {
            if let Some((call, count)) = failure {
                play.stack.fail(*call, *count);
            }
            play.act(act);
            play.stack.heal();
        }
        play.stack.connect();
        play.stack.restore_addresses();
        play.interface_comes();
        play.come_to_rest();
        play.check_at_rest();
        for driver in 0..DRIVERS {
            for who in 0..CLIENTS {
                play.act(&Act::Close(driver, who));
            }
        }
        play.come_to_rest();
        for driver in &play.drivers {
            prop_assert_eq!(driver.leases.with(|leases| leases.leases()), 0);
        }
        let left: BTreeSet<_> = play.stack.table().into_keys().collect();
        prop_assert!(left.is_subset(&play.theirs));
    }
}
