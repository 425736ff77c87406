//! Saying which documented rule a row breaks.
//!
//! The stack stays the judge: this runs after it refused a row, or for a caller that wants to know
//! beforehand, and names the rule of the reference page of `CreateIpForwardEntry2` that the row
//! breaks. Where the stack is known to accept what the page forbids (a fresh row's sentinels), the
//! rule is named only if the stack did refuse the row.

use abi::route::{METRIC_MAX, SITE_PREFIX_UNSPECIFIED, UNSPECIFIED};
use abi::{
    AddressFamily, Cause, Diagnosis, ExplainRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
    Wire,
};

use crate::stack::NetworkStack;

/// Looks at a row, and at the status with which it was refused, if it was.
///
/// # Errors
///
/// The stack could not be asked: it has no memory, for example.
pub fn diagnose<S: NetworkStack>(
    request: &ExplainRequest,
    stack: &S,
) -> Result<Diagnosis, NtStatus> {
    match check(request, stack) {
        Ok(()) => Ok(Diagnosis::default()),
        Err(Finding::Broken(diagnosis)) => Ok(diagnosis),
        Err(Finding::Unanswered(status)) => Err(status),
    }
}

/// Why looking came to an end.
enum Finding {
    /// A rule is broken.
    Broken(Diagnosis),
    /// The stack could not be asked.
    Unanswered(NtStatus),
}

impl From<Diagnosis> for Finding {
    fn from(diagnosis: Diagnosis) -> Self {
        Self::Broken(diagnosis)
    }
}

fn check<S: NetworkStack>(request: &ExplainRequest, stack: &S) -> Result<(), Finding> {
    let row = &request.row;
    match NtStatus::new(request.status) {
        NtStatus::SUCCESS => {
            check_row(row, Reading::Lenient)?;
            check_interface(row, stack)?;
            check_absent(row, stack)
        }
        NtStatus::INVALID_PARAMETER => {
            check_row(row, Reading::Lenient)?;
            Ok(check_row(row, Reading::Strict)?)
        }
        NtStatus::NOT_FOUND | NtStatus::OBJECT_NAME_NOT_FOUND => {
            check_interface_said(row)?;
            check_interface(row, stack)
        }
        NtStatus::NOT_SUPPORTED => {
            check_interface_said(row)?;
            check_interface(row, stack)?;
            // Nothing says beforehand whether an interface carries routes. If it is there and has
            // the family, that is what is left of the status.
            Err(because(Cause::INTERFACE_WITHOUT_ROUTES, 0).into())
        }
        status if status.is_duplicate() => check_absent(row, stack),
        _ => Ok(()),
    }
}

/// Whether a status is what the stack thinks of the row, and not a failure to look at it.
const fn is_judgement(status: NtStatus) -> bool {
    status.is_absent()
        || matches!(
            status,
            NtStatus::INVALID_PARAMETER | NtStatus::NOT_SUPPORTED
        )
}

/// How to take values that the documentation forbids and the stack is known to accept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As "not specified".
    Lenient,
    /// By the letter.
    Strict,
}

/// The diagnosis of a cause that has no row to show.
fn because(cause: Cause, limit: u32) -> Diagnosis {
    Diagnosis {
        cause: cause.0,
        limit,
        ..Diagnosis::default()
    }
}

/// The rules of the row itself, in the order in which the stack is believed to look.
fn check_row(row: &MibIpForwardRow2, reading: Reading) -> Result<(), Diagnosis> {
    check_prefix(row)?;
    check_next_hop(row, reading)?;
    check_interface_said(row)?;
    if row.preferred_lifetime > row.valid_lifetime {
        return Err(because(Cause::LIFETIMES, row.valid_lifetime));
    }
    check_numbers(row, reading)
}

/// Whether the row names an interface at all.
fn check_interface_said(row: &MibIpForwardRow2) -> Result<(), Diagnosis> {
    if row.interface_luid == 0 && row.interface_index == 0 {
        return Err(because(Cause::INTERFACE_UNSPECIFIED, 0));
    }
    Ok(())
}

fn check_prefix(row: &MibIpForwardRow2) -> Result<(), Diagnosis> {
    let prefix = &row.destination_prefix;
    let bits = prefix
        .prefix
        .family()
        .address_bits()
        .ok_or_else(|| because(Cause::PREFIX_FAMILY, 0))?;
    if prefix.prefix_length > bits {
        return Err(because(Cause::PREFIX_LENGTH, bits.into()));
    }
    if has_host_bits(row) {
        return Err(because(Cause::HOST_BITS, 0));
    }
    Ok(())
}

fn check_next_hop(row: &MibIpForwardRow2, reading: Reading) -> Result<(), Diagnosis> {
    match row.next_hop.family() {
        AddressFamily::UNSPECIFIED if reading == Reading::Lenient => Ok(()),
        AddressFamily::UNSPECIFIED => Err(because(Cause::NEXT_HOP_UNSPECIFIED, 0)),
        family if family == row.destination_prefix.prefix.family() => Ok(()),
        _ => Err(because(Cause::NEXT_HOP_FAMILY, 0)),
    }
}

/// Site prefix length and metric, both of which have a sentinel in a fresh row.
fn check_numbers(row: &MibIpForwardRow2, reading: Reading) -> Result<(), Diagnosis> {
    let strict = reading == Reading::Strict;
    let prefix_length = row.destination_prefix.prefix_length;
    let site_said = strict || row.site_prefix_length != SITE_PREFIX_UNSPECIFIED;
    if site_said && row.site_prefix_length > prefix_length {
        return Err(because(Cause::SITE_PREFIX_LENGTH, prefix_length.into()));
    }
    let metric_said = strict || row.metric != UNSPECIFIED;
    if metric_said && row.metric > METRIC_MAX {
        return Err(because(Cause::METRIC, METRIC_MAX));
    }
    Ok(())
}

/// Whether the prefix's address has bits behind the prefix's length.
fn has_host_bits(row: &MibIpForwardRow2) -> bool {
    let length = row.destination_prefix.prefix_length;
    match row.destination_prefix.prefix.address() {
        Some(core::net::IpAddr::V4(address)) => {
            address.to_bits().checked_shl(length.into()).unwrap_or(0) != 0
        }
        Some(core::net::IpAddr::V6(address)) => {
            address.to_bits().checked_shl(length.into()).unwrap_or(0) != 0
        }
        None => false,
    }
}

/// Whether the interface is there and carries the family.
fn check_interface<S: NetworkStack>(row: &MibIpForwardRow2, stack: &S) -> Result<(), Finding> {
    let family = row.destination_prefix.prefix.family();
    let ask = |family: AddressFamily| {
        stack.interface(&MibIpInterfaceRow {
            family: family.0,
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            ..MibIpInterfaceRow::default()
        })
    };
    let other = match family {
        AddressFamily::IPV4 => AddressFamily::IPV6,
        _ => AddressFamily::IPV4,
    };
    match ask(family) {
        Ok(_) | Err(NtStatus::INVALID_PARAMETER) => Ok(()),
        Err(NtStatus::NOT_SUPPORTED) => Err(because(Cause::FAMILY_WITHOUT_STACK, 0).into()),
        Err(status) if status.is_absent() => match ask(other) {
            Ok(_) => Err(because(Cause::FAMILY_NOT_BOUND, 0).into()),
            Err(status) if is_judgement(status) => Err(because(Cause::INTERFACE_UNKNOWN, 0).into()),
            Err(status) => Err(Finding::Unanswered(status)),
        },
        Err(status) => Err(Finding::Unanswered(status)),
    }
}

/// Whether no route has the same keys.
fn check_absent<S: NetworkStack>(row: &MibIpForwardRow2, stack: &S) -> Result<(), Finding> {
    match stack.get(row) {
        Ok(existing) => Err(Finding::Broken(Diagnosis {
            cause: Cause::DUPLICATE.0,
            existing: existing.canonical(),
            ..Diagnosis::default()
        })),
        Err(status) if is_judgement(status) => Ok(()),
        Err(status) => Err(Finding::Unanswered(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_stack::TestStack;

    const ROUTE: MibIpForwardRow2 = TestStack::ROUTE;

    fn cause(row: MibIpForwardRow2, status: NtStatus, stack: &TestStack) -> Cause {
        let request = ExplainRequest {
            row,
            status: status.bits(),
            reserved: 0,
        };
        diagnose(&request, stack).unwrap().cause()
    }

    fn beforehand(row: MibIpForwardRow2) -> Diagnosis {
        diagnose(
            &ExplainRequest {
                row,
                ..ExplainRequest::default()
            },
            &TestStack::default(),
        )
        .unwrap()
    }

    fn with(change: impl FnOnce(&mut MibIpForwardRow2)) -> MibIpForwardRow2 {
        let mut row = ROUTE;
        change(&mut row);
        row
    }

    #[test]
    fn a_sound_row_breaks_no_rule() {
        assert_eq!(beforehand(ROUTE), Diagnosis::default());
    }

    #[test]
    fn each_rule_of_the_row_is_named_with_its_limit() {
        let cases: [(Cause, u32, MibIpForwardRow2); 9] = [
            (
                Cause::PREFIX_FAMILY,
                0,
                with(|row| row.destination_prefix.prefix.family = 99),
            ),
            (
                Cause::PREFIX_LENGTH,
                32,
                with(|row| row.destination_prefix.prefix_length = 33),
            ),
            (
                Cause::HOST_BITS,
                0,
                with(|row| {
                    row.destination_prefix.prefix.ipv4_or_flow = [10, 20, 0, 1];
                }),
            ),
            (
                Cause::NEXT_HOP_FAMILY,
                0,
                with(|row| row.next_hop.family = 23),
            ),
            (
                Cause::INTERFACE_UNSPECIFIED,
                0,
                with(|row| row.interface_index = 0),
            ),
            (
                Cause::LIFETIMES,
                100,
                with(|row| {
                    row.valid_lifetime = 100;
                    row.preferred_lifetime = 200;
                }),
            ),
            (
                Cause::SITE_PREFIX_LENGTH,
                16,
                with(|row| row.site_prefix_length = 17),
            ),
            (
                Cause::METRIC,
                METRIC_MAX,
                with(|row| row.metric = METRIC_MAX + 1),
            ),
            (
                Cause::INTERFACE_UNKNOWN,
                0,
                with(|row| row.interface_index = 99),
            ),
        ];
        for (cause, limit, row) in cases {
            let diagnosis = beforehand(row);
            assert_eq!(
                (diagnosis.cause(), diagnosis.limit),
                (cause, limit),
                "{cause:?}"
            );
        }
    }

    #[test]
    fn a_zero_length_prefix_with_an_address_has_host_bits() {
        let row = with(|row| {
            row.destination_prefix.prefix.ipv4_or_flow = [0, 0, 0, 1];
            row.destination_prefix.prefix_length = 0;
        });
        assert_eq!(beforehand(row).cause(), Cause::HOST_BITS);
    }

    #[test]
    fn sentinels_are_blamed_only_when_the_stack_refused_the_row() {
        for (sentinel, row) in [
            (
                Cause::SITE_PREFIX_LENGTH,
                with(|row| row.site_prefix_length = 255),
            ),
            (Cause::METRIC, with(|row| row.metric = u32::MAX)),
            (
                Cause::NEXT_HOP_UNSPECIFIED,
                with(|row| row.next_hop.family = 0),
            ),
        ] {
            let stack = TestStack::default();
            assert_eq!(cause(row, NtStatus::SUCCESS, &stack), Cause::NONE);
            assert_eq!(cause(row, NtStatus::INVALID_PARAMETER, &stack), sentinel);
        }
    }

    #[test]
    fn an_interface_that_nobody_named_is_not_called_unknown() {
        let nowhere = with(|row| row.interface_index = 0);
        for status in [NtStatus::NOT_FOUND, NtStatus::OBJECT_NAME_NOT_FOUND] {
            let named = cause(nowhere, status, &TestStack::default());
            assert_eq!(named, Cause::INTERFACE_UNSPECIFIED);
        }
    }

    #[test]
    fn only_causes_of_the_status_are_named() {
        let stack = TestStack::default();
        let host_bits = with(|row| {
            row.destination_prefix.prefix.ipv4_or_flow = [10, 20, 0, 1];
            row.interface_index = 99;
        });
        assert_eq!(
            cause(host_bits, NtStatus::INVALID_PARAMETER, &stack),
            Cause::HOST_BITS
        );
        assert_eq!(
            cause(host_bits, NtStatus::NOT_FOUND, &stack),
            Cause::INTERFACE_UNKNOWN
        );
        assert_eq!(cause(host_bits, NtStatus::NO_MEMORY, &stack), Cause::NONE);
    }

    #[test]
    fn a_family_that_is_missing_is_told_from_one_that_is_not_bound() {
        let ipv6 = with(|row| {
            row.destination_prefix.prefix.family = 23;
            row.destination_prefix.prefix.ipv4_or_flow = [0; 4];
            row.next_hop.family = 23;
        });
        let stack = TestStack::default();
        assert_eq!(
            cause(ipv6, NtStatus::NOT_FOUND, &stack),
            Cause::FAMILY_NOT_BOUND
        );
        let stack = TestStack::without_ipv6();
        assert_eq!(
            cause(ipv6, NtStatus::NOT_SUPPORTED, &stack),
            Cause::FAMILY_WITHOUT_STACK
        );
    }

    #[test]
    fn an_interface_that_has_the_family_and_is_refused_all_the_same_carries_no_routes() {
        let stack = TestStack::default();
        assert_eq!(
            cause(ROUTE, NtStatus::NOT_SUPPORTED, &stack),
            Cause::INTERFACE_WITHOUT_ROUTES
        );
        let elsewhere = with(|row| row.interface_index = 99);
        assert_eq!(
            cause(elsewhere, NtStatus::NOT_SUPPORTED, &stack),
            Cause::INTERFACE_UNKNOWN
        );
    }

    #[test]
    fn a_duplicate_is_shown_with_the_row_that_is_in_the_way() {
        let stack = TestStack::default();
        let there = with(|row| row.metric = 77);
        stack.create(&there).unwrap();
        for status in [
            NtStatus::SUCCESS,
            NtStatus::DUPLICATE_OBJECTID,
            NtStatus::OBJECTID_EXISTS,
        ] {
            let request = ExplainRequest {
                row: ROUTE,
                status: status.bits(),
                reserved: 0,
            };
            let diagnosis = diagnose(&request, &stack).unwrap();
            assert_eq!(diagnosis.cause(), Cause::DUPLICATE);
            assert_eq!(diagnosis.existing, there);
        }
    }
}
