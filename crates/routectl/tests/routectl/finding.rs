//! Finding the route or the interface that the user means.

use ipforward::{AddressFamily, Route};
use serde_json::{Value, json};

use crate::fake_host::{FakeHost, interface};
use crate::program::{
    error_json, error_text, known, known_interface, net, printed, printed_json, run_words,
    working_host,
};

/// Two interfaces, each with an on-link prefix.
fn host() -> FakeHost {
    let host = working_host();
    host.set_interfaces([
        interface(AddressFamily::IPV4, 7, 25),
        interface(AddressFamily::IPV4, 8, 35),
        interface(AddressFamily::IPV6, 7, 50),
        interface(AddressFamily::IPV6, 8, 50),
    ]);
    for (prefix, interface) in [
        ("192.0.2.0/24", known()),
        ("198.51.100.0/24", known_interface(8)),
        ("fe80::/64", known()),
        ("fe80::/64", known_interface(8)),
    ] {
        host.add_route(Route::new(net(prefix), interface));
    }
    host
}

fn code_and_error(host: &FakeHost, words: &[&str]) -> (i32, String) {
    let output = run_words(host, words);
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn dev_is_the_interface_on_whose_link_the_next_hop_is() {
    let host = host();
    let added = printed_json(&host, "route add 10.20/16 via 198.51.100.254");
    assert_eq!(added["interface_index"], 8);
    let explained = printed_json(&host, "explain 10.30/16 via 192.0.2.254");
    assert_eq!(explained["interface_index"], 7);
    let (code, text) = error_text(&host, "route add 10.30/16 via 203.0.113.1");
    assert_eq!(code, 2);
    assert!(
        text.starts_with("error: missing `dev`: 203.0.113.1 is not on the link of an interface"),
        "{text}"
    );
    let (code, text) = error_text(&host, "route add 10.30/16 via fe80::1");
    assert_eq!(code, 2);
    let expected =
        "error: the prefix 10.30.0.0/16 and the next hop fe80::1 are of different families";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_next_hop_on_several_links_lists_the_interfaces() {
    let (code, text) = error_text(&host(), "route add 2001:db8::/32 via fe80::1");
    assert_eq!(code, 2);
    assert!(
        text.starts_with(
            "error: missing `dev`: fe80::1 is on the links of several interfaces; expected one of \
             `dev 7` (Ethernet 7), `dev 8` (Ethernet 8)\n"
        ),
        "{text}"
    );
}

#[test]
fn a_prefix_alone_names_the_only_route_to_it() {
    let host = host();
    printed(&host, "route add 10.20/16 via 192.0.2.254 metric 5");
    assert_eq!(printed_json(&host, "route get 10.20/16")["metric"], 5);
    let changed = printed_json(&host, "route set 10.20/16 metric 9");
    assert_eq!(changed["metric"], 9);
    assert_eq!(
        printed(&host, "route delete 10.20.0.0/255.255.0.0"),
        "deleted 10.20.0.0/16 via 192.0.2.254 dev 7\n"
    );
    let (code, error) = error_json(&host, "route delete 10.20/16");
    assert_eq!(
        (code, &error["error"]),
        (3, &json!("no route 10.20.0.0/16"))
    );
}

#[test]
fn several_routes_are_listed_and_none_is_deleted() {
    let host = host();
    for line in [
        "route add 10.20/16 via 192.0.2.254",
        "route add 10.20/16 via 198.51.100.254 metric 5",
    ] {
        printed(&host, line);
    }
    assert_eq!(
        error_text(&host, "route delete 10.20/16"),
        (
            2,
            "\
error: 2 routes match 10.20.0.0/16: expected the next hop and the interface of one of them
  10.20.0.0/16 via 192.0.2.254 dev 7 metric 256
  10.20.0.0/16 via 198.51.100.254 dev 8 metric 5
hint: give the next hop and the interface of one of these routes
"
            .to_owned()
        )
    );
    let (_, error) = error_json(&host, "route delete 10.20/16");
    assert_eq!(error["candidates"].as_array().unwrap().len(), 2);
    // An interface or a next hop decides.
    printed(&host, "route delete 10.20/16 dev 8");
    let (code, text) = error_text(&host, "route delete 10.20/16 via 192.0.2.1");
    assert_eq!(code, 3);
    assert!(
        text.starts_with(
            "error: no route 10.20.0.0/16 via 192.0.2.1\n  10.20.0.0/16 via 192.0.2.254 dev 7"
        ),
        "{text}"
    );
    printed(&host, "route delete 10.20/16 via 192.0.2.254");
}

#[test]
fn an_on_link_route_is_its_prefix_and_its_interface() {
    let host = host();
    for via in ["on-link", "via 192.0.2.254"] {
        printed(&host, &format!("route add 10.20/16 {via} dev 7"));
    }
    assert_eq!(
        printed(&host, "route delete 10.20/16 dev 7"),
        "deleted 10.20.0.0/16 dev 7\n"
    );
    assert_eq!(
        printed(&host, "route delete 10.20/16 dev 7"),
        "deleted 10.20.0.0/16 via 192.0.2.254 dev 7\n"
    );
}

#[test]
fn an_alias_is_matched_in_any_case() {
    let host = host();
    let added = run_words(&host, &["route", "add", "10.20/16", "dev", "ethernet 8"]);
    assert!(added.status.success(), "{added:?}");
    let shown = printed_json(&host, "route show --longer 10.20/16");
    assert_eq!(shown[0]["interface_index"], 8);
}

#[test]
fn an_unknown_alias_is_not_found_and_lists_the_near_ones() {
    let host = host();
    for words in [
        &["route", "add", "10.20/16", "dev", "Ehternet 7"][..],
        &["route", "show", "--dev", "Ehternet 7"],
    ] {
        let (code, text) = code_and_error(&host, words);
        assert_eq!(code, 3);
        assert!(
            text.starts_with(
                "error: no such interface `Ehternet 7`: did you mean `Ethernet 7` or `Ethernet 8`?\n\
                 hint: use an interface that `routectl interface show` lists"
            ),
            "{text}"
        );
    }
    let (code, error) = error_json(&host, "route add 10.20/16 dev tun0");
    assert_eq!((code, &error["status"]), (3, &Value::Null));
    assert_eq!(error["error"], "no such interface `tun0`");
}
