//! Errors of refused calls: each names the route, the broken rule and the status.

use std::error::Error as _;

use abi::apply::{NO_ENTRY, OUTCOME_FAILED};
use abi::{ApplyAnswer, Cause, EntryAnswer};

use super::*;
use crate::batch::{Batch, Entry};
use crate::reason::Reason;

fn diagnosis(cause: Cause) -> Vec<u8> {
    let answer = abi::Diagnosis {
        cause: cause.0,
        limit: 9,
        existing: MibIpForwardRow2::from(&route(20).metric(77)),
    };
    answer.as_bytes().to_vec()
}

/// An answer to a batch in which entries with a status other than 0 failed.
fn applied(statuses: &[NtStatus]) -> Vec<u8> {
    let header = ApplyAnswer {
        outcome: OUTCOME_FAILED,
        failed_index: NO_ENTRY,
        count: u32::try_from(statuses.len()).unwrap(),
        ..ApplyAnswer::default()
    };
    let entries: Vec<_> = statuses
        .iter()
        .map(|status| EntryAnswer {
            status: status.bits(),
            cause: if status.is_success() {
                0
            } else {
                Cause::METRIC.0
            },
            limit: 9,
            ..EntryAnswer::default()
        })
        .collect();
    [header.as_bytes(), entries.as_bytes()].concat()
}

#[test]
fn a_refused_route_is_named_with_the_rule_it_breaks() {
    let (device, _) = device([
        Err(NtStatus::INVALID_PARAMETER),
        Ok(diagnosis(Cause::HOST_BITS)),
    ]);
    let bits = Route {
        destination: "10.20.0.1/16".parse().unwrap(),
        ..route(20)
    };
    let error = device.create_route(&bits).unwrap_err();
    assert_eq!(error.operation(), Some(Operation::CreateRoute));
    assert_eq!(error.reason(), Some(Reason::InvalidParameter));
    let refused = error.refused_route().unwrap();
    let meant = "10.20.0.0/16".parse().unwrap();
    assert_eq!(refused.route, bits);
    assert_eq!(refused.diagnosis, Some(Diagnosis::HostBits { meant }));
    assert_eq!(refused.entry, None);
    assert_eq!(
        error.to_string(),
        "CREATE_ROUTE was refused for 10.20.0.1/16 dev 7: bits are set behind the prefix length of \
         16, expected 10.20.0.0/16; STATUS_INVALID_PARAMETER (0xC000000D, Win32 87 \
         ERROR_INVALID_PARAMETER)"
    );
}

#[test]
fn the_source_of_a_refusal_is_its_status() {
    let (device, _) = device([Err(NtStatus::NO_MEMORY), Err(NtStatus::NO_MEMORY)]);
    let status = DriverError::from_status(NtStatus::NO_MEMORY);
    for error in [
        device.create_route(&route(20)).unwrap_err(),
        device.version().unwrap_err(),
    ] {
        let source = error.source().unwrap();
        assert_eq!(source.downcast_ref(), Some(&status));
        assert!(source.source().is_none());
    }
}

#[test]
fn a_change_and_a_deletion_are_explained_too() {
    let (device, driver) = device([
        Err(NtStatus::INVALID_PARAMETER),
        Ok(diagnosis(Cause::METRIC)),
        Err(NtStatus::NOT_FOUND),
        Ok(diagnosis(Cause::INTERFACE_UNKNOWN)),
    ]);
    let text = device.set_route(&route(20).metric(10)).unwrap_err();
    assert!(
        text.to_string().starts_with(
            "SET_ROUTE was refused for 10.20.0.0/16 dev 7: the metric 10 is above the maximum of 9; STATUS_INVALID_PARAMETER"
        ),
        "{text}"
    );
    let text = device.delete_route(&route(20).key()).unwrap_err();
    assert!(
        text.to_string().starts_with(
            "DELETE_ROUTE was refused for 10.20.0.0/16 dev 7: interface 7 does not exist, expected an \
             interface of this system; STATUS_NOT_FOUND"
        ),
        "{text}"
    );
    assert!(driver.answers.lock().unwrap().is_empty());
}

#[test]
fn without_a_diagnosis_the_error_gives_the_reason() {
    let (device, driver) = device([
        // Not a fault of the route: the driver is not asked.
        Err(NtStatus::ACCESS_DENIED),
        // An older driver.
        Err(NtStatus::DUPLICATE_OBJECTID),
        Err(NtStatus::INVALID_DEVICE_REQUEST),
        // Programs look for a route by reading it.
        Err(NtStatus::NOT_FOUND),
        // A status that the contract does not list.
        Err(NtStatus::new(0xC000_0999)),
    ]);
    let error = device.create_route(&route(20)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("dev 7: the caller or its handle lacks"),
        "{text}"
    );
    let error = device.create_route(&route(20)).unwrap_err();
    assert!(error.is_duplicate());
    let text = error.to_string();
    assert!(
        text.contains("dev 7: the route exists already; STATUS_DUP"),
        "{text}"
    );
    let text = device.get_route(&route(20).key()).unwrap_err().to_string();
    assert!(
        text.contains("GET_ROUTE was refused for 10.20.0.0/16 dev 7: no such"),
        "{text}"
    );
    let text = device.set_route(&route(20)).unwrap_err().to_string();
    assert_eq!(
        text,
        "SET_ROUTE was refused for 10.20.0.0/16 dev 7: NTSTATUS 0xC0000999"
    );
    assert!(driver.answers.lock().unwrap().is_empty());
}

#[test]
fn the_rule_of_an_invalid_route_needs_no_driver() {
    let (device, _) = device([
        Err(NtStatus::INVALID_PARAMETER),
        Err(NtStatus::INVALID_DEVICE_REQUEST),
    ]);
    let wrong = route(20).via("fd00::1".parse::<std::net::Ipv6Addr>().unwrap());
    let text = device.create_route(&wrong).unwrap_err().to_string();
    assert!(
        text.contains(
            "dev 7: the next hop fd00::1 is not IPv4 like the prefix, expected an IPv4 next hop; "
        ),
        "{text}"
    );
}

#[test]
fn a_lease_is_refused_with_its_route() {
    let (device, _) = device([Ok(applied(&[NtStatus::INVALID_PARAMETER]))]);
    let error = device.lease(&route(20).metric(10)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("APPLY was refused for 10.20.0.0/16 dev 7: the metric 10 is above"),
        "{text}"
    );
}

#[test]
fn an_entry_is_refused_with_its_index() {
    let success = NtStatus::SUCCESS;
    let statuses = [success, success, NtStatus::INVALID_PARAMETER];
    let (device, _) = device([Ok(applied(&statuses)), Ok(applied(&statuses[..2]))]);
    let batch: Batch = [1, 2, 3]
        .map(|octet| Entry::create(&route(octet).metric(10)))
        .into_iter()
        .collect();
    let outcome = device.apply(&batch).unwrap();
    let failure = outcome.entries[2].failure.clone().unwrap();
    let error = outcome.into_result().unwrap_err();
    assert_eq!(error.refused_route().unwrap().entry, Some(2));
    let text = error.to_string();
    assert_eq!(failure.to_string(), text);
    assert!(
        text.starts_with(
            "APPLY was refused for entry 2, 10.3.0.0/16 dev 7: the metric 10 is above"
        ),
        "{text}"
    );
    let whole: Batch = batch.entries()[..2].iter().cloned().collect();
    assert!(device.apply(&whole).unwrap().into_result().is_ok());
}

#[test]
fn an_entry_of_a_later_page_keeps_its_index() {
    let first = vec![NtStatus::SUCCESS; 4_096];
    let second = [NtStatus::SUCCESS, NtStatus::INVALID_PARAMETER];
    let (device, _) = device([Ok(applied(&first)), Ok(applied(&second))]);
    let batch: Batch = (0..4_098).map(|_| Entry::upsert(&route(1))).collect();
    let mut outcomes = Vec::new();
    let _outcome = device
        .apply_pages(&batch, |_, page| outcomes.extend_from_slice(page))
        .unwrap();
    assert_eq!(outcomes[4_097].failure.as_ref().unwrap().index, 4_097);
}

#[test]
fn a_lease_that_could_not_end_is_an_error() {
    let header = ApplyAnswer {
        failed_index: NO_ENTRY,
        end_status: NtStatus::NO_MEMORY.bits(),
        ..ApplyAnswer::default()
    };
    let (device, _) = device([Ok(header.as_bytes().to_vec())]);
    let outcome = device.apply(&Batch::new()).unwrap();
    let error = outcome.into_result().unwrap_err();
    assert_eq!(error.status(), Some(NtStatus::NO_MEMORY));
}
