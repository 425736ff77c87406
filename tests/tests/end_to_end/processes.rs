//! Several programs at once, what they may do, and what becomes of those that die.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use abi::{AddressFamily, MibIpForwardRow2, NtStatus, Operation, TableHeader, TableRequest};
use ipforward::{Access, Device, Interface, Route};
use serde_json::Value;
use tests::{Profile, eventually, routectl, start_host, table};
use zerocopy::IntoBytes;

/// Where a client that is to be killed finds the host: see [`a_client_that_reads_half_a_table`].
const SOCKET: &str = "IPFORWARD_TEST_SOCKET";
/// What it says when it has begun.
const HALF_WAY: &str = "half a table is read";

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
    let host = start_host();
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
fn routectl_prints_the_status_and_exits_with_its_code() {
    let host = start_host();
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
    let status = Profile::of_this_run().duplicate();
    assert!(said.contains(&status.to_string()), "no {status} in: {said}");
    assert!(said.contains("5010"), "{said}");
    host.stop_clean();
}

#[test]
fn a_read_only_handle_cannot_change_routes() {
    let host = start_host();
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
fn routes_created_by_concurrent_processes_all_exist() {
    const PROCESSES: u8 = 4;
    const ROUTES: u8 = 50;
    let host = start_host();
    let socket = host.socket();
    thread::scope(|scope| {
        for process in 0..PROCESSES {
            let socket = &socket;
            scope.spawn(move || {
                let device = Device::open(socket).unwrap();
                for route in 0..ROUTES {
                    let prefix = ipnet::Ipv4Net::new([10, process, route, 0].into(), 24).unwrap();
                    device
                        .create_route(&Route::new(prefix.into(), Interface::Index(7)))
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

/// Reads one row of the table, so that the driver keeps its snapshot for the rest.
fn read_first_row(device: &Device) {
    let code = Operation::GetTable.description().code;
    let room = size_of::<TableHeader>() + size_of::<MibIpForwardRow2>();
    device
        .raw_device_control(code, TableRequest::default().as_bytes(), room)
        .expect("a page");
}

/// What [`half_way`] runs until it is killed. Without a socket there is nothing to read.
#[test]
fn a_client_that_reads_half_a_table() {
    let Some(socket) = env::var_os(SOCKET) else {
        return;
    };
    let device = Device::open(PathBuf::from(socket)).expect("the device opens");
    read_first_row(&device);
    println!("{HALF_WAY}");
    loop {
        thread::park();
    }
}

/// This program again, as a client that has read half a table.
fn half_way(socket: &Path) -> Child {
    let mut client = Command::new(env::current_exe().expect("a running program has a path"))
        .args([
            "processes::a_client_that_reads_half_a_table",
            "--exact",
            "--nocapture",
        ])
        .env(SOCKET, socket)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the client starts");
    let output = client.stdout.take().expect("its output is piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(HALF_WAY)), "it reads");
    client
}

#[test]
fn a_process_killed_while_it_reads_a_table_leaves_nothing() {
    let host = start_host();
    let mut looker = host.connect();
    // A framework library ends the start of the device in work items.
    looker.quiesce();
    let before = looker.outstanding();
    let mut client = half_way(&host.socket());
    assert!(looker.outstanding() > before, "the snapshot is kept");
    client.kill().expect("it can be killed");
    client.wait().expect("it can be waited for");
    eventually("nothing is kept for it", || looker.outstanding() == before);
    drop(looker);
    host.stop_clean();
}

#[test]
fn a_host_with_an_open_handle_unloads_cleanly() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    read_first_row(&device);
    host.stop_clean();
    assert!(matches!(
        device.version(),
        Err(ipforward::Error::HostGone { .. })
    ));
}
