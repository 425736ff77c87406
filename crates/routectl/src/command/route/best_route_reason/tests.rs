//! Reasons for the best route in sample tables.

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{Interface, IpNet};

use super::*;

fn interface(index: u32, metric: u32, connected: bool) -> IpInterface {
    IpInterface::try_from(&MibIpInterfaceRow {
        family: 2,
        interface_luid: index.into(),
        interface_index: index,
        metric,
        connected: connected.into(),
        ..MibIpInterfaceRow::default()
    })
    .unwrap()
}

fn route(prefix: &str, index: u32, metric: u32) -> Route {
    let destination: IpNet = prefix.parse().unwrap();
    let luid = index.into();
    Route::new(destination, Interface::Known { luid, index }).metric(metric)
}

fn explain(best: &Route, to: &Destination, routes: &[Route]) -> (DecidedBy, String) {
    let interfaces = [
        interface(7, 25, true),
        interface(8, 35, true),
        interface(9, 1, false),
    ];
    let reason = BestRouteReason::new(best, to, routes, &interfaces);
    (reason.decided_by, reason.to_string())
}

fn anywhere() -> Destination {
    Destination::from(std::net::IpAddr::from([10, 20, 1, 1]))
}

#[test]
fn the_only_match_has_no_next_candidate() {
    let best = route("10.20.0.0/16", 7, 5);
    assert_eq!(
        explain(&best, &anywhere(), &[best, route("10.30.0.0/16", 7, 5)]),
        (
            DecidedBy::NoOther,
            "10.20.0.0/16 is the only match; metric 30 = route 5 + interface 25".to_owned()
        )
    );
}

#[test]
fn the_longer_prefix_wins_whatever_the_metric() {
    let best = route("10.20.0.0/16", 8, 500);
    let table = [route("0.0.0.0/0", 7, 0), best, route("10.0.0.0/8", 7, 0)];
    assert_eq!(
        explain(&best, &anywhere(), &table),
        (
            DecidedBy::PrefixLength,
            "longest prefix 10.20.0.0/16 of 3 matching; metric 535 = route 500 + interface 35; \
             next candidate 10.0.0.0/8 dev 7, a shorter prefix"
                .to_owned()
        )
    );
}

#[test]
fn the_lower_complete_metric_wins_among_equal_prefixes() {
    let best = route("10.20.0.0/16", 7, 5);
    let table = [route("10.20.0.0/16", 8, 5), best, route("0.0.0.0/0", 7, 0)];
    assert_eq!(
        explain(&best, &anywhere(), &table),
        (
            DecidedBy::Metric,
            "longest prefix 10.20.0.0/16 of 3 matching; metric 30 = route 5 + interface 25; next \
             candidate 10.20.0.0/16 dev 8 metric 40"
                .to_owned()
        )
    );
}

#[test]
fn a_tie_is_reported() {
    let best = route("10.20.0.0/16", 7, 15);
    let (decided, text) = explain(&best, &anywhere(), &[route("10.20.0.0/16", 8, 5), best]);
    assert_eq!(decided, DecidedBy::Tie);
    assert!(text.ends_with("dev 8 metric 40 too"), "{text}");
}

#[test]
fn routes_of_an_interface_without_link_do_not_compete() {
    let best = route("10.20.0.0/16", 7, 5);
    let (decided, text) = explain(&best, &anywhere(), &[route("10.20.1.0/24", 9, 0), best]);
    assert_eq!(decided, DecidedBy::NoOther);
    assert!(
        text.ends_with("; 1 more not in use: interface not connected"),
        "{text}"
    );
}

#[test]
fn default_routes_that_an_interface_ignores_do_not_compete() {
    let ignoring = IpInterface::try_from(&MibIpInterfaceRow {
        family: 2,
        interface_luid: 8,
        interface_index: 8,
        connected: 1,
        disable_default_routes: 1,
        ..MibIpInterfaceRow::default()
    });
    let best = route("0.0.0.0/0", 7, 5);
    let reason = BestRouteReason::new(
        &best,
        &anywhere(),
        &[best, route("0.0.0.0/0", 8, 0)],
        &[interface(7, 25, true), ignoring.unwrap()],
    );
    assert_eq!((reason.disconnected, reason.ignored_defaults), (0, 1));
    let expected = "; 1 more not in use: interface ignores default routes";
    assert!(reason.to_string().ends_with(expected), "{reason}");
}

#[test]
fn with_an_interface_or_a_source_only_its_routes_compete() {
    let best = route("10.20.0.0/16", 8, 500);
    let table = [route("10.20.0.0/16", 7, 0), best];
    let bound = anywhere().interface(Interface::Index(8));
    let from = anywhere().source([192, 0, 2, 10].into());
    for to in [bound, from] {
        assert_eq!(explain(&best, &to, &table).0, DecidedBy::NoOther);
    }
}

#[test]
fn a_contradiction_of_the_tables_is_reported() {
    let best = route("10.0.0.0/8", 7, 5);
    let (decided, text) = explain(&best, &anywhere(), &[best, route("10.20.0.0/16", 7, 5)]);
    assert_eq!(decided, DecidedBy::Nothing);
    assert!(text.starts_with("the stack chose 10.0.0.0/8 of 2 matching"));
    assert!(
        text.contains("the tables may have changed in between"),
        "{text}"
    );
}

#[test]
fn an_unknown_metric_is_never_a_number() {
    let gone = route("10.20.0.0/16", 99, 5);
    let (decided, text) = explain(&gone, &anywhere(), &[gone, route("10.20.0.0/16", 7, 5)]);
    assert_eq!(decided, DecidedBy::UnknownMetric);
    assert!(
        text.contains("metric unknown = route 5 + interface unknown"),
        "{text}"
    );
    let unspecified = route("10.20.0.0/16", 7, Route::METRIC_UNSPECIFIED);
    let (_, text) = explain(&unspecified, &anywhere(), &[unspecified]);
    assert!(
        text.contains("metric unknown = route unspecified + interface 25"),
        "{text}"
    );
    let no_tables = BestRouteReason::new(&gone, &anywhere(), &[gone], &[]);
    assert_eq!(no_tables.matching, 1);
}
