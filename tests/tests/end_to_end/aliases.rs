//! Interfaces by their aliases.

use std::fs;
use std::process::Output;

use ipforward::{Aliases, Device, Error, Interface, Route};
use serde_json::Value;
use tests::{Host, routectl, start_host_with};

/// A network whose first interface has an alias with a space.
const NETWORK: &str = r#"
[[interface]]
name = "Ethernet 2"
index = 7
luid = 0x0006008001000000
ipv4 = { addresses = ["192.0.2.10/24"], metric = 25 }

[[interface]]
name = "WLAN"
index = 9
luid = 0x0047008002000000
ipv4 = { addresses = ["198.51.100.10/24"], metric = 10 }
"#;

const ETHERNET: Interface = Interface::Luid(0x0006_0080_0100_0000);

fn with_host(test: impl FnOnce(&Host)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("network.toml");
    fs::write(&file, NETWORK).unwrap();
    let host = start_host_with(&["--interfaces", file.to_str().unwrap()]);
    test(&host);
    host.stop_clean();
}

fn run(host: &Host, words: &[&str]) -> Output {
    routectl(&host.socket(), words.iter().copied())
        .output()
        .unwrap()
}

fn rows(host: &Host, words: &[&str]) -> Value {
    let output = run(host, &[&["--json"], words].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn aliases_and_interfaces_convert_both_ways() {
    with_host(|host| {
        let aliases = Aliases::open(host.socket()).unwrap();
        assert_eq!(aliases.interface("Ethernet 2").unwrap(), Some(ETHERNET));
        assert_eq!(aliases.interface("ETHERNET 2").unwrap(), Some(ETHERNET));
        assert_eq!(aliases.interface("Ethernet").unwrap(), None);
        let alias = aliases.alias(ETHERNET).unwrap();
        assert_eq!(alias.as_deref(), Some("Ethernet 2"));
        assert_eq!(aliases.alias(Interface::Luid(1)).unwrap(), None);
        assert_eq!(aliases.alias(Interface::Index(7)).unwrap(), None);
    });
}

#[test]
fn a_device_takes_an_alias_in_place_of_an_index() {
    with_host(|host| {
        let device = Device::open(host.socket()).unwrap();
        let route: Route = "10.20.0.0/16 via 192.0.2.254 dev \"ethernet 2\""
            .parse()
            .unwrap();
        device.create_route(&route).unwrap();
        let found = device.get_route(&route.key()).unwrap();
        assert!(found.interface.is_same(ETHERNET));
        device.delete_route(&route.key()).unwrap();
        let lease = device.lease(&route).unwrap();
        assert!(device.get_route(&route.key()).is_ok());
        lease.release().unwrap();
        let unknown = Route::new(route.destination, Interface::alias("Ethernet"));
        let error = device.create_route(&unknown).unwrap_err();
        assert!(matches!(error, Error::UnknownInterface(_)), "{error}");
        assert!(error.to_string().contains("`Ethernet 2`"), "{error}");
    });
}

#[test]
fn routectl_accepts_an_alias_in_place_of_an_index() {
    with_host(|host| {
        let route = ["10.20.0.0/16", "via", "192.0.2.254", "dev", "Ethernet 2"];
        let say = |command: &[&'static str]| run(host, &[command, &route].concat());
        assert!(say(&["route", "add"]).status.success());
        let shown = rows(host, &["route", "show", "--dev", "Ethernet 2"]);
        let shown = shown.as_array().unwrap();
        let prefixes = shown.iter().map(|row| row["destination"].as_str().unwrap());
        assert!(prefixes.collect::<Vec<_>>().contains(&"10.20.0.0/16"));
        assert!(shown.iter().all(|row| row["interface_index"] == 7));
        // `explain` reports the duplicate.
        assert_eq!(say(&["explain"]).status.code(), Some(1));
        assert!(say(&["route", "get"]).status.success());
        assert!(say(&["route", "delete"]).status.success());
    });
}

#[test]
fn a_file_names_interfaces_by_their_aliases() {
    with_host(|host| {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            file.to_str().unwrap().to_owned()
        };
        let routes = "[[route]]\nprefix = '10.20.0.0/16'\ndev = 'Ethernet 2'\n";
        let applied = run(host, &["apply", &file("routes.toml", routes)]);
        assert!(applied.status.success(), "{applied:?}");
        // The first name is an alias; the second one is mapped to an alias.
        let lines = "10.30.0.0/16 dev WLAN\n10.40.0.0/16 dev eth0\n";
        let lines = file("routes", lines);
        let imported = run(host, &["import", &lines, "--map", "eth0=Ethernet 2"]);
        assert!(imported.status.success(), "{imported:?}");
        let interface = |prefix: &str| {
            let shown = rows(host, &["route", "show", "--longer", prefix]);
            shown[0]["interface_index"].clone()
        };
        assert_eq!(interface("10.20.0.0/16"), 7);
        assert_eq!(interface("10.30.0.0/16"), 9);
        assert_eq!(interface("10.40.0.0/16"), 7);
        let wrong = run(host, &["import", &lines, "--map", "eth0=Ethernet"]);
        assert_eq!(wrong.status.code(), Some(3));
        let said = String::from_utf8(wrong.stderr).unwrap();
        let expected = "no such interface `Ethernet`: did you mean `Ethernet 2`? \
                        (`--map eth0=Ethernet`)";
        assert!(said.contains(expected), "{said}");
    });
}

#[test]
fn an_alias_without_a_host_reports_the_missing_device() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.sock");
    let file = folder.path().join("routes.toml");
    fs::write(
        &file,
        "[[route]]\nprefix = '10.20.0.0/16'\ndev = 'Ethernet'\n",
    )
    .unwrap();
    for words in [
        &["route", "add", "10.20.0.0/16", "dev", "Ethernet"][..],
        &["route", "show", "--dev", "Ethernet"],
        &["apply", file.to_str().unwrap()],
    ] {
        let failed = routectl(&missing, words.iter().copied()).output().unwrap();
        let said = String::from_utf8(failed.stderr).unwrap();
        assert_eq!(failed.status.code(), Some(5), "{words:?}: {said}");
        assert!(said.contains("no IpForward device at"), "{said}");
        assert!(said.contains("nthost run"), "{said}");
    }
}

#[test]
fn an_unknown_alias_is_not_found_and_lists_the_near_ones() {
    with_host(|host| {
        for words in [
            &["route", "add", "10.20.0.0/16", "dev", "ethernet"][..],
            &["route", "show", "--dev", "ethernet"],
        ] {
            let wrong = run(host, words);
            assert_eq!(wrong.status.code(), Some(3), "{words:?}");
            let said = String::from_utf8(wrong.stderr).unwrap();
            let expected = "no such interface `ethernet`: did you mean `Ethernet 2`?";
            assert!(said.contains(expected), "{said}");
            assert!(said.contains("routectl interface show"), "{said}");
        }
    });
}

#[test]
fn the_interface_is_deduced_from_the_next_hop() {
    with_host(|host| {
        let added = rows(
            host,
            &["route", "add", "10.20.0.0/16", "via", "198.51.100.254"],
        );
        assert_eq!(added["interface_index"], 9);
        let deleted = rows(host, &["route", "delete", "10.20/16"]);
        assert_eq!(deleted["next_hop"], "198.51.100.254");
    });
}

#[test]
fn an_interface_is_named_by_its_guid() {
    with_host(|host| {
        let aliases = Aliases::open(host.socket()).unwrap();
        let guid = "{4e455449-0000-0000-0006-008001000000}";
        let found = aliases.interface_of_guid(guid.parse().unwrap());
        assert_eq!(found.unwrap(), Some(ETHERNET));
        let other = "{4e455449-0000-0000-0006-008001000001}";
        let found = aliases.interface_of_guid(other.parse().unwrap());
        assert_eq!(found.unwrap(), None);
        let upper = guid.to_uppercase();
        let added = rows(host, &["route", "add", "10.20.0.0/16", "dev", &upper]);
        assert_eq!(added["interface_index"], 7);
        let wrong = run(host, &["route", "add", "10.30.0.0/16", "dev", other]);
        assert_eq!(wrong.status.code(), Some(3));
        let said = String::from_utf8(wrong.stderr).unwrap();
        assert!(said.contains("no such interface `{4e455449"), "{said}");
    });
}
