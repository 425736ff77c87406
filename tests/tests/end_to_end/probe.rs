//! `ipforward-probe` finds the profile of the host that it asks, through the driver.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use ipforward::Device;
use ipforward_probe::{
    DeviceStack, ExperimentContext, Operator, ProbeColumn, ProbeReport, ScratchInterface, Unknown,
};
use nt_netio_profile::{Behaviours, ProfileFile};
use tests::{
    Host, Process, Sleep, device_in_compartment, driver_image, driver_of, eventually, host_routes,
    program,
};
use tree_checks::page_commands;
use tree_checks::source::Tree;

use crate::seed::{SEED, seed};

/// What no program can see through the driver.
const OF_THE_KERNEL: [&str; 5] = [
    "call-at-apc-level",
    "free-null-table",
    "fresh-interface-row",
    "no-memory-status",
    "notification-irql",
];

/// A computer on which IPv6 has no route, with two compartments.
const MACHINE: &str = r#"
[[interface]]
name = "Loopback"
index = 1
luid = 0x0018000000000000
ipv4 = { addresses = ["127.0.0.1/8"], metric = 75 }

[[interface]]
name = "Loopback of a container"
index = 2
luid = 0x0018000001000000
compartment = 2
ipv4 = { addresses = ["127.0.0.1/8"], metric = 75 }
"#;

/// A host whose stack has this profile, whatever that of this run of the tests is.
fn start(profile: &str, arguments: &[&str]) -> Host {
    let folder = tempfile::tempdir().unwrap();
    let machine = folder.path().join("machine.toml");
    fs::write(&machine, MACHINE).unwrap();
    driver_of(driver_image())
        .service("IpForward")
        .security(abi::device::SDDL)
        .arguments(["--interfaces", machine.to_str().unwrap()])
        .arguments(["--profile", profile])
        .arguments(arguments)
        .start()
}

/// What handles the host.
struct HostOperator(Mutex<Process>);

impl Operator for HostOperator {
    fn set_link(&self, interface: &ScratchInterface, up: bool) -> Result<(), Unknown> {
        let mut control = self.0.lock().unwrap();
        control.set_link(interface.index(), up);
        control.quiesce();
        Ok(())
    }

    fn sleep(&self) -> Result<(), Unknown> {
        let mut control = self.0.lock().unwrap();
        let how = Sleep {
            lose_routes: true,
            ..Sleep::default()
        };
        assert!(control.sleep(how).is_success());
        assert!(control.wake().is_success());
        control.quiesce();
        Ok(())
    }
}

/// What the probe finds in a host.
fn measure(host: &Host) -> ProfileFile {
    let operator = HostOperator(Mutex::new(host.connect()));
    let container = DeviceStack::of_driver(device_in_compartment(&host.socket(), 2).unwrap());
    let other = ExperimentContext {
        stack: &container,
        interface: ScratchInterface::find(&container, None).unwrap(),
        operator: &operator,
        other_compartment: None,
    };
    let stack = DeviceStack::of_driver(Device::open(host.socket()).unwrap());
    let context = ExperimentContext {
        stack: &stack,
        interface: ScratchInterface::find(&stack, None).unwrap(),
        operator: &operator,
        other_compartment: Some(&other),
    };
    let report = ProbeReport {
        columns: vec![ProbeColumn::measure("driver", &context)],
    };
    println!("{report}");
    report.profile("1", "2026-11-30".parse().unwrap())
}

fn expect_found(found: &ProfileFile, expected: Behaviours) {
    let unseen: Vec<_> = found.not_observed.keys().map(String::as_str).collect();
    assert_eq!(unseen, OF_THE_KERNEL);
    for (name, value) in expected.named_values() {
        if !OF_THE_KERNEL.contains(&name) {
            assert_eq!(found.observed[name], value, "{name}");
        }
    }
}

#[test]
fn the_probe_finds_the_named_profiles_of_the_host() {
    for name in ["documented", "alternative"] {
        let host = start(name, &[]);
        let profile = name.parse::<nt_netio_profile::Profile>().unwrap();
        expect_found(&measure(&host), profile.behaviours());
        host.stop_clean();
    }
}

#[test]
fn the_probe_finds_random_profiles_of_the_host() {
    let seed = seed();
    println!("{SEED}={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..3 {
        let mut behaviours = Behaviours::documented();
        let mut arguments = Vec::new();
        for name in Behaviours::NAMES {
            let values = Behaviours::values_of(name).unwrap();
            let choice = format!("{name}={}", values[random.usize(..values.len())]);
            behaviours = behaviours.with(&choice.parse().unwrap());
            arguments.extend(["--behaviour".to_owned(), choice]);
        }
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let host = start("documented", &arguments);
        expect_found(&measure(&host), behaviours);
        host.stop_clean();
    }
}

fn probe(socket: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("ipforward-probe"));
    command.arg("--device").arg(socket).args(arguments);
    command
}

fn text(output: &Output) -> String {
    let streams = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(streams).unwrap()
}

#[test]
fn a_host_with_the_profile_of_another_behaves_like_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nthost.toml");
    let file = file.to_str().unwrap();
    let host = start("alternative", &[]);
    let output = probe(&host.socket(), &["--output", file]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("written: "), "{}", text(&output));
    host.stop_clean();
    let first = ProfileFile::read(Path::new(file)).unwrap();
    assert_eq!(first.observed["duplicate-status"], "objectid-exists");
    let host = start(file, &[]);
    let output = probe(&host.socket(), &["--output", file]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let second = ProfileFile::read(Path::new(file)).unwrap();
    assert_eq!(second.observed, first.observed);
    host.stop_clean();
}

#[test]
fn a_killed_probe_leaves_no_route() {
    let host = start("documented", &[]);
    let before = host_routes(&host);
    let folder = tempfile::tempdir().unwrap();
    let mut killed = probe(&host.socket(), &["--ask-operator"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut prompt = String::new();
    let stderr = killed.stderr.take().unwrap();
    BufReader::new(stderr).read_line(&mut prompt).unwrap();
    assert!(prompt.starts_with("operator: pull the cable"), "{prompt}");
    let during = host_routes(&host);
    assert_ne!(during, before, "the probe waits with a route");
    killed.kill().unwrap();
    killed.wait().unwrap();
    eventually("the driver removes the route", || {
        host_routes(&host) == before
    });
    host.stop_clean();
}

#[test]
fn a_probe_without_driver_and_interface_says_what_is_missing() {
    let absent = probe(Path::new("/nonexistent/socket"), &[])
        .output()
        .unwrap();
    assert_eq!(absent.status.code(), Some(1));
    assert!(
        text(&absent).contains("no IpForward device"),
        "{}",
        text(&absent)
    );
    let host = start("documented", &[]);
    let unknown = probe(&host.socket(), &["--interface", "99"]).output();
    let unknown = unknown.unwrap();
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        text(&unknown).contains("STATUS_NOT_FOUND"),
        "{}",
        text(&unknown)
    );
    let usage = probe(&host.socket(), &["--interfaces"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
    host.stop_clean();
}

#[test]
fn what_needs_windows_is_said_on_another_system() {
    let folder = tempfile::tempdir().unwrap();
    let host = start("documented", &[]);
    let run = |arguments: &[&str]| {
        let mut command = probe(&host.socket(), arguments);
        command.current_dir(folder.path()).output().unwrap()
    };
    let without = run(&["--scratch-adapter"]);
    assert_eq!(without.status.code(), Some(0), "{}", text(&without));
    let why = "no scratch adapter: this system is not Windows";
    assert!(text(&without).contains(why), "{}", text(&without));
    let there = run(&["--compartment", "2"]);
    assert_eq!(there.status.code(), Some(1), "{}", text(&there));
    let why = "cannot enter compartment 2: expected Windows";
    assert!(text(&there).contains(why), "{}", text(&there));
    host.stop_clean();
}

#[test]
fn the_commands_of_the_pages_are_understood_by_the_probe() {
    let commands = page_commands::commands(&Tree::read().unwrap());
    let ours = commands
        .iter()
        .filter_map(|one| one.arguments("ipforward-probe"));
    let ours: Vec<_> = ours.collect();
    assert!(ours.len() >= 2, "{ours:?}");
    for arguments in ours {
        let words = arguments.split_whitespace().chain(["--help"]);
        let output = Command::new(program("ipforward-probe"))
            .args(words)
            .output();
        assert!(output.unwrap().status.success(), "{arguments}");
    }
}
