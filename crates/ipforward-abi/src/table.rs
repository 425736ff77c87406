//! The route table in pages.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Rows in one page at most, however large the caller's buffer is: 416 KiB of output.
pub const TABLE_ROWS_MAX: u32 = 4_096;

/// What `GET_TABLE` takes: the family and where to go on.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct TableRequest {
    /// 0 takes a new snapshot of the table and gives its first page; otherwise the
    /// [`next_cursor`](TableHeader::next_cursor) of the page before.
    pub cursor: u64,
    /// `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both.
    pub family: u16,
    /// Must be zero.
    pub reserved: [u8; 6],
}

/// What `GET_TABLE` gives: this header, then `count` rows of
/// [`MibIpForwardRow2`](crate::MibIpForwardRow2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct TableHeader {
    /// Where the next page begins, opaque to the caller; 0 if this was the last one.
    pub next_cursor: u64,
    /// Number of the snapshot on this handle, from 1; the same in all of its pages.
    pub generation: u64,
    /// Rows behind this header.
    pub count: u32,
    /// Rows in the whole snapshot.
    pub total: u32,
    /// Number of the last event before the snapshot was taken: `WATCH` goes on from here.
    pub sequence: u64,
}

const _: () = {
    assert!(size_of::<TableRequest>() == 16);
    assert!(size_of::<TableHeader>() == 32);
};

impl Wire for TableRequest {
    const C_NAME: &'static str = "IPFORWARD_TABLE_REQUEST";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == [0; 6]
    }
}

impl Wire for TableHeader {
    const C_NAME: &'static str = "IPFORWARD_TABLE_HEADER";

    fn reserved_is_zero(&self) -> bool {
        true
    }
}
