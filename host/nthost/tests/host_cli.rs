//! The host's command line: what it refuses, and how it says so.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of one test's own.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nthost-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the directory for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn nthost(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nthost"))
        .args(arguments)
        .output()
        .unwrap()
}

fn run(driver: &Path, socket: &Path) -> Output {
    nthost(&[
        "run",
        "--driver",
        driver.to_str().unwrap(),
        "--socket",
        socket.to_str().unwrap(),
    ])
}

fn assert_refused(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(words), "{words:?} in {error}");
}

#[test]
fn a_missing_file_is_named() {
    let scratch = Scratch::new("missing");
    let output = run(&scratch.path("no.sys"), &scratch.path("socket"));
    assert_refused(&output, "no.sys");
    assert!(!scratch.path("socket").exists(), "the socket is gone, too");
}

#[test]
fn a_file_that_is_no_image_is_refused() {
    let scratch = Scratch::new("text");
    fs::write(scratch.path("text.sys"), "not a driver").unwrap();
    let output = run(&scratch.path("text.sys"), &scratch.path("socket"));
    assert_refused(&output, "not a 64-bit PE image");
}

#[test]
fn a_socket_that_lives_is_not_taken_over() {
    let scratch = Scratch::new("busy");
    let _other = UnixListener::bind(scratch.path("socket")).unwrap();
    let output = run(&scratch.path("no.sys"), &scratch.path("socket"));
    assert_refused(&output, "another host serves");
}

#[test]
fn the_socket_of_a_dead_host_is_replaced() {
    let scratch = Scratch::new("stale");
    drop(UnixListener::bind(scratch.path("socket")).unwrap());
    let output = run(&scratch.path("no.sys"), &scratch.path("socket"));
    assert_refused(&output, "no.sys");
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let scratch = Scratch::new("file");
    fs::write(scratch.path("socket"), "precious").unwrap();
    let output = run(&scratch.path("no.sys"), &scratch.path("socket"));
    assert_refused(&output, "is no socket");
    assert_eq!(fs::read(scratch.path("socket")).unwrap(), b"precious");
}

#[test]
fn wrong_arguments_are_exit_code_one() {
    assert_refused(&nthost(&["run"]), "--driver");
    assert_refused(
        &nthost(&["run", "--driver", "x", "--profile", "other"]),
        "`other`",
    );
    assert_refused(
        &nthost(&["run", "--driver", "x", "--behaviour", "a=b"]),
        "`a`",
    );
    assert_refused(&nthost(&["send", "--in", "0"]), "odd number");
}

#[test]
fn an_unchecked_host_refuses_what_needs_verification() {
    let output = nthost(&[
        "run",
        "--driver",
        "no.sys",
        "--unchecked",
        "--second-poison",
    ]);
    assert_refused(&output, "'--second-poison'");
}

#[test]
fn a_profile_in_a_file_has_to_name_every_behaviour() {
    let scratch = Scratch::new("profile");
    let refuse = |text: &str, words: &str| {
        let file = scratch.path("windows-10.0.26100.1.toml");
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["run", "--driver", "no.sys", "--profile", file];
        assert_refused(&nthost(&arguments), words);
    };
    let machine = "[machine]\nbuild = \"10.0.26100.1\"\ndate = 2026-11-30\n\
                   asked-through = \"driver\"\n\n[observed]\n";
    refuse(machine, "`next-hop-without-family` is neither observed");
    let unknown = format!("{machine}duplicates = \"x\"\n");
    refuse(&unknown, "unknown behaviour `duplicates`");
    let unknown = format!("{machine}empty-table = \"maybe\"\n");
    refuse(&unknown, "unknown value `maybe` of empty-table");
    refuse("", "windows-10.0.26100.1.toml: TOML parse error");
    let missing = ["run", "--driver", "no.sys", "--profile", "no.toml"];
    assert_refused(&nthost(&missing), "cannot read no.toml: No such file");
}

#[test]
fn a_stack_that_there_is_not_comes_with_those_that_there_are() {
    for stack in ["netlink", "netns:", "netns:../blue"] {
        let output = nthost(&["run", "--driver", "no.sys", "--stack", stack]);
        assert_refused(&output, "give memory, or netns:NAME");
    }
}

#[test]
fn help_lists_the_exit_codes() {
    let output = nthost(&["run", "--help"]);
    let help = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(help.contains("86  the machine stopped"), "{help}");
}

#[test]
fn a_send_without_a_host_reports_it() {
    let scratch = Scratch::new("unprivileged");
    let socket = scratch.path("socket");
    let output = nthost(&["send", "--socket", socket.to_str().unwrap()]);
    assert_refused(&output, "no host answers");
}

#[test]
fn a_fault_in_a_function_that_is_not_there_is_refused() {
    let scratch = Scratch::new("fault");
    let (driver, socket) = (scratch.path("any.sys"), scratch.path("socket"));
    let run = |function: &str, more: &[&str]| {
        let mut arguments = vec!["run", "--driver", driver.to_str().unwrap()];
        arguments.extend(["--socket", socket.to_str().unwrap()]);
        arguments.extend(["--fail-call", "0", "--fail-among", function]);
        nthost(&[&arguments, more].concat())
    };
    let refusal = |function| format!("no function of this machine has `{function}` in its name");
    assert_refused(&run("WdfTimerCreat_", &[]), &refusal("WdfTimerCreat_"));
    // The functions of KMDF are those of the library.
    let library = ["--framework", "any-library.sys"];
    assert_refused(&run("WdfTimerCreate", &library), &refusal("WdfTimerCreate"));
    assert_refused(&run("WdfTimerCreate", &[]), "any.sys");
}
