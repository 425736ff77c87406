//! Several programs at once, what they may do, and what becomes of those that die.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::thread;

use abi::{AddressFamily, NtStatus, Operation, TableHeader, TableRequest};
use ipforward::{Access, Device, Interface, Route};
use serde_json::Value;
use tests::{Host, Reading, routectl, table};
use zerocopy::IntoBytes;

fn run(mut command: Command) -> Output {
    command.output().expect("the program starts")
}

fn rows(output: &Output) -> Vec<Value> {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("a list in JSON")
}

#[test]
fn a_second_process_sees_the_route_of_the_first() {
    let host = Host::start();
    let added = run(routectl(
        &host.socket(),
        [
            "route",
            "add",
            "10.20.0.0/16",
            "via",
            "192.0.2.254",
            "dev",
            "7",
            "metric",
            "5",
        ],
    ));
    assert!(
        added.status.success(),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    let shown = rows(&run(routectl(&host.socket(), ["--json", "route", "show"])));
    let row = shown
        .iter()
        .find(|row| row["destination"] == "10.20.0.0/16")
        .expect("the route");
    assert_eq!(row["next_hop"], "192.0.2.254");
    assert_eq!(row["interface_index"], 7);
    assert_eq!(row["metric"], 5);
    for member in ["interface_luid", "protocol", "age", "origin"] {
        assert!(!row[member].is_null(), "no {member} in {row}");
    }
    host.stop_clean();
}

#[test]
fn routectl_says_which_status_it_got_and_ends_with_the_code_for_it() {
    let host = Host::start();
    let words = [
        "route",
        "add",
        "10.20.0.0/16",
        "via",
        "192.0.2.254",
        "dev",
        "7",
    ];
    assert!(run(routectl(&host.socket(), words)).status.success());
    let twice = run(routectl(&host.socket(), words));
    let said = String::from_utf8_lossy(&twice.stderr).into_owned();
    assert_eq!(twice.status.code(), Some(1), "{said}");
    let status = Reading::of_this_run().duplicate();
    assert!(said.contains(&status.to_string()), "no {status} in: {said}");
    assert!(said.contains("5010"), "{said}");
    host.stop_clean();
}

#[test]
fn a_handle_opened_to_read_cannot_change_anything() {
    let host = Host::start();
    let device = Device::options()
        .access(Access::ReadOnly)
        .open(host.socket())
        .unwrap();
    let route = Route::new(
        "10.20.0.0/16".parse::<ipnet::IpNet>().unwrap(),
        Interface::Index(7),
    );
    let before = table(&device);
    let refused = device.create_route(&route).unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::ACCESS_DENIED));
    let refused = device.delete_route(&route.key()).unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::ACCESS_DENIED));
    assert_eq!(table(&device), before);
    drop(device);
    host.stop_clean();
}

#[test]
fn an_unprivileged_user_cannot_open_the_device() {
    const NOBODY: u32 = 65534;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        println!("skipped: only root can run a program as somebody else");
        return;
    }
    let host = Host::start();
    // The directory of the socket and the program must be reachable for that user.
    let copy = tempfile::tempdir().unwrap();
    let program = copy.path().join("routectl");
    // Not by this process: a program that is open for writing in it cannot be started.
    let copied = Command::new("cp")
        .arg(tests::program("routectl"))
        .arg(&program)
        .status();
    assert!(copied.is_ok_and(|status| status.success()));
    let parent = host.socket().parent().unwrap().to_owned();
    for directory in [copy.path(), &parent] {
        open_to_all(directory);
    }
    let mut command = Command::new(&program);
    command
        .arg("--device")
        .arg(host.socket())
        .args(["route", "show"])
        .uid(NOBODY);
    let refused = run(command);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("STATUS_ACCESS_DENIED"), "{said}");
    host.stop_clean();
}

fn open_to_all(directory: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory, permissions).unwrap();
}

#[test]
fn routes_that_many_processes_create_at_once_are_all_there() {
    const PROCESSES: u8 = 4;
    const ROUTES: u8 = 50;
    let host = Host::start();
    let socket = host.socket();
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let socket = &socket;
            scope.spawn(move || {
                let device = Device::open(socket).unwrap();
                for route in 0..ROUTES {
                    let prefix = ipnet::Ipv4Net::new([10, process, route, 0].into(), 24).unwrap();
                    device
                        .create_route(&Route::new(prefix, Interface::Index(7)))
                        .unwrap();
                    device.routes(AddressFamily::IPV4).unwrap();
                }
            });
        }
    });
    let device = Device::open(&socket).unwrap();
    let created = device
        .routes(AddressFamily::IPV4)
        .unwrap()
        .into_iter()
        .filter(|route| route.destination.addr().to_string().starts_with("10."))
        .count();
    assert_eq!(created, usize::from(PROCESSES) * usize::from(ROUTES));
    drop(device);
    host.stop_clean();
}

#[test]
fn a_process_that_dies_half_way_through_a_table_leaves_nothing_behind() {
    let host = Host::start();
    for _ in 0..10 {
        let device = Device::open(host.socket()).unwrap();
        let code = Operation::GetTable.description().code;
        let room = size_of::<TableHeader>() + 104;
        device
            .raw_device_control(code, TableRequest::default().as_bytes(), room)
            .unwrap();
        // Dropped here, with pages of its snapshot still to come.
    }
    host.stop_clean();
}

#[test]
fn a_host_that_stops_under_an_open_handle_still_unloads_cleanly() {
    let host = Host::start();
    let device = Device::open(host.socket()).unwrap();
    let code = Operation::GetTable.description().code;
    let room = size_of::<TableHeader>() + 104;
    device
        .raw_device_control(code, TableRequest::default().as_bytes(), room)
        .unwrap();
    host.stop_clean();
    assert!(matches!(
        device.version(),
        Err(ipforward::Error::HostGone { .. })
    ));
}
