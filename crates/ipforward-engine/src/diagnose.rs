//! Diagnosis: which documented rule a row breaks.
//!
//! The network stack decides whether a row is valid. The diagnosis runs after the stack has refused
//! a row, or when a caller asks about a row beforehand. It names the rule that the row breaks, from
//! the reference page of `CreateIpForwardEntry2`. The stack is known to accept some rows that the
//! page forbids (the sentinels of a fresh row); for those, the diagnosis names the rule only if the
//! stack has refused the row.

use abi::rules::{self, RowViolation, Sentinels};
use abi::{AddressFamily, Cause, Diagnosis, MibIpForwardRow2, NtStatus, Wire};

use crate::network_stack::{InterfaceKey, NetworkStack};

/// Diagnoses a row. `refusal` is the status with which the stack refused it, if it did.
///
/// # Errors
///
/// The status with which the stack failed during the diagnosis, for example because it has no
/// memory.
pub(crate) fn diagnose<S: NetworkStack>(
    row: &MibIpForwardRow2,
    refusal: Option<NtStatus>,
    stack: &S,
) -> Result<Diagnosis, NtStatus> {
    match check(row, refusal, stack) {
        Ok(()) => Ok(Diagnosis::default()),
        Err(CheckFailure::Broken(diagnosis)) => Ok(diagnosis),
        Err(CheckFailure::Unanswered(status)) => Err(status),
    }
}

/// The rule that a row breaks of which the stack has not been asked, apart from the rule that no route
/// has the same keys.
///
/// # Errors
///
/// As [`diagnose`].
pub(crate) fn rule_broken_by_members<S: NetworkStack>(
    row: &MibIpForwardRow2,
    stack: &S,
) -> Result<Cause, NtStatus> {
    match check_members(row, stack) {
        Ok(()) => Ok(Cause::NONE),
        Err(CheckFailure::Broken(diagnosis)) => Ok(diagnosis.cause()),
        Err(CheckFailure::Unanswered(status)) => Err(status),
    }
}

/// Why the diagnosis stopped before the last rule.
#[derive(Clone, Copy)]
enum CheckFailure {
    /// A rule is broken.
    Broken(Diagnosis),
    /// The stack failed during the diagnosis.
    Unanswered(NtStatus),
}

impl From<RowViolation> for CheckFailure {
    fn from(violation: RowViolation) -> Self {
        Self::Broken(violation.into())
    }
}

impl From<Cause> for CheckFailure {
    fn from(cause: Cause) -> Self {
        Self::Broken(Diagnosis {
            cause: cause.0,
            ..Diagnosis::default()
        })
    }
}

fn check<S: NetworkStack>(
    row: &MibIpForwardRow2,
    refusal: Option<NtStatus>,
    stack: &S,
) -> Result<(), CheckFailure> {
    let Some(status) = refusal else {
        check_members(row, stack)?;
        return check_absent(row, stack);
    };
    match status {
        NtStatus::INVALID_PARAMETER => Ok(rules::check_refused_row(row)?),
        NtStatus::NOT_FOUND | NtStatus::OBJECT_NAME_NOT_FOUND => {
            rules::check_interface_specified(row)?;
            check_interface(row, stack)
        }
        NtStatus::NOT_SUPPORTED => {
            rules::check_interface_specified(row)?;
            check_interface(row, stack)?;
            // No function reports whether an interface carries routes. If the interface exists and
            // has the family, this is the only remaining cause of the status.
            Err(Cause::INTERFACE_WITHOUT_ROUTES.into())
        }
        status if status.is_duplicate() => check_absent(row, stack),
        _ => Ok(()),
    }
}

fn check_members<S: NetworkStack>(row: &MibIpForwardRow2, stack: &S) -> Result<(), CheckFailure> {
    rules::check_row(row, Sentinels::Accepted)?;
    check_interface(row, stack)
}

/// True if the stack refused the row with this status; false if the stack failed to check it.
const fn is_judgement(status: NtStatus) -> bool {
    status.is_absent()
        || matches!(
            status,
            NtStatus::INVALID_PARAMETER | NtStatus::NOT_SUPPORTED
        )
}

/// Whether the interface is there and carries the family.
fn check_interface<S: NetworkStack>(row: &MibIpForwardRow2, stack: &S) -> Result<(), CheckFailure> {
    let family = row.destination_prefix.prefix.family();
    let ask = |family: AddressFamily| {
        stack.luid_of(InterfaceKey {
            family,
            luid: row.interface_luid,
            index: row.interface_index,
        })
    };
    let other = match family {
        AddressFamily::IPV4 => AddressFamily::IPV6,
        _ => AddressFamily::IPV4,
    };
    match ask(family) {
        Ok(_) | Err(NtStatus::INVALID_PARAMETER) => Ok(()),
        Err(NtStatus::NOT_SUPPORTED) => Err(Cause::FAMILY_WITHOUT_STACK.into()),
        Err(status) if status.is_absent() => match ask(other) {
            Ok(_) => Err(Cause::FAMILY_NOT_BOUND.into()),
            Err(status) if is_judgement(status) => Err(Cause::INTERFACE_UNKNOWN.into()),
            Err(status) => Err(CheckFailure::Unanswered(status)),
        },
        Err(status) => Err(CheckFailure::Unanswered(status)),
    }
}

/// Whether no route has the same keys.
fn check_absent<S: NetworkStack>(row: &MibIpForwardRow2, stack: &S) -> Result<(), CheckFailure> {
    match stack.get(row) {
        Ok(existing) => Err(CheckFailure::Broken(Diagnosis {
            cause: Cause::DUPLICATE.0,
            existing: existing.canonical(),
            ..Diagnosis::default()
        })),
        Err(status) if is_judgement(status) => Ok(()),
        Err(status) => Err(CheckFailure::Unanswered(status)),
    }
}

#[cfg(test)]
mod tests {
    use abi::route::METRIC_MAX;

    use super::*;
    use crate::fake_stack::FakeStack;
    use crate::test_driver::ROUTE;

    fn cause(row: MibIpForwardRow2, refusal: Option<NtStatus>, stack: &FakeStack) -> Cause {
        diagnose(&row, refusal, &stack).unwrap().cause()
    }

    fn beforehand(row: MibIpForwardRow2) -> Diagnosis {
        diagnose(&row, None, &&FakeStack::default()).unwrap()
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
            let stack = FakeStack::default();
            assert_eq!(cause(row, None, &stack), Cause::NONE);
            assert_eq!(
                cause(row, Some(NtStatus::INVALID_PARAMETER), &stack),
                sentinel
            );
        }
    }

    #[test]
    fn an_unspecified_interface_is_not_called_unknown() {
        let nowhere = with(|row| row.interface_index = 0);
        for status in [NtStatus::NOT_FOUND, NtStatus::OBJECT_NAME_NOT_FOUND] {
            let named = cause(nowhere, Some(status), &FakeStack::default());
            assert_eq!(named, Cause::INTERFACE_UNSPECIFIED);
        }
    }

    #[test]
    fn only_causes_of_the_status_are_named() {
        let stack = FakeStack::default();
        let host_bits = with(|row| {
            row.destination_prefix.prefix.ipv4_or_flow = [10, 20, 0, 1];
            row.interface_index = 99;
        });
        assert_eq!(
            cause(host_bits, Some(NtStatus::INVALID_PARAMETER), &stack),
            Cause::HOST_BITS
        );
        assert_eq!(
            cause(host_bits, Some(NtStatus::NOT_FOUND), &stack),
            Cause::INTERFACE_UNKNOWN
        );
        assert_eq!(
            cause(host_bits, Some(NtStatus::NO_MEMORY), &stack),
            Cause::NONE
        );
    }

    #[test]
    fn a_missing_family_differs_from_an_unbound_one() {
        let ipv6 = with(|row| {
            row.destination_prefix.prefix.family = 23;
            row.destination_prefix.prefix.ipv4_or_flow = [0; 4];
            row.next_hop.family = 23;
        });
        let stack = FakeStack::default();
        assert_eq!(
            cause(ipv6, Some(NtStatus::NOT_FOUND), &stack),
            Cause::FAMILY_NOT_BOUND
        );
        let stack = FakeStack::default();
        stack.remove_family(AddressFamily::IPV6);
        assert_eq!(
            cause(ipv6, Some(NtStatus::NOT_SUPPORTED), &stack),
            Cause::FAMILY_WITHOUT_STACK
        );
    }

    #[test]
    fn a_refused_interface_with_the_family_carries_no_routes() {
        let stack = FakeStack::default();
        assert_eq!(
            cause(ROUTE, Some(NtStatus::NOT_SUPPORTED), &stack),
            Cause::INTERFACE_WITHOUT_ROUTES
        );
        let elsewhere = with(|row| row.interface_index = 99);
        assert_eq!(
            cause(elsewhere, Some(NtStatus::NOT_SUPPORTED), &stack),
            Cause::INTERFACE_UNKNOWN
        );
    }

    #[test]
    fn a_duplicate_is_shown_with_the_row_that_is_in_the_way() {
        let stack = FakeStack::default();
        let there = with(|row| row.metric = 77);
        stack.create(&there).unwrap();
        for status in [
            None,
            Some(NtStatus::DUPLICATE_OBJECTID),
            Some(NtStatus::OBJECTID_EXISTS),
        ] {
            let diagnosis = diagnose(&ROUTE, status, &&stack).unwrap();
            assert_eq!(diagnosis.cause(), Cause::DUPLICATE);
            let kept = MibIpForwardRow2 {
                interface_luid: FakeStack::LUID,
                ..there
            };
            assert_eq!(diagnosis.existing, kept);
        }
    }
}
