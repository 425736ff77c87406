//! Tables in pages: one snapshot of each a handle, so that the pages agree and a
//! reader that stops half-way holds one table at most.

use abi::table::TABLE_ROWS_MAX;
use abi::{AddressFamily, NtStatus, TableHeader, Wire};
use zerocopy::{FromBytes, IntoBytes};

/// The snapshot that a handle is reading.
#[derive(Debug)]
pub struct Snapshots<T> {
    /// Number of the newest snapshot of this handle; 0 before the first.
    generation: u64,
    reading: Option<Snapshot<T>>,
}

#[derive(Debug)]
struct Snapshot<T> {
    family: AddressFamily,
    /// Number of the last event before it was taken.
    sequence: u64,
    table: T,
}

/// The page of a table that a handle asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TablePage {
    /// The family of the rows.
    pub(crate) family: AddressFamily,
    /// Where the page begins in the current snapshot; `None`: at the start of a new one.
    pub(crate) from: Option<Cursor>,
}

/// A page that was written.
#[derive(Debug)]
#[must_use = "dropping a table gives memory back, which is better done without a lock"]
pub(crate) struct Page<T> {
    /// Its length, in bytes.
    pub(crate) written: usize,
    /// The snapshot, if this was its last page: the caller's to drop.
    pub(crate) finished: Option<T>,
}

impl<T> Default for Snapshots<T> {
    fn default() -> Self {
        Self {
            generation: 0,
            reading: None,
        }
    }
}

/// A place in a snapshot, after its first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes)]
#[repr(C)]
pub(crate) struct Cursor {
    /// The snapshot's number, its low half.
    generation: u32,
    /// The row at which the page begins; never 0.
    row: u32,
}

impl Cursor {
    /// The cursor that callers see as `number`. `None` if no cursor is seen so.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        let cursor: Self = zerocopy::transmute!(number);
        (cursor.row != 0).then_some(cursor)
    }

    /// The opaque number that callers see; never 0.
    const fn number(self) -> u64 {
        zerocopy::transmute!(self)
    }
}

/// The low half of a generation, which is the part that a cursor stores.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a table is read long before it wraps"
)]
const fn low_half(generation: u64) -> u32 {
    generation as u32
}

impl<T> Snapshots<T> {
    /// Takes `table` as the snapshot to read, in place of the one before, which is handed back for
    /// the caller to drop where it suits. `sequence` is the number of the last event before it.
    #[must_use = "dropping a table gives memory back, which is better done without a lock"]
    pub fn replace(&mut self, family: AddressFamily, sequence: u64, table: T) -> Option<T> {
        self.generation = self.generation.wrapping_add(1);
        self.reading
            .replace(Snapshot {
                family,
                sequence,
                table,
            })
            .map(|old| old.table)
    }

    /// Gives up the snapshot, if there is one.
    #[must_use = "dropping a table gives memory back, which is better done without a lock"]
    pub fn release(&mut self) -> Option<T> {
        self.reading.take().map(|old| old.table)
    }

    /// Writes a page of the current snapshot. The snapshot is given up with its last page.
    ///
    /// # Errors
    ///
    /// - `STATUS_REQUEST_OUT_OF_SEQUENCE`: the cursor is not of the snapshot being read.
    /// - `STATUS_BUFFER_TOO_SMALL`: no room for the header, or for a single row where there are
    ///   rows.
    pub(crate) fn page<Row: Wire>(
        &mut self,
        page: TablePage,
        output: &mut [u8],
    ) -> Result<Page<T>, NtStatus>
    where
        T: AsRef<[Row]>,
    {
        let (written, last) = self.write_page::<Row>(page, output)?;
        let finished = if last { self.release() } else { None };
        Ok(Page { written, finished })
    }

    fn write_page<Row: Wire>(
        &self,
        page: TablePage,
        output: &mut [u8],
    ) -> Result<(usize, bool), NtStatus>
    where
        T: AsRef<[Row]>,
    {
        let (snapshot, start) = self.find(page)?;
        let table = snapshot.table.as_ref();
        let rows = table
            .get(start as usize..)
            .ok_or(NtStatus::REQUEST_OUT_OF_SEQUENCE)?;
        let (header_room, row_room) = output
            .split_at_mut_checked(size_of::<TableHeader>())
            .ok_or(NtStatus::BUFFER_TOO_SMALL)?;
        let mut count = 0_u32;
        for (row, room) in rows
            .iter()
            .zip(row_room.chunks_exact_mut(size_of::<Row>()))
            .take(TABLE_ROWS_MAX as usize)
        {
            room.copy_from_slice(row.canonical().as_bytes());
            count = count.saturating_add(1);
        }
        if count == 0 && !rows.is_empty() {
            return Err(NtStatus::BUFFER_TOO_SMALL);
        }
        let last = count as usize == rows.len();
        let next = Cursor {
            generation: low_half(self.generation),
            row: start.saturating_add(count),
        };
        let header = TableHeader {
            next_cursor: if last { 0 } else { next.number() },
            generation: self.generation,
            count,
            total: u32::try_from(table.len()).unwrap_or(u32::MAX),
            sequence: snapshot.sequence,
        };
        header_room.copy_from_slice(header.as_bytes());
        let row_bytes = (count as usize).saturating_mul(size_of::<Row>());
        Ok((size_of::<TableHeader>().saturating_add(row_bytes), last))
    }

    /// The snapshot being read and the row at which the page begins.
    fn find(&self, page: TablePage) -> Result<(&Snapshot<T>, u32), NtStatus> {
        let snapshot = self
            .reading
            .as_ref()
            .ok_or(NtStatus::REQUEST_OUT_OF_SEQUENCE)?;
        let Some(cursor) = page.from else {
            return Ok((snapshot, 0));
        };
        if cursor.generation == low_half(self.generation) && page.family == snapshot.family {
            Ok((snapshot, cursor.row))
        } else {
            Err(NtStatus::REQUEST_OUT_OF_SEQUENCE)
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec;
    use std::vec::Vec;

    use abi::MibIpForwardRow2;

    use super::*;

    const HEADER: usize = size_of::<TableHeader>();
    const ROW: usize = size_of::<MibIpForwardRow2>();

    fn table(rows: u32) -> Vec<MibIpForwardRow2> {
        (0..rows)
            .map(|metric| MibIpForwardRow2 {
                metric,
                ..Default::default()
            })
            .collect()
    }

    fn snapshots(rows: u32) -> Snapshots<Vec<MibIpForwardRow2>> {
        let mut snapshots = Snapshots::default();
        assert!(
            snapshots
                .replace(AddressFamily::IPV4, 9, table(rows))
                .is_none()
        );
        snapshots
    }

    fn page(
        snapshots: &mut Snapshots<Vec<MibIpForwardRow2>>,
        cursor: u64,
        room_for: usize,
    ) -> Result<(TableHeader, Vec<u32>), NtStatus> {
        let mut output = vec![0xA5; HEADER + room_for * ROW];
        let request = TablePage {
            family: AddressFamily::IPV4,
            from: Cursor::from_number(cursor),
        };
        let written = snapshots.page(request, &mut output)?.written;
        let (header, rest) = TableHeader::read_from_prefix(&output[..written]).unwrap();
        let metrics = rest
            .chunks_exact(ROW)
            .map(|row| MibIpForwardRow2::read_from_bytes(row).unwrap().metric)
            .collect();
        Ok((header, metrics))
    }

    #[test]
    fn pages_join_to_the_whole_table() {
        let mut snapshots = snapshots(7);
        let (mut read, mut cursor) = (Vec::new(), 0);
        loop {
            let (header, metrics) = page(&mut snapshots, cursor, 3).unwrap();
            assert_eq!((header.generation, header.total), (1, 7));
            assert_eq!(header.count as usize, metrics.len());
            read.extend(metrics);
            cursor = header.next_cursor;
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(read, (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_page_gives_the_snapshot_up() {
        let mut snapshots = snapshots(2);
        let (header, _) = page(&mut snapshots, 0, 2).unwrap();
        assert_eq!(header.next_cursor, 0);
        assert!(snapshots.release().is_none());
    }

    #[test]
    fn a_cursor_of_an_older_snapshot_is_out_of_sequence() {
        let mut snapshots = snapshots(4);
        let (header, _) = page(&mut snapshots, 0, 1).unwrap();
        assert!(
            snapshots
                .replace(AddressFamily::IPV4, 9, table(4))
                .is_some()
        );
        let old = page(&mut snapshots, header.next_cursor, 1);
        assert_eq!(old, Err(NtStatus::REQUEST_OUT_OF_SEQUENCE));
    }

    #[test]
    fn a_cursor_beyond_the_table_is_out_of_sequence() {
        let mut snapshots = snapshots(4);
        for row in [5, u32::MAX] {
            let beyond = Cursor { generation: 1, row };
            let answer = page(&mut snapshots, beyond.number(), 1);
            assert_eq!(answer, Err(NtStatus::REQUEST_OUT_OF_SEQUENCE));
        }
    }

    #[test]
    fn a_cursor_with_another_family_is_out_of_sequence() {
        let mut snapshots = snapshots(4);
        let (header, _) = page(&mut snapshots, 0, 1).unwrap();
        let request = TablePage {
            family: AddressFamily::IPV6,
            from: Cursor::from_number(header.next_cursor),
        };
        let answer = snapshots
            .page(request, &mut [0; HEADER + ROW])
            .map(|page| page.written);
        assert_eq!(answer, Err(NtStatus::REQUEST_OUT_OF_SEQUENCE));
    }

    #[test]
    fn room_for_no_row_at_all_is_too_small_and_loses_nothing() {
        let mut snapshots = snapshots(1);
        assert_eq!(page(&mut snapshots, 0, 0), Err(NtStatus::BUFFER_TOO_SMALL));
        assert_eq!(page(&mut snapshots, 0, 1).unwrap().1, [0]);
    }

    #[test]
    fn an_empty_table_is_a_header_without_rows() {
        let (header, metrics) = page(&mut snapshots(0), 0, 0).unwrap();
        assert_eq!((header.count, header.total, header.next_cursor), (0, 0, 0));
        assert_eq!(metrics, []);
    }

    #[test]
    fn a_page_holds_no_more_than_its_limit() {
        let mut snapshots = snapshots(TABLE_ROWS_MAX + 1);
        let (header, metrics) = page(&mut snapshots, 0, TABLE_ROWS_MAX as usize + 1).unwrap();
        assert_eq!(metrics.len(), TABLE_ROWS_MAX as usize);
        assert_eq!(
            page(&mut snapshots, header.next_cursor, 1).unwrap().1,
            [TABLE_ROWS_MAX]
        );
    }
}
