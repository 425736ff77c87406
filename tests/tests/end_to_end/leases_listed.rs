//! The list of leases: which handle holds which route.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use ipforward::{Access, Batch, Device, Entry, GuardState, Interface, LeaseInfo, Route};
use tests::{Host, eventually, routectl, start_host};

/// 10.20.0.0/16 plus so many /24, via 192.0.2.254 at interface 7.
fn route(number: u32) -> Route {
    let base = u32::from_be_bytes([10, 20, 0, 0]);
    let prefix = ipnet::Ipv4Net::new((base + (number << 8)).into(), 24).unwrap();
    let gateway = std::net::IpAddr::from([192, 0, 2, 254]);
    Route::new(prefix.into(), Interface::Index(7))
        .via(gateway)
        .metric(5)
}

fn hold(device: &Device, entries: impl IntoIterator<Item = Entry>) {
    let batch = entries.into_iter().fold(Batch::new(), Batch::with);
    assert!(device.apply(&batch).unwrap().is_success());
}

fn reader(host: &Host) -> Device {
    let options = Device::options().access(Access::ReadOnly);
    options.open(host.socket()).unwrap()
}

#[test]
fn a_listed_lease_has_its_owner_guard_and_displaced_row() {
    let host = start_host();
    let (owner, other) = (Device::open(host.socket()).unwrap(), reader(&host));
    owner.create_route(&route(1).metric(77)).unwrap();
    hold(
        &owner,
        [
            Entry::upsert(&route(1)).lease(),
            Entry::create(&route(2)).guard().share(),
        ],
    );
    let known = owner.get_route(&route(1).key()).unwrap();
    let leases = other.leases().unwrap();
    let find = |route: Route, leases: &[LeaseInfo]| {
        let found = leases
            .iter()
            .find(|lease| lease.route.destination == route.destination);
        *found.expect("it is listed")
    };
    let displacing = find(route(1), &leases);
    assert_eq!(displacing.route.key(), known.key());
    assert_eq!(displacing.route.metric, 5);
    let displaced = displacing.displaced.unwrap();
    assert_eq!((displaced.key(), displaced.metric), (known.key(), 77));
    assert_eq!(displacing.owner.process_id, std::process::id());
    assert_eq!((displacing.shared, displacing.guard), (false, None));
    let guarded = find(route(2), &leases);
    assert_eq!(guarded.displaced, None);
    assert_eq!(guarded.owner, displacing.owner);
    assert_eq!(guarded.guard.unwrap().state, GuardState::Holding);
    assert!(guarded.shared);
    // The same lease, as its owner sees it.
    assert!(!guarded.owner.is_me);
    assert!(find(route(2), &owner.leases().unwrap()).owner.is_me);
    drop(owner);
    eventually("no lease is left", || other.leases().unwrap().is_empty());
    Device::open(host.socket())
        .unwrap()
        .delete_route(&route(1).key())
        .unwrap();
    drop(other);
    host.stop_clean();
}

#[test]
fn a_shared_route_is_listed_once_for_each_owner() {
    let host = start_host();
    let owners = [(); 3].map(|()| Device::open(host.socket()).unwrap());
    let shared = Entry::create(&route(1)).guard().share();
    for owner in &owners {
        hold(owner, [shared.clone()]);
    }
    let reader = reader(&host);
    let leases = reader.leases().unwrap();
    let mut handles: Vec<_> = leases.iter().map(|lease| lease.owner.handle).collect();
    handles.dedup();
    assert_eq!(handles.len(), 3);
    owners[0].get_route(&route(1).key()).unwrap();
    let stranger = Device::open(host.socket()).unwrap();
    stranger.delete_route(&route(1).key()).unwrap();
    let acted = || {
        let leases = reader.leases().unwrap();
        leases.iter().all(|lease| {
            let guard = lease.guard.unwrap();
            guard.state == GuardState::Holding && guard.times == 1
        })
    };
    eventually("the guard put it back", acted);
    drop((owners, reader, stranger));
    host.stop_clean();
}

#[test]
fn ten_thousand_leases_come_in_pages() {
    let host = start_host();
    let owner = Device::open(host.socket()).unwrap();
    for page in 0..5 {
        let numbers = page * 2_000..(page + 1) * 2_000;
        hold(
            &owner,
            numbers.map(|number| Entry::create(&route(number)).lease()),
        );
    }
    let mut leased: Vec<_> = owner
        .leases()
        .unwrap()
        .iter()
        .map(|lease| lease.route.destination)
        .collect();
    leased.sort();
    let all: Vec<_> = (0..10_000)
        .map(|number| route(number).destination)
        .collect();
    assert_eq!(leased, all);
    drop(owner);
    host.stop_clean();
}

#[test]
fn routectl_lists_the_leases_of_another_process() {
    let host = start_host();
    let held = "hold 10.20.0.0/16 via 192.0.2.254 dev 7 metric 5 guard share -- sh -c";
    let mut holding = routectl(&host.socket(), held.split(' '))
        .arg("echo held; read end")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holding.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "held\n");
    let printed = |arguments: &str| {
        let output = routectl(&host.socket(), arguments.split(' '))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = printed("leases");
    let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
    let process = holding.id().to_string();
    let expected = ["10.20.0.0/16", "192.0.2.254", "7", "5", &process];
    assert_eq!(words[..5], expected, "{text}");
    assert_eq!(words[6..], ["yes", "holding", "-"], "{text}");
    assert!(!text.contains('\x1b'), "no colour where no terminal is");
    let json: serde_json::Value = serde_json::from_str(&printed("--json leases")).unwrap();
    let lease = &json["routes"][0];
    assert_eq!(lease["owner"]["process_id"], holding.id());
    assert_eq!(lease["route"]["destination"], "10.20.0.0/16");
    assert_eq!(lease["route"]["interface_index"], 7);
    assert_eq!(lease["guard"]["state"], "holding");
    assert_eq!(lease["displaced"], serde_json::Value::Null);
    drop(holding.stdin.take());
    holding.wait().unwrap();
    eventually("the lease ended", || printed("leases").lines().count() == 1);
    host.stop_clean();
}
