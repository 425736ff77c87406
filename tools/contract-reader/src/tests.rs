//! Sizes, offsets and values are those that the compiler computes from the same source.

use std::mem::{align_of, offset_of};

use abi::operation::OPERATIONS;
use abi::{
    ApplyAnswer, ApplyEntry, ApplyHeader, BestRoute, BestRouteRequest, Cause, Counters, Diagnosis,
    EntryAnswer, ExplainRequest, InterfaceLeaseRow, InterfaceRequest, IpAddressPrefix, LeaseHeader,
    LeaseRequest, LeaseRow, Losses, MibIpForwardRow2, MibIpInterfaceRow, SockaddrInet, Statistics,
    TableHeader, TableRequest, Version, WatchEvent, WatchHeader, WatchRequest,
};

use super::*;
use crate::snapshot::{SnapshotChange, compare};

fn contract() -> Contract {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Contract::read(&workspace).unwrap()
}

#[test]
fn sizes_and_alignments_are_the_compilers() {
    let contract = contract();
    macro_rules! check {
        ($($structure:ident)*) => {
            let names = [$(stringify!($structure),)*];
            for structure in &contract.structures {
                assert!(names.contains(&structure.name.as_str()), "{} is not checked", structure.name);
            }
            $(
                let structure = contract.structure(stringify!($structure)).unwrap();
                assert_eq!(structure.size, size_of::<$structure>(), "{}", structure.name);
                assert_eq!(structure.alignment, align_of::<$structure>(), "{}", structure.name);
            )*
        };
    }
    check!(
        SockaddrInet IpAddressPrefix MibIpForwardRow2 MibIpInterfaceRow BestRouteRequest BestRoute
        InterfaceRequest
        ExplainRequest Diagnosis Counters Losses Statistics TableRequest TableHeader Version
        ApplyHeader ApplyEntry ApplyAnswer EntryAnswer LeaseRequest LeaseHeader LeaseRow
        InterfaceLeaseRow
        WatchRequest WatchHeader WatchEvent
    );
}

#[test]
fn offsets_are_the_compilers() {
    let contract = contract();
    let offset = |structure: &str, member: &str| {
        let members = &contract.structure(structure).unwrap().members;
        members.iter().find(|m| m.name == member).unwrap().offset
    };
    assert_eq!(
        offset("MibIpForwardRow2", "origin"),
        offset_of!(MibIpForwardRow2, origin)
    );
    assert_eq!(
        offset("MibIpInterfaceRow", "disable_default_routes"),
        offset_of!(MibIpInterfaceRow, disable_default_routes)
    );
    assert_eq!(
        offset("BestRouteRequest", "destination"),
        offset_of!(BestRouteRequest, destination)
    );
    assert_eq!(
        offset("Version", "driver_version"),
        offset_of!(Version, driver_version)
    );
}

#[test]
fn structures_have_the_names_that_the_operation_table_uses() {
    let names: Vec<String> = contract()
        .structures
        .iter()
        .map(Structure::c_name)
        .collect();
    for row in OPERATIONS {
        for name in [row.input, row.element, row.output, row.row] {
            assert!(name == "void" || names.iter().any(|known| known == name));
        }
    }
}

#[test]
fn every_cause_is_read_with_its_number_and_description() {
    let causes = contract().causes;
    assert_eq!(causes.len(), Cause::ALL.len());
    for (read, cause) in causes.iter().zip(Cause::ALL) {
        assert_eq!(read.value.to_string(), cause.0.to_string(), "{}", read.name);
        assert!(!read.documentation.is_empty(), "{}", read.name);
    }
}

#[test]
fn constants_are_evaluated() {
    let constants = contract().constants;
    let value = |name: &str| {
        let constant = constants.iter().find(|constant| constant.name == name);
        constant.map(|constant| constant.value.to_string())
    };
    let number = |number: u64| Some(number.to_string());
    assert_eq!(
        value("CAPABILITY_STATISTICS"),
        number(abi::version::CAPABILITY_STATISTICS)
    );
    assert_eq!(
        value("INFINITE_LIFETIME"),
        number(abi::route::INFINITE_LIFETIME.into())
    );
    assert_eq!(
        value("TABLE_ROWS_MAX"),
        number(abi::table::TABLE_ROWS_MAX.into())
    );
    assert_eq!(value("AddressFamily::IPV6"), number(23));
    assert_eq!(value("USER_PATH").as_deref(), Some(r"\\.\IpForward"));
}

#[test]
fn a_released_version_does_not_change() {
    let of = |version: u32, b: u32| {
        format!("ABI version {version}\nlast released ABI version 1\nconstant B = {b}\n")
    };
    assert_eq!(compare(&of(1, 2), &of(1, 2)), SnapshotChange::Same);
    assert_eq!(
        compare(&of(1, 2), &of(1, 3)),
        SnapshotChange::Broken {
            gone: vec!["constant B = 2".to_owned()],
            new: vec!["constant B = 3".to_owned()],
        }
    );
    assert!(matches!(
        compare(&of(2, 2), &of(1, 3)),
        SnapshotChange::Broken { .. }
    ));
}

#[test]
fn a_version_that_is_not_released_may_change() {
    let of = |version: u32, b: u32| {
        format!("ABI version {version}\nlast released ABI version 1\nconstant B = {b}\n")
    };
    assert_eq!(compare(&of(1, 2), &of(2, 3)), SnapshotChange::Unreleased);
    assert_eq!(compare(&of(2, 3), &of(2, 4)), SnapshotChange::Unreleased);
}

#[test]
fn a_snapshot_without_a_released_version_is_broken() {
    assert!(matches!(
        compare("ABI version 1\n", "ABI version 2\n"),
        SnapshotChange::Broken { .. }
    ));
}
