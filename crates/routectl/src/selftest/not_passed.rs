//! Why a case did not pass, and the expectations of cases.

use std::fmt::Debug;

use ipforward::{Error, Reason};

/// Why a case did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotPassed {
    /// The driver does not keep its promise.
    Failed(String),
    /// The computer has not what the case needs.
    Skipped(String),
}

pub(super) type CaseResult = Result<(), NotPassed>;

impl From<Error> for NotPassed {
    fn from(error: Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Fails with `otherwise` unless the condition holds.
pub(super) fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> CaseResult {
    if holds {
        Ok(())
    } else {
        Err(NotPassed::Failed(otherwise()))
    }
}

/// Fails unless both values are equal.
pub(super) fn expect_equal<T: PartialEq + Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> CaseResult {
    expect(found == expected, || {
        format!("{what}: {found:?}, expected {expected:?}")
    })
}

/// The error of a call that has to be refused with this reason.
pub(super) fn expect_refused<T>(
    what: &str,
    answer: Result<T, Error>,
    reason: Reason,
) -> Result<Error, NotPassed> {
    let Err(error) = answer else {
        let text = format!("{what}: accepted, expected a refusal: {reason}");
        return Err(NotPassed::Failed(text));
    };
    match error.reason() {
        Some(found) if found == reason => Ok(error),
        _ => Err(NotPassed::Failed(format!(
            "{what}: {error}, expected: {reason}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use ipforward::abi::{NtStatus, Operation};
    use ipforward::{DriverError, TransportError};

    use super::*;

    fn refused(status: NtStatus) -> Result<(), Error> {
        let refused = TransportError::Refused(DriverError::from_status(status));
        Err(Error::from_transport(Operation::CreateRoute, refused))
    }

    #[test]
    fn a_refusal_passes_only_with_the_expected_reason() {
        let refusal = refused(NtStatus::OBJECTID_EXISTS);
        assert!(expect_refused("twice", refusal, Reason::Duplicate).is_ok());
        for answer in [Ok(()), refused(NtStatus::ACCESS_DENIED)] {
            let not_passed = expect_refused("twice", answer, Reason::Duplicate).unwrap_err();
            let NotPassed::Failed(text) = not_passed else {
                panic!("{not_passed:?}");
            };
            assert!(text.starts_with("twice: "), "{text}");
            assert!(text.contains("the route exists already"), "{text}");
        }
    }

    #[test]
    fn a_failed_comparison_names_both_values() {
        assert_eq!(expect_equal("metric", &5, &5), Ok(()));
        let failed = NotPassed::Failed("metric: 9, expected 5".to_owned());
        assert_eq!(expect_equal("metric", &9, &5), Err(failed));
    }
}
