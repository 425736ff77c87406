//! Guarded routes on an adapter that is recreated, and on one whose LUID another adapter gets.

use std::time::Duration;

use ipforward::{Batch, Device, Entry, EventKind, GuardState, Interface, Route, WatchFilter};
use tests::{Host, Process, start_host};

/// The interface whose adapter goes.
const INTERFACE: u32 = 7;

/// 10.20.0.0/16 via 192.0.2.254 at that interface.
fn route() -> Route {
    let prefix = "10.20.0.0/16".parse().unwrap();
    Route::new(prefix, Interface::Index(INTERFACE))
        .via([192, 0, 2, 254])
        .metric(5)
}

struct Fixture {
    host: Host,
    control: Process,
    observer: Device,
    owner: Device,
}

impl Fixture {
    /// A host whose clock stands still, with a guarded route.
    fn start() -> Self {
        let host = start_host();
        let mut control = host.connect();
        control.pass_time(Duration::ZERO);
        let [observer, owner] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
        let guarded = Batch::new().with(Entry::create(&route()).guard());
        assert!(owner.apply(&guarded).unwrap().is_success());
        Self {
            host,
            control,
            observer,
            owner,
        }
    }

    /// The adapter goes, and `plug` puts one in its place a minute later.
    fn replug(&mut self, plug: impl FnOnce(&mut Process, u32)) {
        self.control.unplug(INTERFACE);
        self.control.pass_time(Duration::from_mins(1));
        plug(&mut self.control, INTERFACE);
        self.control.quiesce();
    }

    fn is_there(&self) -> bool {
        self.observer.get_route(&route().key()).is_ok()
    }

    fn state(&self) -> GuardState {
        let leases = self.observer.leases().unwrap();
        leases[0].guard.expect("the lease is guarded").state
    }
}

#[test]
fn another_adapter_with_the_luid_gets_no_guarded_route() {
    let mut fixture = Fixture::start();
    let events = {
        let mut watch = fixture.owner.watch(&WatchFilter::new()).unwrap();
        fixture.control.unplug(INTERFACE);
        fixture.control.plug_another(INTERFACE);
        fixture.control.quiesce();
        watch.poll().unwrap()
    };
    assert!(!fixture.is_there());
    assert_eq!(fixture.state(), GuardState::InterfaceReplaced);
    let replaced = events.iter().filter(|event| {
        matches!(event.kind, EventKind::GuardInterfaceReplaced(key)
            if key.destination == route().destination)
    });
    assert_eq!(replaced.count(), 1, "{events:?}");
    // Another client creates the route on that adapter: the end of the lease leaves it alone.
    fixture.observer.create_route(&route()).unwrap();
    let Fixture {
        host,
        mut control,
        observer,
        owner,
    } = fixture;
    drop(owner);
    control.pass_time(Duration::from_mins(1));
    assert!(observer.get_route(&route().key()).is_ok());
    assert!(observer.leases().unwrap().is_empty());
    host.stop_clean();
}

#[test]
fn the_adapter_gets_its_guarded_route_after_another_one() {
    let mut fixture = Fixture::start();
    fixture.replug(Process::plug_another);
    assert!(!fixture.is_there());
    fixture.replug(Process::plug);
    assert!(fixture.is_there());
    assert_eq!(fixture.state(), GuardState::Holding);
    fixture.host.stop_clean();
}

#[test]
fn a_recreated_adapter_gets_its_route_under_its_new_luid() {
    let mut fixture = Fixture::start();
    let luid = |fixture: &Fixture| {
        fixture
            .observer
            .get_route(&route().key())
            .unwrap()
            .interface
    };
    let before = luid(&fixture);
    fixture.replug(Process::plug_recreated);
    assert!(fixture.is_there());
    assert_ne!(luid(&fixture), before);
    fixture.observer.delete_route(&route().key()).unwrap();
    fixture.control.quiesce();
    assert!(fixture.is_there(), "the guard still restores it");
    drop(fixture.owner);
    fixture.control.pass_time(Duration::from_secs(1));
    let left = fixture.observer.get_route(&route().key());
    assert!(left.is_err(), "the lease has ended: {left:?}");
    fixture.host.stop_clean();
}

#[test]
fn another_client_may_lease_the_route_on_the_other_adapter() {
    let mut fixture = Fixture::start();
    fixture.replug(Process::plug_another);
    let leased = Batch::new().with(Entry::create(&route()).guard());
    assert!(fixture.observer.apply(&leased).unwrap().is_success());
    assert!(fixture.is_there());
    assert_eq!(fixture.observer.leases().unwrap().len(), 1);
    fixture.host.stop_clean();
}
