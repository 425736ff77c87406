//! All cases of the importer, through the program.

use ipforward::abi::MibIpInterfaceRow;
use ipforward::{AddressFamily, Interface, IpNet, Route, RouteProtocol};

use crate::fake_host::{FakeHost, interface};
use crate::field_cases::machine::{self, IpNetText, MachineFamily};
use crate::field_cases::report::ImportReport;
use crate::field_cases::{Case, cases};
use crate::program::{command, printed, working_host};

/// The rows and the routes of a family on an interface.
fn add_family(
    host: &FakeHost,
    rows: &mut Vec<MibIpInterfaceRow>,
    row: MibIpInterfaceRow,
    family: &MachineFamily,
) {
    let of_interface = Interface::Known {
        luid: row.interface_luid,
        index: row.interface_index,
    };
    for IpNetText(address) in &family.addresses {
        for prefix in [address.trunc(), IpNet::from(address.addr())] {
            host.add_route(Route::new(prefix, of_interface).protocol(RouteProtocol::LOCAL));
        }
    }
    rows.push(MibIpInterfaceRow {
        metric: family.metric,
        ..row
    });
}

/// A host with the interfaces and routes of the computer.
fn host() -> FakeHost {
    let host = working_host();
    let mut rows = Vec::new();
    for described in machine::read().interfaces {
        host.set_alias(described.luid, &described.name);
        let row = |family| MibIpInterfaceRow {
            interface_luid: described.luid,
            connected: described.connected.into(),
            ..interface(family, described.index, 0)
        };
        if let Some(family) = &described.ipv4 {
            add_family(&host, &mut rows, row(AddressFamily::IPV4), family);
        }
        if let Some(family) = &described.ipv6 {
            add_family(&host, &mut rows, row(AddressFamily::IPV6), family);
        }
    }
    host.set_interfaces(rows);
    host.add_route(machine::default_route());
    host
}

/// Runs `import` for a case, in a folder with its file.
fn import(host: &FakeHost, case: &Case, options: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("FILE"), &case.text).unwrap();
    command(host, "--json import FILE")
        .args(&case.options)
        .args(options)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn every_case_becomes_what_is_expected_on_a_host() {
    let host = host();
    let before = printed(&host, "route show");
    for case in cases() {
        ImportReport::of(&case, &import(&host, &case, &["--dry-run"]));
    }
    assert_eq!(printed(&host, "route show"), before);
}
