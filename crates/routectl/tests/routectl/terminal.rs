//! What only a terminal sees: colours, a question, a bar.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;

use ipforward::Route;
use nix::pty::openpty;

use crate::fake_host::FakeHost;
use crate::program::{command, known, net, printed_json, sound};

const CHANGE: &str = "[[route]]\nprefix = '10.20.0.0/16'\ndev = 7\nmetric = 6\n";

/// A host with the route that the file changes.
fn host() -> FakeHost {
    let host = sound();
    host.has(Route::new(net("10.20.0.0/16"), known()).metric(5));
    host
}

fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("routes.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs `apply` with this file on a terminal where somebody types; the exit code and what is seen.
fn apply(
    host: &FakeHost,
    text: &str,
    options: &str,
    typed: &str,
    variables: &[(&str, &str)],
) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, text);
    let terminal = openpty(None, None).unwrap();
    let side = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut child = command(host, &format!("apply {} {options}", path.display()))
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied())
        .stdin(side())
        .stdout(side())
        .stderr(side())
        .spawn()
        .unwrap();
    drop(terminal.slave);
    let mut person = File::from(terminal.master);
    person.write_all(typed.as_bytes()).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    // A terminal that nobody else has open any more is an error to read.
    while let Ok(length @ 1..) = person.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..length]);
    }
    let code = child.wait().unwrap().code().unwrap();
    (code, String::from_utf8(seen).unwrap())
}

fn metric(host: &FakeHost) -> u64 {
    printed_json(host, "route show")[0]["metric"]
        .as_u64()
        .unwrap()
}

#[test]
fn a_person_is_asked_before_a_route_that_is_there_is_changed() {
    let host = host();
    let (code, seen) = apply(&host, CHANGE, "", "n\n", &[]);
    assert_eq!((code, metric(&host)), (1, 5), "{seen}");
    assert!(
        seen.contains("1 route would be changed. Continue? [y/N]"),
        "{seen}"
    );
    assert!(seen.contains("nothing was changed"), "{seen}");
    let (code, seen) = apply(&host, CHANGE, "", "y\n", &[]);
    assert_eq!((code, metric(&host)), (0, 6), "{seen}");
    assert!(seen.contains("done: 0 added, 1 changed"), "{seen}");
}

#[test]
fn nobody_is_asked_who_has_said_yes_or_has_nothing_to_lose() {
    let host = host();
    for (text, options) in [
        (CHANGE, "--yes"),
        (CHANGE, "--dry-run"),
        (CHANGE, ""),
        ("[[route]]\nprefix = '10.30.0.0/16'\ndev = 7\n", ""),
    ] {
        // Once it is changed, there is nothing more to lose.
        let (code, seen) = apply(&host, text, options, "", &[]);
        assert_eq!(code, 0, "{seen}");
        assert!(!seen.contains("Continue?"), "{seen}");
    }
    assert_eq!(metric(&host), 6);
}

#[test]
fn changes_are_in_colour_unless_it_is_not_wanted() {
    let host = host();
    let (_, seen) = apply(&host, CHANGE, "--dry-run", "", &[]);
    assert!(
        seen.contains("\x1b[33m~ 10.20.0.0/16 dev 7 metric 5 → 6\x1b[0m"),
        "{seen:?}"
    );
    let added = "[[route]]\nprefix = '10.30.0.0/16'\ndev = 7\n";
    let (_, seen) = apply(&host, added, "--dry-run", "", &[]);
    assert!(seen.contains("\x1b[32m+ 10.30.0.0/16"), "{seen:?}");
    let (_, seen) = apply(&host, CHANGE, "--dry-run", "", &[("NO_COLOR", "1")]);
    assert!(!seen.contains('\x1b'), "{seen:?}");
}

#[test]
fn a_bar_is_seen_if_there_is_more_than_one_call() {
    let host = host();
    let one = "[[route]]\nprefix = '10.40.0.0/16'\ndev = 7\n";
    let (code, seen) = apply(&host, &one.repeat(4_097), "", "", &[]);
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("of 4,097 routes"), "{seen:?}");
    let (_, seen) = apply(&host, one, "", "", &[]);
    assert!(!seen.contains("routes,"), "{seen:?}");
}
