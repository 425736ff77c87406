//! Words and the routes they make, or what is said of them.

use ipforward::{Lifetime, RouteFlags};

use super::*;

fn arguments(line: &str, family: Option<Family>) -> RouteArguments {
    RouteArguments {
        words: line.split_whitespace().map(str::to_owned).collect(),
        family,
    }
}

fn shown(line: &str, family: Option<Family>) -> String {
    route(&arguments(line, family), &Names::default())
        .unwrap()
        .to_string()
}

fn complaint(line: &str) -> String {
    route(&arguments(line, None), &Names::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn words_after_the_prefix_come_in_any_order() {
    let expected = "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5";
    for line in [
        "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
        "10.20.0.0/16 metric 5 dev 7 via 192.0.2.254",
    ] {
        assert_eq!(shown(line, None), expected);
    }
}

#[test]
fn a_route_without_next_hop_is_on_link_with_the_default_metric() {
    assert_eq!(
        shown("10.20.0.0/16 dev luid:0x0006008001000000", None),
        "10.20.0.0/16 dev luid:0x0006008001000000 metric 256"
    );
}

#[test]
fn an_address_alone_is_a_host_route() {
    assert_eq!(
        shown("192.0.2.77 dev 7", None),
        "192.0.2.77/32 dev 7 metric 256"
    );
    assert_eq!(
        shown("2001:db8::1 dev 7", None),
        "2001:db8::1/128 dev 7 metric 256"
    );
}

#[test]
fn host_bits_stay_for_the_stack_to_judge() {
    assert_eq!(
        shown("10.20.0.1/16 dev 7", None),
        "10.20.0.1/16 dev 7 metric 256"
    );
}

#[test]
fn the_family_of_default_comes_from_the_option_or_the_next_hop() {
    for (line, family, prefix) in [
        ("default dev 7", None, "0.0.0.0/0"),
        ("default dev 7", Some(Family::Ipv6), "::/0"),
        ("default via 192.0.2.254 dev 7", None, "0.0.0.0/0"),
        ("default dev 7 via 2001:db8::1", None, "::/0"),
        ("default dev 7 via ::", None, "::/0"),
    ] {
        let route = route(&arguments(line, family), &Names::default()).unwrap();
        assert_eq!(route.destination.to_string(), prefix, "{line}");
    }
}

#[test]
fn a_wrong_word_is_named_with_what_would_be_right() {
    for (line, expected) in [
        (
            "10.20.0.0 /16 dev 7",
            "`/16` is no word of this command: right would be via, dev, metric, protocol, valid, preferred, \
             site, loopback, autoconfigure, publish, immortal",
        ),
        (
            "10.20.0/16 dev 7",
            "`10.20.0/16` is no prefix: right would be",
        ),
        (
            "10.20.0.0/33 dev 7",
            "the length of `10.20.0.0/33` is wrong: an IPv4 prefix has 0 to 32 bits",
        ),
        (
            "2001:db8::/129 dev 7",
            "the length of `2001:db8::/129` is wrong: an IPv6 prefix has 0 to 128 bits",
        ),
        (
            "10.0.0.0/8 via gateway dev 7",
            "`via gateway` is wrong: right would be the address",
        ),
        (
            "10.0.0.0/8 dev eth0",
            "`dev eth0` is wrong: right would be an interface of `routectl interface show`: its index",
        ),
        (
            "10.0.0.0/8 dev 7 metric high",
            "`metric high` is wrong: right would be a number",
        ),
        (
            "10.0.0.0/8 dev 7 valid 1h",
            "`valid 1h` is wrong: right would be a number of seconds (valid 3600) or `forever`",
        ),
        (
            "10.0.0.0/8 dev 7 publish maybe",
            "`publish maybe` is wrong: right would be yes or no (publish no)",
        ),
        (
            "10.0.0.0/8 dev 7 publish no publish no",
            "`publish` is there twice",
        ),
        (
            "10.0.0.0/8 dev",
            "`dev` says nothing: right would be an interface of `routectl interface show`: its index",
        ),
        ("10.0.0.0/8 dev 7 dev 7", "`dev` is there twice"),
        ("10.0.0.0/8 via 192.0.2.254", "`dev` is missing"),
    ] {
        let complaint = complaint(line);
        assert!(complaint.starts_with(expected), "{line}: {complaint}");
    }
}

#[test]
fn a_metric_does_not_name_a_route() {
    let error = key(
        &arguments("10.0.0.0/8 dev 7 metric 5", None),
        &Names::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`metric` is no word of this command: right would be via, dev"
    );
}

#[test]
fn a_change_says_what_to_change_and_leaves_the_rest() {
    let changed = |line: &str, old: &str| {
        let (key, members) = change(&arguments(line, None), &Names::default()).unwrap();
        let old = route(&arguments(old, None), &Names::default()).unwrap();
        assert_eq!(key, old.key());
        format!("{:#}", members.put_on(old))
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
    let error = change(&arguments("10.0.0.0/8 dev 7", None), &Names::default()).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "nothing to change is said: right would be at least one of metric, protocol"
        ),
        "{error}"
    );
}

#[test]
fn a_whole_route_is_read_as_it_is_written() {
    for line in [
        "10.20.0.0/16 via 192.0.2.254 dev 7 metric 5",
        "10.20.0.0/16 dev 7 metric 256 valid 60 protocol 99",
        "2001:db8::/32 dev 7 metric 0 valid 60 preferred 90 site 48 loopback no autoconfigure no \
         publish no immortal yes",
        "2001:db8::/32 dev 7 metric 0 preferred 90 immortal no",
    ] {
        let route = route(&arguments(line, None), &Names::default()).unwrap();
        assert_eq!(format!("{route:#}"), line);
    }
}

#[test]
fn a_route_that_ends_says_so_once() {
    let route = |line| route(&arguments(line, None), &Names::default()).unwrap();
    let ending = route("10.0.0.0/8 dev 7 valid 60");
    assert_eq!(ending.preferred_lifetime, Lifetime::Seconds(60));
    assert!(!ending.flags.contains(RouteFlags::IMMORTAL));
    let contradiction = route("10.0.0.0/8 dev 7 preferred 90 immortal yes valid 60");
    assert_eq!(contradiction.preferred_lifetime, Lifetime::Seconds(90));
    assert!(contradiction.flags.contains(RouteFlags::IMMORTAL));
}

#[test]
fn an_address_is_where_a_packet_goes_and_a_prefix_is_a_route() {
    let wanted = |line| super::wanted(&arguments(line, None), &Names::default());
    let address = IpAddr::from([10, 20, 1, 1]);
    let anywhere = Destination::new(address);
    assert_eq!(wanted("10.20.1.1"), Ok(Wanted::Best(anywhere)));
    assert_eq!(
        wanted("10.20.1.1 dev 7 from 192.0.2.10"),
        Ok(Wanted::Best(
            anywhere
                .interface(Interface::Index(7))
                .source([192, 0, 2, 10].into())
        ))
    );
    let host = IpNet::from(address);
    assert_eq!(
        wanted("10.20.1.1/32 dev 7"),
        Ok(Wanted::Route(RouteKey::new(host, Interface::Index(7))))
    );
    assert!(matches!(wanted("default dev 7"), Ok(Wanted::Route(_))));
    assert_eq!(
        wanted("10.20.1.1 via 192.0.2.254").unwrap_err().to_string(),
        "`via` is no word of this command: right would be from, dev"
    );
    assert_eq!(wanted("10.0.0.0/8"), Err(WordsError::DevMissing));
}
