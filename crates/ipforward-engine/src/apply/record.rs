//! What an entry wrote into the ledger, so that it can be taken back.

use crate::ledger::Ledger;
use crate::ledger::lease::Terms;

/// A change of the ledger.
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
    Amended(u32, Terms),
    /// A handle's share of a lease ended, which others hold too.
    ShareEnded(u32),
    /// A lease ended.
    Ended(u32),
}

impl Record {
    /// Makes the change final.
    pub(super) fn commit(self, ledger: &mut Ledger) {
        match self {
            Self::None | Self::Taken(_) | Self::Amended(..) => {}
            Self::ShareEnded(owner) => ledger.forget_share(owner),
            Self::TakenOver { ended: lease, .. } | Self::Ended(lease) => ledger.forget(lease),
        }
    }

    /// Takes the change back. `exactly` if all that came after it was taken back, too.
    pub(super) fn undo(self, ledger: &mut Ledger, exactly: bool) {
        match self {
            Self::None => {}
            Self::TakenOver { taken, ended } => {
                Self::Taken(taken).undo(ledger, exactly);
                ledger.put_back(ended, exactly);
            }
            Self::Taken(owner) => {
                let lease = ledger.owner(owner).lease();
                if ledger.lease(lease).owner_count() > 1 {
                    ledger.take_share_out(owner);
                    ledger.forget_share(owner);
                } else {
                    ledger.take_out(lease);
                    ledger.forget(lease);
                }
            }
            Self::Amended(lease, before) => {
                ledger.amend(lease, before);
            }
            Self::ShareEnded(owner) => ledger.put_share_back(owner, exactly),
            Self::Ended(lease) => ledger.put_back(lease, exactly),
        }
    }
}
