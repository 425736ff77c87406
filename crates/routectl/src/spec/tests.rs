//! Parsing descriptions of routes, and errors in them.

use ipforward::{Lifetime, RouteFlags};

use super::*;

fn arguments(line: &str, family: Option<IpFamily>) -> RouteArguments {
    RouteArguments {
        spec: line.split_whitespace().map(str::to_owned).collect(),
        family,
    }
}

fn parsed(line: &str, family: Option<IpFamily>) -> String {
    route(&arguments(line, family), &InterfaceNames::default())
        .unwrap()
        .to_string()
}

fn error(line: &str) -> String {
    route(&arguments(line, None), &InterfaceNames::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn keywords_come_in_any_order() {
    let expected = "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5";
    for line in [
        "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
        "10.20.0.0/16 metric 5 dev 7 via 192.0.2.254",
    ] {
        assert_eq!(parsed(line, None), expected);
    }
}

#[test]
fn a_prefix_and_dev_make_an_on_link_route() {
    assert_eq!(
        parsed("10.20.0.0/16 dev luid:0x0006008001000000", None),
        "10.20.0.0/16 dev luid:0x0006008001000000 metric 256"
    );
}

#[test]
fn an_address_is_a_host_route() {
    assert_eq!(
        parsed("192.0.2.77 dev 7", None),
        "192.0.2.77/32 dev 7 metric 256"
    );
    assert_eq!(
        parsed("2001:db8::1 dev 7", None),
        "2001:db8::1/128 dev 7 metric 256"
    );
}

#[test]
fn host_bits_are_kept() {
    assert_eq!(
        parsed("10.20.0.1/16 dev 7", None),
        "10.20.0.1/16 dev 7 metric 256"
    );
}

#[test]
fn default_has_the_family_of_the_option_or_the_next_hop() {
    for (line, family, prefix) in [
        ("default dev 7", None, "0.0.0.0/0"),
        ("default dev 7", Some(IpFamily::Ipv6), "::/0"),
        ("default via 192.0.2.254 dev 7", None, "0.0.0.0/0"),
        ("default dev 7 via 2001:db8::1", None, "::/0"),
        ("default dev 7 via ::", None, "::/0"),
    ] {
        let route = route(&arguments(line, family), &InterfaceNames::default()).unwrap();
        assert_eq!(route.destination.to_string(), prefix, "{line}");
    }
}

#[test]
fn an_error_names_the_argument_and_what_is_expected() {
    for (line, expected) in [
        (
            "10.20.0.0 /16 dev 7",
            "unknown keyword `/16`: did you mean `10.20.0.0/16`? expected via, dev, metric, protocol, valid, preferred, \
             site, loopback, autoconfigure, publish, immortal",
        ),
        (
            "10.20.0 dev 7",
            "invalid prefix `10.20.0`: did you mean `10.20.0.0/24`? expected ADDRESS/LENGTH",
        ),
        (
            "10.20.0.0/33 dev 7",
            "invalid prefix length in `10.20.0.0/33`: expected 0 to 32 for IPv4",
        ),
        (
            "2001:db8::/129 dev 7",
            "invalid prefix length in `2001:db8::/129`: expected 0 to 128 for IPv6",
        ),
        (
            "10.0.0.0/8 via gateway dev 7",
            "invalid value `gateway` of `via`: expected the address",
        ),
        ("10.0.0.0/8 dev eth0", "no such interface `eth0`"),
        (
            "10.0.0.0/8 dev 7 metric high",
            "invalid value `high` of `metric`: expected a number",
        ),
        (
            "10.0.0.0/8 dev 7 valid forver",
            "invalid value `forver` of `valid`: did you mean `forever`? expected a time (valid 3600",
        ),
        (
            "10.0.0.0/8 dev 7 protocol Opsf",
            "invalid value `Opsf` of `protocol`: did you mean `Ospf`? expected a name",
        ),
        (
            "10.0.0.0/8 dev 7 publish maybe",
            "invalid value `maybe` of `publish`: expected yes or no (publish no)",
        ),
        (
            "10.0.0.0/8 dev 7 publish no publish no",
            "`publish` given twice",
        ),
        (
            "10.0.0.0/8 dev",
            "`dev` needs a value: expected an interface from `routectl interface show`: its index",
        ),
        ("10.0.0.0/8 dev 7 dev 7", "`dev` given twice"),
        (
            "10.0.0.0/8 metric 5",
            "missing `dev`: expected an interface",
        ),
        (
            "10.0.0.0/8 via 192.0.2.254",
            "missing `dev`: 192.0.2.254 is not on the link of an interface",
        ),
    ] {
        let error = error(line);
        assert!(error.starts_with(expected), "{line}: {error}");
    }
}

#[test]
fn other_spellings_of_keywords_and_values_are_understood() {
    for (line, expected) in [
        (
            "10.20/16 gateway 192.0.2.254 interface 7 valid 1h",
            "10.20.0.0/16 via 192.0.2.254 dev 7 metric 256 valid 3600",
        ),
        (
            "10.0.0.0/255.0.0.0 on-link dev 7",
            "10.0.0.0/8 dev 7 metric 256",
        ),
        (
            "0/0 next_hop on-link DEV 7 publish false",
            "0.0.0.0/0 dev 7 metric 256 publish no",
        ),
        (
            "fd00::/8 via fe80::1%7 metric 5",
            "fd00::/8 via fe80::1%7 dev 7 metric 5",
        ),
    ] {
        let route = route(&arguments(line, None), &InterfaceNames::default()).unwrap();
        assert_eq!(format!("{route:#}"), expected, "{line}");
    }
}

#[test]
fn a_key_takes_no_metric() {
    let error = key(
        &arguments("10.0.0.0/8 dev 7 metric 5", None),
        &InterfaceNames::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown keyword `metric`: expected via, dev"
    );
}

#[test]
fn a_change_keeps_the_other_members() {
    let changed = |line: &str, old: &str| {
        let (key, members) = change(&arguments(line, None), &InterfaceNames::default()).unwrap();
        let old = route(&arguments(old, None), &InterfaceNames::default()).unwrap();
        assert_eq!(key.exact(), Some(old.key()));
        format!("{:#}", members.apply_to(old))
    };
    assert_eq!(
        changed(
            "10.0.0.0/8 metric 5 dev 7",
            "10.0.0.0/8 dev 7 protocol Ospf site 8"
        ),
        "10.0.0.0/8 dev 7 metric 5 protocol Ospf site 8"
    );
    assert_eq!(
        changed(
            "10.0.0.0/8 dev 7 publish yes",
            "10.0.0.0/8 dev 7 metric 9 publish no"
        ),
        "10.0.0.0/8 dev 7 metric 9"
    );
    let error = change(
        &arguments("10.0.0.0/8 dev 7", None),
        &InterfaceNames::default(),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("nothing to change: expected at least one of metric, protocol"),
        "{error}"
    );
}

#[test]
fn a_route_survives_formatting_and_parsing() {
    for line in [
        "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
        "10.20.0.0/16 dev 7 metric 256 valid 60 protocol 99",
        "2001:db8::/32 dev 7 metric 0 valid 60 preferred 90 site 48 loopback no autoconfigure no \
         publish no immortal yes",
        "2001:db8::/32 dev 7 metric 0 preferred 90 immortal no",
    ] {
        let route = route(&arguments(line, None), &InterfaceNames::default()).unwrap();
        assert_eq!(format!("{route:#}"), line);
    }
}

#[test]
fn a_finite_lifetime_sets_preferred_and_immortal() {
    let route = |line| route(&arguments(line, None), &InterfaceNames::default()).unwrap();
    let ending = route("10.0.0.0/8 dev 7 valid 60");
    assert_eq!(ending.preferred_lifetime, Lifetime::Seconds(60));
    assert!(!ending.flags.contains(RouteFlags::IMMORTAL));
    let contradiction = route("10.0.0.0/8 dev 7 preferred 90 immortal yes valid 60");
    assert_eq!(contradiction.preferred_lifetime, Lifetime::Seconds(90));
    assert!(contradiction.flags.contains(RouteFlags::IMMORTAL));
}

#[test]
fn get_takes_an_address_or_a_route() {
    let target = |line| super::get_target(&arguments(line, None), &InterfaceNames::default());
    let address = IpAddr::from([10, 20, 1, 1]);
    let anywhere = Destination::new(address);
    assert_eq!(target("10.20.1.1"), Ok(GetTarget::Best(anywhere)));
    assert_eq!(
        target("10.20.1.1 dev 7 from 192.0.2.10"),
        Ok(GetTarget::Best(
            anywhere
                .interface(Interface::Index(7))
                .source([192, 0, 2, 10].into())
        ))
    );
    let host = IpNet::from(address);
    assert_eq!(
        target("10.20.1.1/32 dev 7"),
        Ok(GetTarget::Route(PartialKey {
            destination: host,
            next_hop: None,
            interface: Some(Interface::Index(7)),
        }))
    );
    assert!(matches!(target("default dev 7"), Ok(GetTarget::Route(_))));
    assert_eq!(
        target("10.20.1.1 via 192.0.2.254").unwrap_err().to_string(),
        "unknown keyword `via`: expected from, dev"
    );
    assert!(matches!(target("10.0.0.0/8"), Ok(GetTarget::Route(_))));
}

#[test]
fn a_metric_that_the_stack_would_replace_is_refused() {
    let expected = "invalid value `4294967295` of `metric`: expected a number from 0 to 2147483647";
    let words = ["10.20.0.0/16", "dev", "7", "metric", "4294967295"].map(str::to_owned);
    let arguments = RouteArguments {
        spec: words.to_vec(),
        family: None,
    };
    let names = InterfaceNames::default();
    let error = route(&arguments, &names).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
    let error = change(&arguments, &names).unwrap_err().to_string();
    assert!(error.starts_with(expected), "{error}");
    // `explain` takes a row that breaks a rule.
    assert_eq!(row(&arguments, &names).unwrap().route.metric, u32::MAX);
}
