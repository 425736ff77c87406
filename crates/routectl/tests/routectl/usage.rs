//! Usage, help, versions, completions.

use std::process::Command;

use ipforward::abi::version::ABI_VERSION;
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, Manner};
use crate::program::{PROGRAM, complaint, complaint_json, printed, printed_json, sound};

#[test]
fn versions_of_both_sides_are_printed() {
    let version = printed_json(&sound(), "version");
    let driver = version["driver"].as_str().unwrap();
    assert_eq!(version["abi"], ABI_VERSION);
    assert_eq!(version["batch_entries_max"], 4_096);
    assert_eq!(version["ring_events"], 1_024);
    assert_eq!(
        version["capabilities"],
        json!([
            "routes",
            "tables",
            "best_route",
            "statistics",
            "apply",
            "leases",
            "watch",
            "guard",
        ])
    );
    let text = printed(&sound(), "version");
    assert!(
        text.contains(&format!("driver {driver}, contract {ABI_VERSION}\n")),
        "{text}"
    );
}

#[test]
fn wrong_usage_names_the_word_and_touches_nothing() {
    let host = FakeHost::start(Manner::Closed);
    let (code, text) = complaint(&host, "route add 10.20.0.0/16 dve 7");
    assert_eq!(code, 2);
    assert!(text.starts_with(
        "error: `dve` is no word of this command: right would be via, dev, metric, protocol, \
             valid, preferred, site, loopback, autoconfigure, publish, immortal\n"
    ));
    for line in [
        "route add",
        "route show --family 5",
        "rout show",
        "route show --jsno",
        "route show --longer 10.0.0.0/33",
        "route show --protocol bird",
        "route show --dev eth0",
        "route set 10.20.0.0/16 dev 7",
        "route get 10.20.1.1 via 192.0.2.254",
        "explain 10.20.0.0/16",
        "completions cmd",
    ] {
        assert_eq!(complaint(&host, line).0, 2, "{line}");
        let (code, error) = complaint_json(&host, line);
        assert_eq!((code, &error["status"]), (2, &Value::Null), "{line}");
        assert_ne!(error["error"], "");
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let host = sound();
    let help = printed(&host, "--help");
    assert!(help.contains("routectl route add 10.20.0.0/16 via 192.0.2.254 dev 7"));
    assert!(help.contains("3  not found"));
    assert!(printed(&host, "--json route add --help").contains("[via NEXTHOP] dev INTERFACE"));
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let host = sound();
    for line in [
        "route add",
        "route set",
        "route delete",
        "route get",
        "route show",
        "interface show",
        "explain",
        "hold",
        "apply",
        "import",
        "watch",
        "statistics",
        "version",
        "completions",
    ] {
        let help = printed(&host, &format!("{line} --help"));
        let name = line.split(' ').next_back().unwrap();
        let examples = help
            .split_once("Example")
            .unwrap_or_else(|| panic!("{line}: {help}"));
        assert!(examples.1.contains(name), "{line}: {help}");
    }
}

#[test]
fn shells_are_taught_the_words_without_a_device() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = |words: &[&str]| {
            let output = Command::new(PROGRAM)
                .args(words)
                .env("IPFORWARD_DEVICE", "/nonexistent/host")
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(0), "{shell}");
            String::from_utf8(output.stdout).unwrap()
        };
        let script = run(&["completions", shell]);
        assert!(script.contains("statistics"), "{shell}");
        let value: Value = serde_json::from_str(&run(&["--json", "completions", shell])).unwrap();
        assert_eq!(value, json!({"shell": shell, "script": script}));
    }
}
