//! `GET_TABLE` and `GET_INTERFACE_TABLE`: a table in pages.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Largest number of rows in one page, whatever the size of the caller's buffer: 416 KiB of routes.
pub const TABLE_ROWS_MAX: u32 = 4_096;

/// Input of `GET_TABLE` and `GET_INTERFACE_TABLE`: the family, and where the page begins.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct TableRequest {
    /// 0 for a new snapshot and its first page; otherwise the
    /// [`next_cursor`](TableHeader::next_cursor) of the page before.
    pub cursor: u64,
    /// `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both.
    pub family: u16,
    /// Must be zero.
    pub reserved: [u8; 6],
}

/// Output of `GET_TABLE` and `GET_INTERFACE_TABLE`: this header, then `count` rows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct TableHeader {
    /// Cursor of the next page, opaque to the caller; 0 after the last page.
    pub next_cursor: u64,
    /// Number of the snapshot on this handle, from 1; the same in all its pages.
    pub generation: u64,
    /// Number of rows that follow.
    pub count: u32,
    /// Number of rows in the whole snapshot.
    pub total: u32,
    /// Sequence number of the last event before the snapshot: `WATCH` continues from here.
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
