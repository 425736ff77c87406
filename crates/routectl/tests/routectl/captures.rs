//! What the program prints on a terminal of 80 columns, as files in `tests/captures/`.
//!
//! `SNAPSHOTS=overwrite cargo test -p routectl captures` writes them anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Device, LeaseTerms, Route, RouteProtocol};
use snapbox::assert::DEFAULT_ACTION_ENV;
use snapbox::{Assert, Data};

use crate::fake_host::{FakeHost, interface};
use crate::program::{known, known_interface, net, working_host};
use crate::terminal::{OnTerminal, on_terminal};

const WITHOUT_COLOR: &[(&str, &str)] = &[("NO_COLOR", "1")];

/// The time in the capture of events.
const TIME: &str = "2026-03-01T09:30:12Z";

/// The commands and what they print.
#[derive(Default)]
struct Capture(String);

impl Capture {
    fn add(&mut self, line: &str, output: &str) {
        let output = output.replace("\r\n", "\n");
        write!(self.0, "$ routectl {line}\n{output}\n").unwrap();
    }

    fn run(&mut self, host: &FakeHost, line: &str) {
        let (_, output) = on_terminal(host, line, "", WITHOUT_COLOR);
        self.add(line, &output);
    }

    /// Compares it with a file.
    fn check(self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
        let file = folder.join(name).with_extension("txt");
        let expected = Data::read_from(&file, None);
        let assert = Assert::new().action_env(DEFAULT_ACTION_ENV);
        assert.eq(self.0, expected.raw());
    }
}

/// Routes of both families, in use and not.
fn host() -> FakeHost {
    let host = working_host();
    host.set_interfaces([
        interface(AddressFamily::IPV4, 7, 25),
        interface(AddressFamily::IPV6, 7, 25),
        MibIpInterfaceRow {
            connected: 0,
            ..interface(AddressFamily::IPV4, 8, 5)
        },
    ]);
    let local =
        |prefix, interface| Route::new(net(prefix), interface).protocol(RouteProtocol::LOCAL);
    for route in [
        local("192.0.2.0/24", known()),
        local("192.0.2.10/32", known()),
        local("198.51.100.0/24", known_interface(8)),
        Route::new(net("0.0.0.0/0"), known()).via([192, 0, 2, 1]),
        Route::new(net("10.20.0.0/16"), known())
            .via([192, 0, 2, 254])
            .metric(5),
        Route::new(net("10.20.0.0/16"), known_interface(8)).metric(20),
        Route::new(net("2001:db8:20::/48"), known()).metric(5),
    ] {
        host.add_route(route);
    }
    host
}

#[test]
fn tables_look_so_at_80_columns() {
    let host = host();
    let mut capture = Capture::default();
    for line in [
        "route show",
        "route show --family 6",
        "route get 10.20.1.1",
        "route get 10.20.0.0/16 dev 8",
        "export --longer 10.0.0.0/8",
    ] {
        capture.run(&host, line);
    }
    capture.check("show");
}

#[test]
fn errors_look_so_at_80_columns() {
    let host = host();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let mut capture = Capture::default();
    for line in [
        "route add 10.20.0.0/16 via 192.0.2.254 dev 7",
        "route add 10.30.0.1/16 dev 7",
        "route add 10.30.0.0/16 dve 7",
        "route add 10.30.0.0/16 dev Ehternet",
        "route delete 10.20.0.0/16",
        "route delete 10.40.0.0/16",
        "route sho",
        "explain 10.30.0.0/16 via 198.51.100.1 dev 7",
    ] {
        capture.run(&host, line);
    }
    let unknown = (0..200).map(|number| format!("10.{number}.0.0/16 dev eth9\n"));
    let table = (0..200)
        .map(|number| format!("[[route]]\nprefix = '10.{number}.0.0/24'\ndev = 99\nmetric = 5\n"));
    for (command, name, text) in [
        ("import", "routes.txt", unknown.collect::<String>()),
        ("apply --yes", "routes.toml", table.collect()),
    ] {
        let path = file(name, &text);
        let (_, output) = on_terminal(&host, &format!("{command} {path}"), "", WITHOUT_COLOR);
        // The preview has a line for each route.
        let errors = output.split_inclusive('\n');
        let errors: String = errors.filter(|line| !line.starts_with("! ")).collect();
        capture.add(&format!("{command} {name}"), &errors.replace(&path, name));
    }
    capture.check("errors");
}

#[test]
fn help_looks_so_at_80_columns() {
    let host = host();
    let mut capture = Capture::default();
    for line in [
        "--help",
        "route add --help",
        "route show --help",
        "hold --help",
        "apply --help",
        "import --help",
    ] {
        capture.run(&host, line);
    }
    capture.check("help");
}

#[test]
fn events_look_so_at_80_columns() {
    let host = host();
    let device = Device::open(host.socket()).unwrap();
    let route = Route::new(net("10.50.0.0/16"), known()).via([192, 0, 2, 254]);
    let _lease = device.lease_on(&route, LeaseTerms::GUARDED).unwrap();
    let line = "watch --table --inside 10.0.0.0/8";
    let mut terminal = OnTerminal::start(&host, line, WITHOUT_COLOR);
    terminal.wait_for(")\r\n");
    let other = Device::open(host.socket()).unwrap();
    let added = Route::new(net("10.60.0.0/16"), known()).metric(5);
    other.create_route(&added).unwrap();
    terminal.wait_for("added 10.60.0.0/16 dev 7 metric 5\r\n");
    other.set_route(&added.metric(6)).unwrap();
    terminal.wait_for("metric 6\r\n");
    other.delete_route(&added.key()).unwrap();
    terminal.wait_for("removed 10.60.0.0/16 dev 7\r\n");
    let output = terminal.kill();
    let process = device.leases().unwrap()[0].owner.process_id;
    let mut events = String::new();
    for line in output.lines() {
        let (time, event) = line.split_once(' ').unwrap();
        assert_eq!(time.len(), TIME.len(), "{line}");
        writeln!(events, "{TIME} {event}").unwrap();
    }
    let events = events.replace(&format!("process {process})"), "process 4242)");
    let mut capture = Capture::default();
    capture.add(line, &events);
    capture.check("watch");
}
