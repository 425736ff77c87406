//! The change of the lease table that one entry made, so that it can be undone.

use crate::alloc::StaleId;
use crate::leases::LeaseTable;
use crate::leases::records::{InterfaceId, LeaseId, LeaseRefId, LeaseState};

/// A change of the lease table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeaseChange {
    None,
    /// The handle took a lease, or a share of one.
    Taken(LeaseRefId),
    /// The handle took a lease in place of one that ended, because its route was gone.
    TakenOver {
        taken: LeaseRefId,
        ended: LeaseId,
    },
    /// The state of a lease changed; this was the state before, and the interface before if another
    /// adapter has taken its place.
    Amended(LeaseId, LeaseState, Option<InterfaceId>),
    /// The handle's share of a lease ended.
    ShareEnded(LeaseRefId),
    /// A lease ended.
    Ended(LeaseId),
}

impl LeaseChange {
    /// Takes the change out, to commit or to undo it.
    pub(super) const fn take(&mut self) -> Self {
        core::mem::replace(self, Self::None)
    }

    /// Makes the change final.
    pub(super) fn commit(self, leases: &mut LeaseTable) -> Result<(), StaleId> {
        match self {
            Self::None | Self::Taken(_) | Self::Amended(_, _, None) => Ok(()),
            Self::Amended(_, _, Some(before)) => leases.release_interface(before),
            Self::ShareEnded(lease_ref) => leases.free_share(lease_ref),
            Self::TakenOver { ended: lease, .. } | Self::Ended(lease) => leases.free(lease),
        }
    }

    /// Undoes the change. `exactly` if all later changes have been undone, too.
    pub(super) fn undo(self, leases: &mut LeaseTable, exactly: bool) -> Result<(), StaleId> {
        match self {
            Self::None => Ok(()),
            Self::TakenOver { taken, ended } => {
                undo_taken(taken, leases)?;
                leases.relink(ended, exactly)
            }
            Self::Taken(lease_ref) => undo_taken(lease_ref, leases),
            Self::Amended(lease, before, interface) => {
                if let Some(interface) = interface {
                    leases.reattach_interface(lease, interface)?;
                }
                leases.amend(lease, before)
            }
            Self::ShareEnded(lease_ref) => leases.relink_share(lease_ref, exactly),
            Self::Ended(lease) => leases.relink(lease, exactly),
        }
    }
}

/// Ends a lease that was taken, or a share of one.
fn undo_taken(lease_ref: LeaseRefId, leases: &mut LeaseTable) -> Result<(), StaleId> {
    let lease = leases.lease_ref(lease_ref)?.lease();
    if leases.lease(lease)?.ref_count() > 1 {
        leases.unlink_share(lease_ref)?;
        leases.free_share(lease_ref)
    } else {
        leases.unlink(lease)?;
        leases.free(lease)
    }
}
