//! Usage, help, versions, completions.

use std::process::Command;

use ipforward::abi::version::ABI_VERSION;
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, HostBehavior};
use crate::program::{
    PROGRAM, commands, error_json, error_text, printed, printed_json, working_host,
};

#[test]
fn version_prints_routectl_and_driver() {
    let version = printed_json(&working_host(), "version");
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
            "interfaces",
        ])
    );
    let text = printed(&working_host(), "version");
    assert!(
        text.contains(&format!("driver {driver}, contract {ABI_VERSION}\n")),
        "{text}"
    );
}

#[test]
fn invalid_usage_names_the_argument_and_opens_no_device() {
    let host = FakeHost::start(HostBehavior::AccessDenied);
    let (code, text) = error_text(&host, "route add 10.20.0.0/16 dve 7");
    assert_eq!(code, 2);
    assert!(text.starts_with(
        "error: unknown keyword `dve`: did you mean `dev`? expected via, dev, metric, protocol, \
             valid, preferred, site, loopback, autoconfigure, publish, immortal\n"
    ));
    for line in [
        "route add",
        "route show --family 5",
        "rout show",
        "route show --jsno",
        "route show --longer 10.0.0.0/33",
        "route show --protocol bird",
        "route set 10.20.0.0/16 dev 7",
        "route get 10.20.1.1 via 192.0.2.254",
        "explain 10.20.0.0/16",
        "completions cmd",
        "top",
    ] {
        assert_eq!(error_text(&host, line).0, 2, "{line}");
        let (code, error) = error_json(&host, line);
        assert_eq!((code, &error["status"]), (2, &Value::Null), "{line}");
        assert_ne!(error["error"], "");
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let host = working_host();
    let help = printed(&host, "--help");
    assert!(help.contains("routectl route add 10.20.0.0/16 via 192.0.2.254 dev 7"));
    assert!(help.contains("3  not found"));
    assert!(printed(&host, "--json route add --help").contains("[via NEXTHOP] [dev INTERFACE]"));
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let host = working_host();
    for line in commands(&host) {
        let help = printed(&host, &format!("{line} --help"));
        // A group of commands leaves the examples to them.
        if help.contains("\nCommands:\n") {
            continue;
        }
        let name = line.split(' ').next_back().unwrap();
        let examples = help
            .split_once("Example")
            .unwrap_or_else(|| panic!("{line}: {help}"));
        assert!(examples.1.contains(name), "{line}: {help}");
    }
}

#[test]
fn top_needs_a_terminal_and_prints_no_json() {
    let host = FakeHost::start(HostBehavior::AccessDenied);
    let (code, text) = error_text(&host, "top");
    let expected = "error: standard output is not a terminal: expected one; for a file or a pipe, use \
                    `routectl watch`\n";
    assert_eq!((code, text.as_str()), (2, expected));
    let (code, error) = error_json(&host, "top");
    assert_eq!(code, 2);
    let text = error["error"].as_str().unwrap();
    assert!(text.contains("expected no --json"), "{text}");
}

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// The output of the program without a device.
fn printed_alone(words: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new(PROGRAM)
        .args(words)
        .env("IPFORWARD_DEVICE", "/nonexistent/host")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn completion_scripts_need_no_device() {
    for shell in SHELLS {
        let script = printed_alone(&["completions", shell], &[]);
        assert!(script.contains("ROUTECTL_COMPLETE"), "{shell}: {script}");
        let value: Value =
            serde_json::from_str(&printed_alone(&["--json", "completions", shell], &[])).unwrap();
        assert_eq!(value, json!({"shell": shell, "script": script}));
    }
}

/// The completions for the last word of a line; some shells get the help after each.
fn offered(shell: &str, line: &str) -> Vec<String> {
    offered_for("/nonexistent/host", shell, line)
}

/// The completions with this device.
fn offered_for(device: &str, shell: &str, line: &str) -> Vec<String> {
    let words: Vec<&str> = [&["--"][..], &line.split(' ').collect::<Vec<_>>()].concat();
    let index = (words.len() - 2).to_string();
    let variables = [
        ("ROUTECTL_COMPLETE", shell),
        ("_CLAP_COMPLETE_INDEX", &index),
        ("_CLAP_IFS", "\n"),
        ("IPFORWARD_DEVICE", device),
    ];
    let word = |line: &str| {
        line.split(['\t', ':'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    printed_alone(&words, &variables)
        .lines()
        .map(word)
        .collect()
}

#[test]
fn every_shell_completes_the_keywords_of_a_route() {
    let members = [
        "metric",
        "protocol",
        "valid",
        "preferred",
        "site",
        "loopback",
    ];
    for shell in SHELLS {
        let of = |line: &str| offered(shell, line);
        let lacks = |offered: &[String], words: &[&str]| {
            let lacking = words
                .iter()
                .find(|word| !offered.iter().any(|one| one == *word));
            lacking.map(|word| format!("{shell}: no {word} in {offered:?}"))
        };
        for command in ["route add", "route set", "explain", "hold"] {
            let next = of(&format!("routectl {command} 10.20.0.0/16 "));
            assert_eq!(lacks(&next, &["via", "dev"]), None, "{command}");
            assert_eq!(lacks(&next, &members), None, "{command}");
        }
        let hold = of("routectl hold 10.20.0.0/16 dev 7 ");
        assert_eq!(lacks(&hold, &["share", "guard"]), None);
        let delete = of("routectl route delete 10.20.0.0/16 ");
        assert_eq!(lacks(&delete, &["via", "dev"]), None);
        assert!(lacks(&delete, &["metric"]).is_some(), "{delete:?}");
        let get = of("routectl route get 10.20.0.1 ");
        assert_eq!(lacks(&get, &["from", "dev", "via"]), None);
        assert_eq!(of("routectl route add 10.20.0.0/16 met"), ["metric"]);
        assert_eq!(lacks(&of("routectl "), &["route", "statistics"]), None);
    }
}

#[test]
fn bash_completes_with_the_script() {
    let script = r#"
        eval "$(routectl completions bash)"
        COMP_WORDS=(routectl route add 10.20.0.0/16 dev 7 prot)
        COMP_CWORD=6 COMP_TYPE=9
        _clap_complete_routectl routectl prot 7
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let folder = std::path::Path::new(PROGRAM).parent().unwrap();
    let output = Command::new("bash")
        .args(["-c", script])
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .output()
        .expect("bash starts");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "protocol",
        "{output:?}"
    );
}

#[test]
fn commands_and_options_have_short_names() {
    let host = working_host();
    printed(&host, "r add 10.20.0.0/16 via 192.0.2.254 dev 7");
    printed(&host, "r add 2001:db8:20::/48 dev 7");
    let count = |line: &str| {
        let text = printed(&host, line);
        let shown: Value = serde_json::from_str(&text).unwrap();
        shown.as_array().unwrap().len()
    };
    assert_eq!(count("-j r ls"), 2);
    assert_eq!(count("-4 -j route list"), 1);
    assert_eq!(count("-j route show -6"), 1);
    assert_eq!(count("-j -6 i ls"), 1);
    assert_eq!(count("-4j export"), 1);
    // The option of the command counts.
    assert_eq!(count("-4 -j route show --family 6"), 1);
    assert_eq!(error_text(&host, "-4 -6 route show").0, 2);
    let added = printed_json(&host, "-6 route add default dev 7");
    assert_eq!(added["destination"], "::/0");
    assert_eq!(error_json(&host, "-j rout show").0, 2);
    printed(&host, "r rm -6 default");
}

#[test]
fn every_shell_completes_interfaces_and_routes() {
    let host = working_host();
    printed(&host, "route add 10.20.0.0/16 via 192.0.2.254 dev 7");
    printed(&host, "route add 10.30.0.0/16 dev 7");
    let socket = host.socket();
    let socket = socket.to_str().unwrap();
    for shell in SHELLS {
        let of = |line: &str| offered_for(socket, shell, line);
        let interfaces = of("routectl route add 10.40.0.0/16 dev ");
        assert!(
            interfaces.contains(&"7".to_owned()),
            "{shell}: {interfaces:?}"
        );
        for line in [
            "route show --dev 7",
            "route add 10.40.0.0/16 dev 7",
            "export --dev 7",
            "import file --dev 7",
            "route flush --dev 7",
            "route show --family=4 --dev 7",
        ] {
            assert_eq!(of(&format!("routectl {line}")), ["7"], "{shell}: {line}");
        }
        assert_eq!(
            of("routectl route delete 10.2"),
            ["10.20.0.0/16"],
            "{shell}"
        );
        for (line, expected) in [
            ("route show --longer 10.2", "10.20.0.0/16"),
            ("export --shorter 10.3", "10.30.0.0/16"),
            ("watch --inside 10.2", "10.20.0.0/16"),
            ("import file --via 1", "192.0.2.254"),
            ("import file --map eth0=7", "eth0=7"),
            ("route flush --protocol osp", "Ospf"),
        ] {
            assert_eq!(
                of(&format!("routectl {line}")),
                [expected],
                "{shell}: {line}"
            );
        }
        let prefixes = of("routectl -j r get 10");
        assert_eq!(prefixes, ["10.20.0.0/16", "10.30.0.0/16"], "{shell}");
        assert_eq!(
            of("routectl route set 10.20.0.0/16 via 1"),
            ["192.0.2.254"],
            "{shell}"
        );
        assert_eq!(
            of("routectl route add 10.9.0.0/16 dev 7 protocol ospf"),
            ["Ospf"],
            "{shell}"
        );
        assert_eq!(
            of("routectl hold 10.9.0.0/16 guard publish n"),
            ["no"],
            "{shell}"
        );
        // A keyword is offered once.
        assert_eq!(
            of("routectl route add 10.9.0.0/16 dev 7 de"),
            [""; 0],
            "{shell}"
        );
    }
}
