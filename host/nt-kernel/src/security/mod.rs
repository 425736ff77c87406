//! Security descriptors as a driver builds them: identifiers, access control lists, and the descriptor.
//!
//! The layouts are those of `SID`, `ACL`, `ACCESS_ALLOWED_ACE` and `SECURITY_DESCRIPTOR` in
//! Microsoft's documentation. Drivers are given bytes to fill; what this host reads of them, it checks.

mod acl;
mod descriptor;
mod sid;

pub use acl::{AccessEntry, EntryKind};
pub use descriptor::dacl;

use nt_types::NtStatus;

use crate::exports::Export;

/// `STATUS_UNKNOWN_REVISION`.
const UNKNOWN_REVISION: NtStatus = NtStatus::new(0xC000_0058);
/// `STATUS_INVALID_ACL`.
const INVALID_ACL: NtStatus = NtStatus::new(0xC000_0077);
/// `STATUS_INVALID_SID`.
const INVALID_SID: NtStatus = NtStatus::new(0xC000_0078);
/// `STATUS_ALLOTTED_SPACE_EXCEEDED`.
const ALLOTTED_SPACE_EXCEEDED: NtStatus = NtStatus::new(0xC000_0099);

/// The exports.
pub(super) fn exports() -> Vec<Export> {
    [acl::exports(), descriptor::exports(), sid::exports()].concat()
}
