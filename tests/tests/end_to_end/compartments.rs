//! Clients in another network compartment than the default one. Interface 20 of the host's network
//! is in compartment 2.

use std::process::Command;
use std::time::Duration;

use ipforward::abi::{NtStatus, Operation, WatchRequest};
use ipforward::{
    AddressFamily, Batch, Device, Diagnosis, Entry, EntryResult, Event, Interface, Route,
    WatchFilter,
};
use tests::{
    Host, Plan, Process, Sleep, device_in_compartment, program, routectl, start_host_with,
};
use zerocopy::IntoBytes;

const OTHER: u32 = 2;
/// The interface in the other compartment.
const INTERFACE: u32 = 20;

/// 10.20.0.0/16 via 192.0.2.254, at an interface.
fn route_at(interface: u32) -> Route {
    let prefix = "10.20.0.0/16".parse().unwrap();
    Route::new(prefix, Interface::Index(interface))
        .via([192, 0, 2, 254])
        .metric(5)
}

fn here() -> Route {
    route_at(7)
}

fn there() -> Route {
    route_at(INTERFACE)
}

/// A host, and processes of both compartments that see its network.
struct Fixture {
    host: Host,
    here: Process,
    there: Process,
}

impl Fixture {
    fn start_with(arguments: &[&str]) -> Self {
        let host = start_host_with(arguments);
        let here = host.connect();
        let mut there = host.connect();
        there.set_compartment(OTHER);
        Self { host, here, there }
    }

    fn start() -> Self {
        Self::start_with(&[])
    }

    fn device(&self) -> Device {
        device_in_compartment(&self.host.socket(), OTHER).unwrap()
    }

    fn sleep_and_lose_routes(&mut self) {
        let how = Sleep {
            lose_routes: true,
            ..Sleep::default()
        };
        assert_eq!(self.here.sleep(how), NtStatus::SUCCESS);
        self.here.quiesce();
    }

    fn wake(&mut self) {
        assert_eq!(self.here.wake(), NtStatus::SUCCESS);
        self.here.quiesce();
    }

    /// Whether each compartment has the route.
    fn routes(&mut self) -> [bool; 2] {
        [&mut self.here, &mut self.there].map(has_route)
    }
}

fn has_route(process: &mut Process) -> bool {
    let rows = process.route_rows();
    rows.iter()
        .any(|row| Route::try_from(row).is_ok_and(|row| row.destination == here().destination))
}

fn hold(device: &Device, entry: Entry) {
    let outcome = device.apply(&Batch::new().with(entry)).unwrap();
    assert!(outcome.is_success(), "{outcome:?}");
}

#[test]
fn a_request_acts_in_the_compartment_of_its_caller() {
    let mut fixture = Fixture::start();
    let device = fixture.device();
    let unknown = device.create_route(&here()).unwrap_err();
    assert_eq!(unknown.status(), Some(NtStatus::NOT_FOUND));
    device.create_route(&there()).unwrap();
    assert_eq!(fixture.routes(), [false, true]);
    let interfaces = device.interfaces(AddressFamily::IPV4).unwrap();
    let indices: Vec<_> = interfaces.iter().map(|row| row.interface.index()).collect();
    assert_eq!(indices, [Some(INTERFACE)]);
    device.delete_route(&there().key()).unwrap();
    drop(device);
    fixture.host.stop_clean();
}

#[test]
fn a_lease_ends_in_the_compartment_of_its_process() {
    let mut fixture = Fixture::start();
    let observer = Device::open(fixture.host.socket()).unwrap();
    observer.create_route(&here()).unwrap();
    let owner = fixture.device();
    hold(&owner, Entry::create(&there()).lease());
    assert_eq!(fixture.routes(), [true, true]);
    drop(owner);
    assert_eq!(fixture.routes(), [true, false], "the equal route stays");
    drop(observer);
    fixture.host.stop_clean();
}

#[test]
fn a_release_is_retried_in_the_compartment_of_its_lease() {
    // Without a name, the call that puts the deferred work's thread into the compartment fails, too.
    for function in ["DeleteIpForwardEntry2", ""] {
        let mut fixture = Fixture::start();
        let observer = Device::open(fixture.host.socket()).unwrap();
        fixture.here.pass_time(Duration::ZERO);
        let owner = fixture.device();
        hold(&owner, Entry::create(&there()).lease());
        fixture.here.arm_among(function, Plan::From, 0, 0);
        let ((), calls) = fixture.here.trace(None, || drop(owner));
        fixture.here.quiesce();
        assert!(fixture.here.disarm().is_some());
        assert_eq!(fixture.routes(), [false, true], "{function}: {calls:?}");
        fixture.here.pass_time(Duration::from_secs(2));
        assert_eq!(fixture.routes(), [false, false], "{function}");
        assert_eq!(observer.leases().unwrap(), []);
        drop(observer);
        fixture.host.stop_clean();
    }
}

#[test]
fn a_lease_lost_in_a_sleep_returns_to_its_compartment() {
    for notifications in ["notified", "silent"] {
        let behaviour = format!("routes-lost-in-sleep={notifications}");
        let mut fixture = Fixture::start_with(&["--behaviour", &behaviour]);
        fixture.here.pass_time(Duration::ZERO);
        let observer = Device::open(fixture.host.socket()).unwrap();
        let owner = fixture.device();
        hold(&owner, Entry::create(&there()).lease());
        let leased = observer.leases().unwrap();
        for _ in 0..3 {
            fixture.sleep_and_lose_routes();
            assert_eq!(fixture.routes(), [false, false], "{notifications}");
            fixture.wake();
            assert_eq!(fixture.routes(), [false, true], "{notifications}");
        }
        assert_eq!(observer.leases().unwrap(), leased, "{notifications}");
        drop(owner);
        assert_eq!(fixture.routes(), [false, false], "{notifications}");
        drop(observer);
        fixture.host.stop_clean();
    }
}

#[test]
fn a_lost_lease_waits_for_the_link_in_its_compartment() {
    let mut fixture = Fixture::start();
    fixture.here.pass_time(Duration::ZERO);
    let owner = fixture.device();
    hold(&owner, Entry::create(&there()).lease());
    fixture.sleep_and_lose_routes();
    fixture.there.set_link(INTERFACE, false);
    fixture.wake();
    fixture.here.pass_time(Duration::from_mins(30));
    assert_eq!(fixture.routes(), [false, false]);
    // The stack need not notify the driver of a change there.
    fixture.there.set_link(INTERFACE, true);
    for _ in 0..2 {
        fixture.here.pass_time(Duration::from_secs(1));
    }
    assert_eq!(fixture.routes(), [false, true]);
    drop(owner);
    assert_eq!(fixture.routes(), [false, false]);
    fixture.host.stop_clean();
}

#[test]
fn a_scan_of_all_leases_looks_in_their_compartments() {
    let arguments = ["--fail-from", "0", "--fail-among", "NotifyRouteChange2"];
    let mut fixture = Fixture::start_with(&arguments);
    fixture.here.pass_time(Duration::ZERO);
    let observer = Device::open(fixture.host.socket()).unwrap();
    let owner = fixture.device();
    hold(&owner, Entry::create(&there()).lease());
    // The driver registers for notifications, and compares all leases with the routes.
    assert!(fixture.here.disarm().is_some());
    fixture.here.pass_time(Duration::from_secs(2));
    assert_eq!(observer.leases().unwrap().len(), 1);
    drop(owner);
    assert_eq!(fixture.routes(), [false, false]);
    drop(observer);
    fixture.host.stop_clean();
}

#[test]
fn a_lease_is_listed_with_its_compartment() {
    let fixture = Fixture::start();
    let owner = fixture.device();
    hold(&owner, Entry::create(&there()).lease());
    let observer = Device::open(fixture.host.socket()).unwrap();
    let leases = observer.leases().unwrap();
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].compartment, OTHER);
    let output = routectl(&fixture.host.socket(), ["leases"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("(compartment 2)"), "{text}");
    drop((owner, observer));
    fixture.host.stop_clean();
}

#[test]
fn a_guard_and_a_watch_are_refused_outside_of_the_default_one() {
    let mut fixture = Fixture::start();
    let device = fixture.device();
    let guarded = Batch::new().with(Entry::create(&there()).guard());
    let outcome = device.apply(&guarded).unwrap();
    let failure = outcome.entries[0].failure.as_ref().unwrap();
    let status = failure.driver_error.status();
    assert_eq!(status, Some(NtStatus::NOT_SUPPORTED));
    let cause = Diagnosis::GuardOutsideDefaultCompartment;
    assert_eq!(failure.diagnosis, cause);
    assert_eq!(outcome.entries[0].result, EntryResult::None);
    let code = Operation::Watch.description().code;
    let request = WatchRequest::default();
    let watch = tests::status(&device, code, request.as_bytes(), 4096);
    assert_eq!(watch, NtStatus::NOT_SUPPORTED);
    assert_eq!(fixture.routes(), [false, false]);
    drop(device);
    fixture.host.stop_clean();
}

#[test]
fn a_watch_reports_the_changes_of_which_the_stack_notifies() {
    for (compartments, events) in [("own", 0), ("all", 2)] {
        let behaviour = format!("notification-compartments={compartments}");
        let mut fixture = Fixture::start_with(&["--behaviour", &behaviour]);
        let observer = Device::open(fixture.host.socket()).unwrap();
        let mut watch = observer.watch(&WatchFilter::new()).unwrap();
        let device = fixture.device();
        device.create_route(&there()).unwrap();
        device.delete_route(&there().key()).unwrap();
        fixture.here.quiesce();
        let reported = watch.poll().unwrap();
        assert_eq!(reported.len(), events, "{reported:?}");
        let destination = there().destination;
        let is_of_route = |event: &Event| {
            event
                .kind
                .key()
                .is_some_and(|key| key.destination == destination)
        };
        assert!(reported.iter().all(is_of_route), "{reported:?}");
        drop(watch);
        drop((device, observer));
        fixture.host.stop_clean();
    }
}

#[test]
fn nthost_lists_the_routes_of_a_compartment() {
    let fixture = Fixture::start();
    let device = fixture.device();
    device.create_route(&there()).unwrap();
    let list = |arguments: &[&str]| {
        let mut command = Command::new(program("nthost"));
        command
            .args(["send", "--socket"])
            .arg(fixture.host.socket());
        let output = command.args(arguments).arg("--routes").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let route = "10.20.0.0/16 via 192.0.2.254 dev 20 metric 5";
    assert!(!list(&[]).contains(route));
    assert!(list(&["--compartment", "2"]).contains(route));
    device.delete_route(&there().key()).unwrap();
    drop(device);
    fixture.host.stop_clean();
}
