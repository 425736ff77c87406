//! Every rule that a row can break: the stack's status, and the diagnosis of `EXPLAIN_ROUTE` and of
//! the answer to `APPLY`.

use std::fs;
use std::net::IpAddr;

use abi::apply::{ENTRY_CREATE, OUTCOME_FAILED};
use abi::interface_request::INTERFACE_AUTOMATIC_METRIC;
use abi::operation::call;
use abi::route::METRIC_MAX;
use abi::{
    AddressFamily, ApplyEntry, ApplyHeader, BestRouteRequest, Cause, InterfaceRequest,
    IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, SockaddrInet, TableRequest,
};
use ipforward::{Device, Error, Interface, Route};
use nt_netio_profile::Behaviours;
use tests::{Profile, start_host, start_host_with, table};

/// A row, and the expected refusal.
struct Case {
    what: &'static str,
    row: MibIpForwardRow2,
    /// The status of the stack under a choice of behaviours; success if the stack accepts the row.
    status_under: fn(Behaviours) -> NtStatus,
    cause: Cause,
    /// The member that the diagnosis names.
    member: Option<&'static str>,
    /// The largest valid value.
    limit: Option<u32>,
}

impl Case {
    fn new(
        what: &'static str,
        cause: Cause,
        member: &'static str,
        change: impl FnOnce(&mut MibIpForwardRow2),
    ) -> Self {
        let mut row = ipv4();
        change(&mut row);
        Self {
            what,
            row,
            status_under: |_| NtStatus::INVALID_PARAMETER,
            cause,
            member: Some(member),
            limit: None,
        }
    }

    fn limit(self, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// Another status than `STATUS_INVALID_PARAMETER`.
    fn status_under(self, status_under: fn(Behaviours) -> NtStatus) -> Self {
        Self {
            status_under,
            ..self
        }
    }

    fn status(&self) -> NtStatus {
        (self.status_under)(Profile::of_this_run().behaviours())
    }
}

const fn accepted_if(is_accepted: bool) -> NtStatus {
    if is_accepted {
        NtStatus::SUCCESS
    } else {
        NtStatus::INVALID_PARAMETER
    }
}

fn address(text: &str) -> SockaddrInet {
    text.parse::<IpAddr>().expect("an address").into()
}

fn row(prefix: &str, length: u8, next_hop: &str) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_index: 7,
        destination_prefix: IpAddressPrefix {
            prefix: address(prefix),
            prefix_length: length,
            reserved: [0; 3],
        },
        next_hop: address(next_hop),
        valid_lifetime: u32::MAX,
        preferred_lifetime: u32::MAX,
        metric: 5,
        protocol: 3,
        ..MibIpForwardRow2::default()
    }
}

fn ipv4() -> MibIpForwardRow2 {
    row("10.20.0.0", 16, "192.0.2.254")
}

fn ipv6() -> MibIpForwardRow2 {
    row("2001:db8:20::", 48, "2001:db8::1")
}

/// The rules of the row itself.
fn of_the_row() -> Vec<Case> {
    const PREFIX: &str = "DestinationPrefix.Prefix";
    const FAMILY: &str = "DestinationPrefix.Prefix.si_family";
    const LENGTH: &str = "DestinationPrefix.PrefixLength";
    vec![
        Case::new("no prefix", Cause::PREFIX_FAMILY, FAMILY, |row| {
            row.destination_prefix = IpAddressPrefix::default();
        }),
        Case::new("another family", Cause::PREFIX_FAMILY, FAMILY, |row| {
            row.destination_prefix.prefix.family = 99;
        }),
        Case::new("33 bits of IPv4", Cause::PREFIX_LENGTH, LENGTH, |row| {
            row.destination_prefix.prefix_length = 33;
        })
        .limit(32),
        Case::new("129 bits of IPv6", Cause::PREFIX_LENGTH, LENGTH, |row| {
            *row = ipv6();
            row.destination_prefix.prefix_length = 129;
        })
        .limit(128),
        Case::new("host bits of IPv4", Cause::HOST_BITS, PREFIX, |row| {
            row.destination_prefix.prefix = address("10.20.0.1");
        }),
        Case::new("host bits of IPv6", Cause::HOST_BITS, PREFIX, |row| {
            *row = ipv6();
            row.destination_prefix.prefix = address("2001:db8:20::1");
        }),
        Case::new(
            "no next hop",
            Cause::NEXT_HOP_UNSPECIFIED,
            "NextHop",
            |row| {
                row.next_hop = SockaddrInet::default();
            },
        )
        .status_under(|all| accepted_if(all.accepts_fresh_site_prefix())),
        Case::new(
            "a next hop of IPv6",
            Cause::NEXT_HOP_FAMILY,
            "NextHop",
            |row| {
                row.next_hop = address("2001:db8::1");
            },
        ),
        Case::new(
            "no interface",
            Cause::INTERFACE_UNSPECIFIED,
            "InterfaceLuid",
            |row| row.interface_index = 0,
        )
        .status_under(Behaviours::no_interface_given),
        Case::new(
            "preferred for too long",
            Cause::LIFETIMES,
            "PreferredLifetime",
            |row| {
                row.valid_lifetime = 60;
                row.preferred_lifetime = 61;
            },
        )
        .limit(60),
        Case::new(
            "a long site prefix",
            Cause::SITE_PREFIX_LENGTH,
            "SitePrefixLength",
            |row| row.site_prefix_length = 17,
        )
        .limit(16),
        Case::new(
            "the site prefix of a fresh row",
            Cause::SITE_PREFIX_LENGTH,
            "SitePrefixLength",
            |row| row.site_prefix_length = 255,
        )
        .limit(16)
        .status_under(|all| accepted_if(all.accepts_fresh_site_prefix())),
        Case::new("a large metric", Cause::METRIC, "Metric", |row| {
            row.metric = METRIC_MAX + 1;
        })
        .limit(METRIC_MAX)
        .status_under(|all| accepted_if(!all.checks_metric())),
    ]
}

/// The rules that depend on the interfaces.
fn of_the_network() -> Vec<Case> {
    vec![
        Case::new(
            "no such interface",
            Cause::INTERFACE_UNKNOWN,
            "InterfaceLuid",
            |row| row.interface_index = 99,
        )
        .status_under(|_| NtStatus::NOT_FOUND),
        Case::new(
            "a LUID that is none, with an index that is one",
            Cause::INTERFACE_UNKNOWN,
            "InterfaceLuid",
            |row| row.interface_luid = 99,
        )
        .status_under(|_| NtStatus::NOT_FOUND),
        Case::new(
            "a family that the interface has not",
            Cause::FAMILY_NOT_BOUND,
            "InterfaceLuid",
            |row| {
                *row = ipv6();
                row.interface_index = 9;
            },
        )
        .status_under(|_| NtStatus::NOT_FOUND),
    ]
}

/// Creates the row of a case, alone and in a batch, and asks for the reason of the refusal.
fn check(device: &Device, case: &Case) {
    let what = case.what;
    let status = case.status();
    let before = table(device);
    if status == NtStatus::SUCCESS {
        device.call::<call::CreateRoute>(&case.row).expect(what);
        device.call::<call::DeleteRoute>(&case.row).expect(what);
        assert_eq!(table(device), before, "{what}");
        return;
    }
    let refused = device.call::<call::CreateRoute>(&case.row).expect_err(what);
    assert_eq!(refused.status(), Some(status), "{what}");

    let diagnosis = device.explain_row(&case.row, Some(status)).expect(what);
    assert_eq!(diagnosis.member(), case.member, "{what}: {diagnosis:?}");
    assert_eq!(diagnosis.limit(), case.limit, "{what}: {diagnosis:?}");

    let header = ApplyHeader {
        count: 1,
        ..ApplyHeader::default()
    };
    let entry = ApplyEntry {
        operation: ENTRY_CREATE,
        row: case.row,
        ..ApplyEntry::default()
    };
    let (answer, entries) = device
        .call_with_elements::<call::Apply>(&header, &[entry], 1)
        .expect(what);
    assert_eq!((answer.outcome, answer.failed_index), (OUTCOME_FAILED, 0));
    let entry = entries[0];
    assert_eq!(
        (entry.status, Cause(entry.cause), entry.limit),
        (status.bits(), case.cause, case.limit.unwrap_or(0)),
        "{what}"
    );
    assert_eq!(table(device), before, "{what}");
}

#[test]
fn each_broken_row_rule_has_its_status_member_and_limit() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    for case in of_the_row().iter().chain(&of_the_network()) {
        check(&device, case);
    }
    drop(device);
    host.stop_clean();
}

#[test]
fn a_duplicate_route_is_refused_with_the_existing_one() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    device.call::<call::CreateRoute>(&ipv4()).unwrap();
    let duplicate = Profile::of_this_run().duplicate();
    let case = Case {
        member: None,
        ..Case::new("a duplicate", Cause::DUPLICATE, "", |row| row.metric = 9)
    }
    .status_under(Behaviours::duplicate);
    check(&device, &case);
    let there = Route::try_from(&ipv4()).unwrap();
    let diagnosis = device.explain_row(&case.row, Some(duplicate)).unwrap();
    let ipforward::Diagnosis::Duplicate { existing } = diagnosis else {
        panic!("{diagnosis:?}");
    };
    assert_eq!(
        (existing.key().destination, existing.metric),
        (there.destination, 5)
    );
    drop(device);
    host.stop_clean();
}

/// A network without IPv6, whose interface 9 carries no routes.
const NARROW: &str = r#"
stacks = ["ipv4"]

[[interface]]
name = "Ethernet"
index = 7
luid = 0x0006008001000000
ipv4 = { addresses = ["192.0.2.10/24"], metric = 25 }

[[interface]]
name = "Capture"
index = 9
luid = 0x0006008002000000
carries_routes = false
ipv4 = { addresses = ["198.51.100.10/24"], metric = 10 }
"#;

fn on_a_narrow_network(test: impl FnOnce(&Device)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("network.toml");
    fs::write(&file, NARROW).unwrap();
    let host = start_host_with(&["--interfaces", file.to_str().unwrap()]);
    let device = Device::open(host.socket()).unwrap();
    test(&device);
    drop(device);
    host.stop_clean();
}

#[test]
fn an_unsupported_family_and_interface_are_distinguished() {
    let cases = [
        Case::new(
            "no IPv6 stack",
            Cause::FAMILY_WITHOUT_STACK,
            "DestinationPrefix.Prefix.si_family",
            |row| *row = ipv6(),
        ),
        Case::new(
            "an interface without routes",
            Cause::INTERFACE_WITHOUT_ROUTES,
            "InterfaceLuid",
            |row| row.interface_index = 9,
        ),
    ];
    on_a_narrow_network(|device| {
        for case in cases {
            check(device, &case.status_under(|_| NtStatus::NOT_SUPPORTED));
        }
        // The driver cannot know beforehand whether an interface carries routes.
        let row = MibIpForwardRow2 {
            interface_index: 9,
            ..ipv4()
        };
        assert!(!device.explain_row(&row, None).unwrap().is_fault());
        // The driver knows without a call that the family has no stack.
        assert!(device.explain_row(&ipv6(), None).unwrap().is_fault());
    });
}

#[test]
fn every_call_for_a_family_without_a_stack_is_not_supported() {
    fn refused<T>(answer: Result<T, Error>) -> Option<NtStatus> {
        answer.err().and_then(|error| error.status())
    }
    on_a_narrow_network(|device| {
        let row = ipv6();
        let table = TableRequest {
            family: AddressFamily::IPV6.0,
            ..TableRequest::default()
        };
        let best = BestRouteRequest {
            interface_index: 7,
            destination: address("2001:db8::5"),
            ..BestRouteRequest::default()
        };
        let interface = MibIpInterfaceRow {
            family: AddressFamily::IPV6.0,
            interface_index: 7,
            ..MibIpInterfaceRow::default()
        };
        let settings = InterfaceRequest {
            family: AddressFamily::IPV6.0,
            interface_index: 7,
            flags: INTERFACE_AUTOMATIC_METRIC,
            ..InterfaceRequest::default()
        };
        let answers = [
            ("create", refused(device.call::<call::CreateRoute>(&row))),
            ("set", refused(device.call::<call::SetRoute>(&row))),
            ("delete", refused(device.call::<call::DeleteRoute>(&row))),
            ("get", refused(device.call::<call::GetRoute>(&row))),
            (
                "table",
                refused(device.call_for_rows::<call::GetTable>(&table, 1)),
            ),
            (
                "best route",
                refused(device.call::<call::GetBestRoute>(&best)),
            ),
            (
                "interface",
                refused(device.call::<call::GetInterface>(&interface)),
            ),
            (
                "set interface",
                refused(device.call::<call::SetInterface>(&settings)),
            ),
            (
                "interfaces",
                refused(device.call_for_rows::<call::GetInterfaceTable>(&table, 1)),
            ),
        ];
        for (what, status) in answers {
            assert_eq!(status, Some(NtStatus::NOT_SUPPORTED), "{what}");
        }
        // Calls for the other family succeed.
        device
            .interface(AddressFamily::IPV4, Interface::Index(7))
            .unwrap();
    });
}
