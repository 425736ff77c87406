//! What an entry wrote into the leases, so that it can be taken back.

use crate::leases::LeaseTable;
use crate::leases::records::LeaseState;

/// A change of the leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// None.
    None,
    /// The handle holds one more route; this says that it does.
    Taken(u32),
    /// The same in place of a lease that ended, for its route was gone.
    TakenOver {
        /// The one.
        taken: u32,
        /// The other.
        ended: u32,
    },
    /// A lease has other terms; these it had before.
    Amended(u32, LeaseState),
    /// A handle's share of a lease ended, which others hold too.
    ShareEnded(u32),
    /// A lease ended.
    Ended(u32),
}

impl Record {
    /// Makes the change final.
    pub(super) fn commit(self, leases: &mut LeaseTable) {
        match self {
            Self::None | Self::Taken(_) | Self::Amended(..) => {}
            Self::ShareEnded(owner) => leases.free_share(owner),
            Self::TakenOver { ended: lease, .. } | Self::Ended(lease) => leases.free(lease),
        }
    }

    /// Takes the change back. `exactly` if all that came after it was taken back, too.
    pub(super) fn undo(self, leases: &mut LeaseTable, exactly: bool) {
        match self {
            Self::None => {}
            Self::TakenOver { taken, ended } => {
                Self::Taken(taken).undo(leases, exactly);
                leases.relink(ended, exactly);
            }
            Self::Taken(owner) => {
                let lease = leases.owner(owner).lease();
                if leases.lease(lease).owner_count() > 1 {
                    leases.unlink_share(owner);
                    leases.free_share(owner);
                } else {
                    leases.unlink(lease);
                    leases.free(lease);
                }
            }
            Self::Amended(lease, before) => {
                leases.amend(lease, before);
            }
            Self::ShareEnded(owner) => leases.relink_share(owner, exactly),
            Self::Ended(lease) => leases.relink(lease, exactly),
        }
    }
}
