//! Clients that are killed while they make calls: the system closes their handles and cancels their
//! requests, the driver leaks nothing, and the host continues.
//!
//! The clients are real processes, killed with SIGKILL at a moment chosen by a seed that is printed
//! with every failure.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use abi::{AddressFamily, NtStatus, Operation, TableHeader, TableRequest};
use ipforward::{Device, Interface, Route};
use nthost_protocol::syscall::CallKind;
use tests::{Process, eventually, host_routes, start_host, start_test_driver, table};
use zerocopy::{FromBytes, IntoBytes};

use crate::seed::seed;

/// The part of a client process of this program: see [`a_client_until_it_is_killed`].
const PART: &str = "IPFORWARD_TEST_PART";
const SOCKET: &str = "IPFORWARD_TEST_SOCKET";
/// Clients at a time.
const CLIENTS: u8 = 4;
/// Generations of clients.
const ROUNDS: u32 = 12;
/// How long a client lives at most, in microseconds.
const LIFE_MAX: u64 = 60_000;
/// The cleanup after a process takes less, even on a busy computer.
const CLEANUP_LIMIT: Duration = Duration::from_mins(1);
/// The control device of `tests/drivers/control`, and what it does.
const MAILBOX: &str = r"\\.\Mailbox";
const PUT: u32 = 0x0022_A000;
const TAKE: u32 = 0x0022_6004;
const QUERY: u32 = 0x0022_6008;

/// This program again, as a client: it runs [`a_client_until_it_is_killed`] until it is killed.
fn client(part: &str, socket: &Path) -> Child {
    Command::new(std::env::current_exe().expect("a running program has a path"))
        .args([
            "killed_clients::a_client_until_it_is_killed",
            "--exact",
            "--nocapture",
        ])
        .env(PART, part)
        .env(SOCKET, socket)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the client starts")
}

/// What [`client`] runs. Without a part there is nothing to play.
#[test]
fn a_client_until_it_is_killed() {
    let (Ok(part), Ok(socket)) = (std::env::var(PART), std::env::var(SOCKET)) else {
        return;
    };
    match part.parse::<u8>() {
        Ok(number) => change_and_read(Path::new(&socket), number),
        Err(_) => wait_for_messages(Path::new(&socket)),
    }
}

/// Creates, deletes and reads in pages, for ever, its own route only.
fn change_and_read(socket: &Path, number: u8) -> ! {
    let device = Device::open(socket).expect("the device opens");
    let route = route_of(number);
    loop {
        // An earlier client may have been killed between create and delete.
        let _ = device.create_route(&route);
        let _ = half_a_table(&device);
        device.routes(AddressFamily::UNSPECIFIED).expect("a table");
        let _ = device.delete_route(&route.key());
    }
}

fn route_of(number: u8) -> Route {
    let prefix = ipnet::Ipv4Net::new([10, 77, number, 0].into(), 24).expect("a prefix");
    Route::new(prefix.into(), Interface::Index(7))
}

/// Two pages of one row; the driver keeps the snapshot for the rest.
fn half_a_table(device: &Device) -> Option<()> {
    let room = size_of::<TableHeader>() + size_of::<abi::MibIpForwardRow2>();
    let code = Operation::GetTable.description().code;
    let mut request = TableRequest::default();
    for _ in 0..2 {
        let answer = device
            .raw_device_control(code, request.as_bytes(), room)
            .ok()?;
        request.cursor = TableHeader::read_from_prefix(&answer).ok()?.0.next_cursor;
    }
    Some(())
}

/// Begins many requests that the driver never completes.
fn wait_for_messages(socket: &Path) -> ! {
    let mut process = Process::start(socket);
    let mailbox = process.open(MAILBOX).expect("the mailbox opens");
    loop {
        let waiting = process.begin(CallKind::DeviceControl, mailbox, TAKE, &[], 64);
        let other = process.begin(CallKind::DeviceControl, mailbox, TAKE, &[], 64);
        process.cancel(waiting);
        assert_eq!(process.wait(waiting).status, NtStatus::CANCELLED);
        let _ = other;
    }
}

/// Lets clients work for a random time and kills them, again and again. `at_work` waits until they
/// have begun; `after` looks at what they leave.
fn kill_generations(
    parts: &[String],
    socket: &Path,
    random: &mut fastrand::Rng,
    mut at_work: impl FnMut(),
    mut after: impl FnMut(),
) {
    for _ in 0..ROUNDS {
        let mut clients: Vec<Child> = parts.iter().map(|part| client(part, socket)).collect();
        at_work();
        for client in &mut clients {
            thread::sleep(Duration::from_micros(random.u64(0..LIFE_MAX)));
            client.kill().expect("it can be killed");
        }
        for client in &mut clients {
            client.wait().expect("it is dead");
        }
        after();
    }
}

/// Waits until no more is outstanding than `at_rest`.
fn wait_for_rest(process: &mut Process, at_rest: u64, seed: u64) {
    let end = Instant::now() + CLEANUP_LIMIT;
    loop {
        if process.outstanding() <= at_rest {
            return;
        }
        assert!(
            Instant::now() < end,
            "seed {seed}: {}",
            process.list_outstanding()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Puts a message and waits until one of the clients has taken it.
fn wait_for_a_taker(sender: &mut Process, handle: u64) {
    let mut call = |code, input: &[u8], room| {
        let reply = sender.call(CallKind::DeviceControl, handle, code, input, room);
        assert_eq!(reply.status, NtStatus::SUCCESS);
        reply.output
    };
    call(PUT, b"message", 0);
    while call(QUERY, &[], 20)[8..12] != [0; 4] {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn killed_clients_leave_nothing_but_their_unleased_routes() {
    let seed = seed();
    let host = start_host();
    let mut control = host.connect();
    let at_rest = control.outstanding();
    let parts: Vec<String> = (0..CLIENTS).map(|number| number.to_string()).collect();
    let before = table(&Device::open(host.socket()).expect("the device opens"));

    let observer = Device::open(host.socket()).expect("the device opens");
    let mut routes_left = 0;
    kill_generations(
        &parts,
        &host.socket(),
        &mut fastrand::Rng::with_seed(seed),
        || {
            eventually("a client changes the table", || {
                table(&observer).len() > before.len()
            });
        },
        || {
            routes_left += table(&observer).len() - before.len();
            for number in 0..CLIENTS {
                // The route may not exist.
                let _ = observer.delete_route(&route_of(number).key());
            }
        },
    );
    drop(observer);
    wait_for_rest(&mut control, at_rest, seed);
    assert!(
        routes_left > 0,
        "seed {seed}: no client was killed between create and delete"
    );

    // A route without a lease stays when its creator dies, as on Windows.
    let device = Device::open(host.socket()).expect("the device still opens");
    for number in 0..CLIENTS {
        let _ = device.delete_route(&route_of(number).key());
    }
    assert_eq!(table(&device), before, "seed {seed}");
    drop(device);
    drop(control);
    host.stop_clean();
}

#[test]
fn requests_in_flight_of_killed_clients_are_cancelled() {
    let seed = seed();
    let host = start_test_driver("control", &[]);
    let mut control = host.connect();
    let mut sender = host.connect();
    let handle = sender.open(MAILBOX).expect("the mailbox opens");
    // The driver keeps the room for a message once it has had one.
    let taking = sender.begin(CallKind::DeviceControl, handle, TAKE, &[], 64);
    wait_for_a_taker(&mut sender, handle);
    assert_eq!(sender.wait(taking).status, NtStatus::SUCCESS);
    let at_rest = control.outstanding();
    let parts = vec!["waiting".to_owned(); usize::from(CLIENTS)];
    kill_generations(
        &parts,
        &host.socket(),
        &mut fastrand::Rng::with_seed(seed),
        || wait_for_a_taker(&mut sender, handle),
        || wait_for_rest(&mut control, at_rest, seed),
    );
    drop((sender, control));
    host.stop_clean();
}

#[test]
fn a_host_stops_cleanly_under_active_clients() {
    let host = start_host();
    let mut clients: Vec<Child> = (0..CLIENTS)
        .map(|number| client(&number.to_string(), &host.socket()))
        .collect();
    let before = host_routes(&host).len();
    eventually("a client changes the table", || {
        host_routes(&host).len() != before
    });
    host.stop_clean();
    for client in &mut clients {
        // Its calls fail, so it ends.
        client.wait().expect("it ends");
    }
}
