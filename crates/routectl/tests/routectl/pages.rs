//! Every command of routectl on a page, and every example of its help, does what it is shown for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ipforward::{Device, Route};
use tempfile::TempDir;
use tree_checks::page_commands;
use tree_checks::source::Tree;

use crate::fake_host::FakeHost;
use crate::program::{PROGRAM, commands, known, net, printed, working_host};

/// What stands for any value on the pages, and one.
const PLACEHOLDERS: [(&str, &str); 6] = [
    (" import FILE", " import routes"),
    (" COMMAND", " watch"),
    (" FILE", " routes.toml"),
    (" NAME", " office"),
    (" SHELL", " bash"),
    (" FOLDER", " pages"),
];

/// The end of a line with a command that does not end by itself.
const ONE_LINE: &str = "| head -n 1";

/// The files that the commands name.
const FILES: [(&str, &str); 9] = [
    (
        "routes.toml",
        "[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\n",
    ),
    (
        "office.toml",
        "[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\n",
    ),
    ("routes.txt", "10.20.0.0/16 via 192.0.2.254 dev eth0\n"),
    ("routes", "10.20.0.0/16 via 192.0.2.254 dev 7\n"),
    (
        "office.cmd",
        "@echo off\nroute add 10.20.0.0 mask 255.255.0.0 192.0.2.254\n",
    ),
    ("bypass.txt", "10.20.0.0/16\n"),
    ("home.conf", "[Peer]\nAllowedIPs = 10.20.0.0/16\n"),
    (
        "batch",
        "route add 10.20.0.0/16 via 192.0.2.254 dev eth0\nroute add 10.30.0.0/16 dev wg0\n",
    ),
    ("client.conf", ""),
];

/// The other programs that the commands start.
const PROGRAMS: [(&str, &str); 4] = [
    ("ping", "exit 0"),
    ("openvpn", "exit 0"),
    ("ip", "echo 10.20.0.0/16 via 192.0.2.254 dev eth0"),
    (
        "route",
        "echo 'IPv4 Route Table'; echo '10.20.0.0 255.255.0.0 192.0.2.254 192.0.2.10 30'",
    ),
];

/// A folder with the files, and the programs in `bin`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(
        folder
            .path()
            .join(".local/share/bash-completion/completions"),
    )
    .unwrap();
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text).unwrap();
    }
    for (name, script) in PROGRAMS {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// A machine with the interfaces and links of the examples, and with their routes or without.
fn machine(with_routes: bool) -> FakeHost {
    let host = working_host();
    for prefix in ["192.0.2.0/24", "192.0.2.10/32", "2001:db8::/64"] {
        host.add_route(Route::new(net(prefix), known()));
    }
    if with_routes {
        for prefix in ["10.20.0.0/16", "0.0.0.0/0"] {
            host.add_route(Route::new(net(prefix), known()).via([192, 0, 2, 254]));
        }
        for prefix in ["2001:db8:20::/48", "::/0"] {
            host.add_route(Route::new(net(prefix), known()).metric(9));
        }
    }
    host
}

/// Runs a line of a shell; returns the exit code and the error output.
fn run(host: &FakeHost, folder: &Path, line: &str) -> (Option<i32>, String) {
    let programs = Path::new(PROGRAM).parent().unwrap();
    let path = format!(
        "{}/bin:{}:/usr/bin:/bin",
        folder.display(),
        programs.display()
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", folder)
        .env("PROFILE", folder.join("profile"))
        .env("IPFORWARD_DEVICE", host.socket())
        .env("IPFORWARD_STATE", folder.join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    if line.ends_with(ONE_LINE) {
        change_routes_until_end(host, &mut child);
    }
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), error)
}

/// `watch` ends when it cannot print a further event.
fn change_routes_until_end(host: &FakeHost, watch: &mut Child) {
    let device = Device::open(host.socket()).unwrap();
    let routes = ["10.99.0.0/16", "2001:db8:99::/48"];
    let routes = routes.map(|prefix| Route::new(net(prefix), known()));
    while watch.try_wait().unwrap().is_none() {
        for route in &routes {
            device.create_route(route).unwrap();
            device.delete_route(&route.key()).unwrap();
        }
    }
}

/// The line, with a value for each placeholder.
fn line_to_run(text: &str) -> String {
    let mut line = format!("{text} ");
    for (name, value) in PLACEHOLDERS {
        line = line.replace(&format!("{name} "), &format!("{value} "));
    }
    if line.contains(" watch ") && !line.contains("--help") {
        line.push_str(ONE_LINE);
    }
    if line.contains(" selftest ") && !line.contains("--list") {
        // Only the driver in its host, or on Windows, can pass it.
        line.push_str("--list");
    }
    line.replace("Ethernet", "'Ethernet 7'")
        .replace("wg0=9", "wg0=7")
        .replace("--dev wg0", "--dev 7")
}

/// The examples of the help of all commands.
fn examples() -> Vec<String> {
    let host = working_host();
    let mut examples = Vec::new();
    for command in commands(&host) {
        let help = printed(&host, &format!("{command} --help"));
        let Some((_, text)) = help.split_once("\nExample") else {
            continue;
        };
        let lines = text.lines().skip(1).take_while(|line| !line.is_empty());
        examples.extend(lines.map(|line| line.trim().to_owned()));
    }
    examples
}

#[test]
fn every_command_of_a_page_and_every_example_runs() {
    let pages = page_commands::commands(&Tree::read().unwrap()).into_iter();
    let pages = pages.filter_map(|command| {
        let is_piped = command.text.contains("| routectl ");
        match command.arguments("routectl") {
            Some(arguments) => Some(format!("routectl {arguments}")),
            None => is_piped.then_some(command.text),
        }
    });
    let mut lines: Vec<_> = pages.chain(examples()).collect();
    lines.sort();
    lines.dedup();
    // A command of Windows, and one that needs a terminal: its own tests give it one.
    let has_own_tests = |line: &str| {
        ["device", "top"]
            .iter()
            .any(|name| line.contains(&format!(" {name}")))
    };
    lines.retain(|line| !has_own_tests(line));
    assert!(lines.len() > 60, "{lines:?}");
    let names = commands(&working_host());
    let mut failures = Vec::new();
    for text in lines {
        let folder = folder();
        let line = line_to_run(&text);
        let outcomes = [false, true].map(|with_routes| {
            let host = machine(with_routes);
            run(&host, folder.path(), &line)
        });
        let is_name = names.iter().any(|name| format!("routectl {name}") == text);
        // `explain`, and examples of refusals, show what is wrong.
        let is_refusal = text.contains("explain") || text.contains("10.30.0.");
        let is_expected = |(code, _): &(Option<i32>, String)| match code {
            Some(0) => true,
            Some(1) => is_refusal,
            // A sentence names a command without its arguments.
            Some(2) => is_name,
            _ => false,
        };
        if !outcomes.iter().any(is_expected) {
            failures.push(format!("{text}: {line}: {outcomes:?}"));
        }
    }
    assert_eq!(failures, [""; 0]);
}
