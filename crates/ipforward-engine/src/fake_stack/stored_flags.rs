//! How a fake stack stores the `BOOLEAN` members of a row.

use abi::MibIpForwardRow2;
use abi::route::INFINITE_LIFETIME;

/// What the stack does with the flags that a caller gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoredFlags {
    /// It stores them.
    #[default]
    AsGiven,
    /// It derives them from the interface and the lifetime.
    Derived,
    /// It stores them when the route is created, and a set leaves them as they are.
    KeptBySet,
}

impl StoredFlags {
    /// The row as the stack stores it. `before` is the row that a set replaces.
    pub(super) fn store(
        self,
        row: MibIpForwardRow2,
        before: Option<&MibIpForwardRow2>,
    ) -> MibIpForwardRow2 {
        match (self, before) {
            (Self::Derived, _) => MibIpForwardRow2 {
                loopback: 0,
                autoconfigure_address: 0,
                publish: 0,
                immortal: u8::from(row.valid_lifetime == INFINITE_LIFETIME),
                ..row
            },
            (Self::KeptBySet, Some(before)) => MibIpForwardRow2 {
                loopback: before.loopback,
                autoconfigure_address: before.autoconfigure_address,
                publish: before.publish,
                immortal: before.immortal,
                ..row
            },
            _ => row,
        }
    }
}
