//! `APPLY`: many changes in one call.

use core::mem::{offset_of, size_of};

use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Largest number of entries of one `APPLY`.
pub const BATCH_ENTRIES_MAX: u32 = 4_096;

/// Flag of an `APPLY`: all entries happen or none. At the first failure the driver undoes the
/// entries before it, in reverse order. Without this flag, [`APPLY_DRY_RUN`] and
/// [`APPLY_DECLARED_SET`] the driver lets other handles change routes after every 64 entries.
pub const APPLY_ATOMIC: u32 = 1 << 0;

/// Flag of an `APPLY`: the driver changes nothing; the answer says what the entries would do.
pub const APPLY_DRY_RUN: u32 = 1 << 1;

/// Flag of an `APPLY`: the entries, each [`ENTRY_UPSERT`] with [`ENTRY_LEASE`], are the complete set
/// of the handle's leases. If no entry fails, the handle's other leases end after the last entry.
pub const APPLY_DECLARED_SET: u32 = 1 << 2;

/// Flag of an `APPLY` with [`APPLY_DECLARED_SET`]: more entries of the same set follow in another
/// call, with [`APPLY_CONTINUES`]. The driver carries out each page at once and ends the other
/// leases after the last one.
pub const APPLY_MORE: u32 = 1 << 3;

/// Flag of an `APPLY` with [`APPLY_DECLARED_SET`]: the entries continue the set of the call before,
/// which had [`APPLY_MORE`]. Without this flag a new set begins, and an unfinished one is
/// abandoned: its leases stay until a set is finished that does not contain them.
pub const APPLY_CONTINUES: u32 = 1 << 4;

/// Operation of an entry: create the route, as `CREATE_ROUTE` does.
pub const ENTRY_CREATE: u32 = 1;

/// Operation of an entry: change the route, as `SET_ROUTE` does.
pub const ENTRY_SET: u32 = 2;

/// Operation of an entry: delete the route, as `DELETE_ROUTE` does. With [`ENTRY_LEASE`] the
/// handle's lease of the route ends instead, as if the handle were closed.
pub const ENTRY_DELETE: u32 = 3;

/// Operation of an entry: create the route, or change it if it exists.
pub const ENTRY_UPSERT: u32 = 4;

/// Operation of an entry: change the route if it still equals `expected`.
pub const ENTRY_COMPARE_AND_SET: u32 = 5;

/// Flag of an entry: the handle leases the route; the driver removes it when the handle closes.
pub const ENTRY_LEASE: u32 = 1 << 0;

/// Flag of an entry with [`ENTRY_LEASE`]: other handles that also set this flag may lease the same
/// route. The driver removes it when the last of them closes.
pub const ENTRY_SHARE: u32 = 1 << 1;

/// Flag of an entry with [`ENTRY_LEASE`]: the driver restores the route when another program
/// removes or changes it.
pub const ENTRY_GUARD: u32 = 1 << 2;

/// Outcome of an `APPLY`: every entry succeeded.
pub const OUTCOME_DONE: u32 = 0;

/// Outcome of an `APPLY` without [`APPLY_ATOMIC`]: some entries failed.
pub const OUTCOME_FAILED: u32 = 1;

/// Outcome of an `APPLY` with [`APPLY_ATOMIC`]: an entry failed, and every other was undone.
pub const OUTCOME_ROLLED_BACK: u32 = 2;

/// Outcome of an `APPLY` with [`APPLY_ATOMIC`]: an entry failed, and another could not be undone.
pub const OUTCOME_PARTIALLY_ROLLED_BACK: u32 = 3;

/// Outcome of an `APPLY`: the caller cancelled it. With [`APPLY_ATOMIC`] the entries before were
/// undone.
pub const OUTCOME_CANCELLED: u32 = 4;

/// Outcome of an `APPLY` with [`APPLY_DRY_RUN`]: every entry would succeed.
pub const OUTCOME_WOULD_SUCCEED: u32 = 5;

/// Outcome of an `APPLY` with [`APPLY_DRY_RUN`]: some entry would fail.
pub const OUTCOME_WOULD_FAIL: u32 = 6;

/// Result of an entry: it changed nothing.
pub const ENTRY_RESULT_NONE: u32 = 0;

/// Result of an entry: it created the route.
pub const ENTRY_RESULT_CREATED: u32 = 1;

/// Result of an [`ENTRY_UPSERT`]: it changed the route that existed, `old`.
pub const ENTRY_RESULT_REPLACED: u32 = 2;

/// Result of an entry: the route existed as requested; a write, if any, changed nothing.
pub const ENTRY_RESULT_UNCHANGED: u32 = 3;

/// Result of an entry: it deleted the route, `old`.
pub const ENTRY_RESULT_DELETED: u32 = 4;

/// Result of an entry: it changed the route, which was `old`.
pub const ENTRY_RESULT_CHANGED: u32 = 5;

/// Result of an entry: its change was undone. The route is `old` again, or absent again.
pub const ENTRY_RESULT_ROLLED_BACK: u32 = 6;

/// Result of an entry: its change could not be undone; `undo_status` says why.
pub const ENTRY_RESULT_ROLLBACK_FAILED: u32 = 7;

/// The index that stands for no entry.
pub const NO_ENTRY: u32 = u32::MAX;

/// Input of `APPLY`: this header, then `count` entries of [`ApplyEntry`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ApplyHeader {
    /// `APPLY_` flags.
    pub flags: u32,
    /// Number of entries that follow, at most [`BATCH_ENTRIES_MAX`].
    pub count: u32,
    /// Must be zero.
    pub reserved: u64,
}

/// One change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ApplyEntry {
    /// An `ENTRY_` operation.
    pub operation: u32,
    /// `ENTRY_` flags.
    pub flags: u32,
    /// The route.
    pub row: MibIpForwardRow2,
    /// For [`ENTRY_COMPARE_AND_SET`] the row that the route must still equal: `Age` and `Origin` are
    /// ignored, and a finite lifetime may have decreased. All zero for other operations.
    pub expected: MibIpForwardRow2,
}

/// Output of `APPLY`: this header, then `count` results of [`EntryAnswer`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ApplyAnswer {
    /// An `OUTCOME_` value.
    pub outcome: u32,
    /// Index of the first entry that failed, or before which the call was cancelled; else
    /// [`NO_ENTRY`].
    pub failed_index: u32,
    /// Number of entries that succeeded and were not undone.
    pub applied: u32,
    /// Number of results that follow: one for each entry.
    pub count: u32,
    /// Number of changes that could not be undone.
    pub undo_failures: u32,
    /// Number of leases that ended because they are not in the declared set.
    pub ended: u32,
    /// Status of the first lease that could not be ended for that reason; else 0.
    pub end_status: u32,
    /// Zero.
    pub reserved: u32,
}

/// Result of one entry.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct EntryAnswer {
    /// The entry's `NTSTATUS`; `STATUS_CANCELLED` if the driver did not reach it.
    pub status: u32,
    /// Why it failed: a [`Cause`](crate::Cause).
    pub cause: u32,
    /// The largest valid value, where the cause has one; else 0.
    pub limit: u32,
    /// What it did: an `ENTRY_RESULT_` value.
    pub result: u32,
    /// The `NTSTATUS` with which undoing it failed; else 0.
    pub undo_status: u32,
    /// Zero.
    pub reserved: u32,
    /// The row before the change, or the existing row that made the entry fail; else all zero.
    pub old: MibIpForwardRow2,
}

const _: () = {
    assert!(size_of::<ApplyHeader>() == 16);
    assert!(size_of::<ApplyEntry>() == 216);
    assert!(offset_of!(ApplyEntry, row) == 8);
    assert!(offset_of!(ApplyEntry, expected) == 112);
    assert!(size_of::<ApplyAnswer>() == 32);
    assert!(size_of::<EntryAnswer>() == 128);
    assert!(offset_of!(EntryAnswer, old) == 24);
};

impl Wire for ApplyHeader {
    const C_NAME: &'static str = "IPFORWARD_APPLY_HEADER";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}

impl Wire for ApplyEntry {
    const C_NAME: &'static str = "IPFORWARD_APPLY_ENTRY";

    fn reserved_is_zero(&self) -> bool {
        let unused_is_zero = || {
            // Each entry of a batch is asked, and words need no call of memcmp.
            let words: [u64; size_of::<MibIpForwardRow2>() / size_of::<u64>()] =
                zerocopy::transmute!(self.expected);
            words.iter().fold(0, |all, word| all | word) == 0
        };
        let expected_is_sound = if self.operation == ENTRY_COMPARE_AND_SET {
            self.expected.reserved_is_zero()
        } else {
            unused_is_zero()
        };
        self.row.reserved_is_zero() && expected_is_sound
    }

    fn canonical(self) -> Self {
        Self {
            row: self.row.canonical(),
            expected: self.expected.canonical(),
            ..self
        }
    }
}

impl Wire for ApplyAnswer {
    const C_NAME: &'static str = "IPFORWARD_APPLY_ANSWER";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}

impl Wire for EntryAnswer {
    const C_NAME: &'static str = "IPFORWARD_ENTRY_ANSWER";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0 && self.old.reserved_is_zero()
    }

    fn canonical(self) -> Self {
        Self {
            old: self.old.canonical(),
            ..self
        }
    }
}
