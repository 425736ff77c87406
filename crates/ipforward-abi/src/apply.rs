//! Many changes in one call.

use core::mem::{offset_of, size_of};

use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Entries of one `APPLY` at most.
pub const BATCH_ENTRIES_MAX: u32 = 4_096;

/// Flag of an `APPLY`: all of its entries happen or none does. The first failure ends it, and what
/// was done is undone in reverse.
pub const APPLY_ATOMIC: u32 = 1 << 0;

/// Flag of an `APPLY`: nothing is changed; the answer says what would be.
pub const APPLY_DRY_RUN: u32 = 1 << 1;

/// Flag of an `APPLY`: the entries, each [`ENTRY_UPSERT`] with [`ENTRY_LEASE`], are all the routes
/// that the handle wants to hold. Its leases that are not among them end after the rest is done,
/// and only if nothing failed.
pub const APPLY_DECLARED_SET: u32 = 1 << 2;

/// Flag of an `APPLY` with [`APPLY_DECLARED_SET`]: more entries of the same set follow in another
/// call, with [`APPLY_CONTINUES`]. Each page is done as it comes; leases end with the last one.
pub const APPLY_MORE: u32 = 1 << 3;

/// Flag of an `APPLY` with [`APPLY_DECLARED_SET`]: the entries go on with the set of the call
/// before, which had [`APPLY_MORE`]. Without it a set begins, and one that was not finished is
/// given up: what it added stays until a set is finished that it is not in.
pub const APPLY_CONTINUES: u32 = 1 << 4;

/// Operation of an entry: create the route, as `CREATE_ROUTE` does.
pub const ENTRY_CREATE: u32 = 1;

/// Operation of an entry: change the route, as `SET_ROUTE` does.
pub const ENTRY_SET: u32 = 2;

/// Operation of an entry: delete the route, as `DELETE_ROUTE` does. With [`ENTRY_LEASE`] the
/// handle's lease of it ends instead, as if the handle were closed.
pub const ENTRY_DELETE: u32 = 3;

/// Operation of an entry: create the route, or change the one that is there.
pub const ENTRY_UPSERT: u32 = 4;

/// Operation of an entry: change the route if it is still as `expected` says.
pub const ENTRY_COMPARE_AND_SET: u32 = 5;

/// Flag of an entry: the route belongs to the handle, and goes with it.
pub const ENTRY_LEASE: u32 = 1 << 0;

/// Flag of an entry with [`ENTRY_LEASE`]: other handles may hold the same route, if they say so
/// too. It goes with the last of them.
pub const ENTRY_SHARE: u32 = 1 << 1;

/// Flag of an entry with [`ENTRY_LEASE`]: the route is put back if somebody else removes or
/// changes it.
pub const ENTRY_GUARD: u32 = 1 << 2;

/// Outcome of an `APPLY`: every entry succeeded.
pub const OUTCOME_DONE: u32 = 0;

/// Outcome of an `APPLY` without [`APPLY_ATOMIC`]: some entries failed.
pub const OUTCOME_FAILED: u32 = 1;

/// Outcome of an `APPLY` with [`APPLY_ATOMIC`]: an entry failed, and the table is as it was.
pub const OUTCOME_ROLLED_BACK: u32 = 2;

/// Outcome of an `APPLY` with [`APPLY_ATOMIC`]: an entry failed, and so did undoing another.
pub const OUTCOME_PARTIALLY_ROLLED_BACK: u32 = 3;

/// Outcome of an `APPLY`: the caller cancelled it. With [`APPLY_ATOMIC`] what was done is undone.
pub const OUTCOME_CANCELLED: u32 = 4;

/// Outcome of an `APPLY` with [`APPLY_DRY_RUN`]: every entry would succeed.
pub const OUTCOME_WOULD_SUCCEED: u32 = 5;

/// Outcome of an `APPLY` with [`APPLY_DRY_RUN`]: some entry would fail.
pub const OUTCOME_WOULD_FAIL: u32 = 6;

/// What an entry did: nothing.
pub const ENTRY_RESULT_NONE: u32 = 0;

/// What an entry did: it created the route.
pub const ENTRY_RESULT_CREATED: u32 = 1;

/// What an [`ENTRY_UPSERT`] did: it changed the route that was there, `old`.
pub const ENTRY_RESULT_REPLACED: u32 = 2;

/// What an entry did: nothing had to be written, the route was there as wanted.
pub const ENTRY_RESULT_UNCHANGED: u32 = 3;

/// What an entry did: it deleted the route, `old`.
pub const ENTRY_RESULT_DELETED: u32 = 4;

/// What an entry did: it changed the route, which was `old`.
pub const ENTRY_RESULT_CHANGED: u32 = 5;

/// What an entry did was undone: the route is `old` again, or gone again.
pub const ENTRY_RESULT_ROLLED_BACK: u32 = 6;

/// What an entry did could not be undone; `undo_status` says why.
pub const ENTRY_RESULT_ROLLBACK_FAILED: u32 = 7;

/// The index of no entry.
pub const NO_ENTRY: u32 = u32::MAX;

/// What `APPLY` takes: this header, then `count` entries of [`ApplyEntry`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ApplyHeader {
    /// `APPLY_` flags.
    pub flags: u32,
    /// Entries behind this header, at most [`BATCH_ENTRIES_MAX`].
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
    /// What to do: an `ENTRY_` operation.
    pub operation: u32,
    /// `ENTRY_` flags.
    pub flags: u32,
    /// The route.
    pub row: MibIpForwardRow2,
    /// What the route must be for [`ENTRY_COMPARE_AND_SET`]; `Age` and `Origin` are not looked
    /// at, and a finite lifetime may have run down. All zero for other operations.
    pub expected: MibIpForwardRow2,
}

/// What `APPLY` gives: this, then `count` answers of [`EntryAnswer`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ApplyAnswer {
    /// An `OUTCOME_`.
    pub outcome: u32,
    /// The first entry that failed, or before which the call was cancelled; [`NO_ENTRY`] if there
    /// is none.
    pub failed_index: u32,
    /// Entries that succeeded and were not undone.
    pub applied: u32,
    /// Answers behind this header: as many as there were entries.
    pub count: u32,
    /// Changes that could not be undone.
    pub undo_failures: u32,
    /// Leases that ended because they are not in the declared set.
    pub ended: u32,
    /// Status of the first lease that should have ended so and did not; else 0.
    pub end_status: u32,
    /// Zero.
    pub reserved: u32,
}

/// What became of one entry.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct EntryAnswer {
    /// The entry's `NTSTATUS`; `STATUS_CANCELLED` if its turn did not come.
    pub status: u32,
    /// Why it failed: a [`Cause`](crate::Cause).
    pub cause: u32,
    /// The largest value that would be right, where the cause has one; else 0.
    pub limit: u32,
    /// What it did: a `ENTRY_RESULT_`.
    pub result: u32,
    /// The `NTSTATUS` of undoing it, if that failed; else 0.
    pub undo_status: u32,
    /// Zero.
    pub reserved: u32,
    /// The route that was changed, deleted, in the way, or other than expected; else all zero.
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
        let unused_is_zero =
            self.operation == ENTRY_COMPARE_AND_SET || self.expected == MibIpForwardRow2::default();
        self.row.reserved_is_zero() && self.expected.reserved_is_zero() && unused_is_zero
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
