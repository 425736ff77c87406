//! Answers that break the contract.

use crate::route::InvalidRow;

/// How an answer breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The answer has the wrong length.
    #[error("{actual} bytes, expected {expected}")]
    Length {
        /// The length that the contract gives, in bytes.
        expected: usize,
        /// The length of the answer, in bytes.
        actual: usize,
    },
    /// A table has more rows than its header says, or no last page.
    #[error("more rows than the {total} of the table's header")]
    Endless {
        /// Rows in the table, from its header.
        total: u32,
    },
    /// An event has a kind that this client does not know.
    #[error("unknown event kind {0}")]
    EventKind(u32),
    /// A guard has a state that this client does not know.
    #[error("unknown guard state {0}")]
    GuardState(u32),
    /// The settings of an interface have unknown bits, or bits that exclude each other.
    #[error("unknown settings of an interface {0:#x}")]
    InterfaceSettings(u32),
    /// A row does not describe a route.
    #[error(transparent)]
    Row(#[from] InvalidRow),
}
