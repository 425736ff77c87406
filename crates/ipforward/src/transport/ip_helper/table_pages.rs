//! A table of the system in the pages of the contract.

use std::sync::{Mutex, PoisonError};

use abi::{AddressFamily, NtStatus, TableHeader, TableRequest, Wire};
use zerocopy::IntoBytes;

use super::{Win32, of_win32, refused};
use crate::error::TransportError;

/// The last snapshot of a table. A cursor is the number of rows before the page.
pub(super) struct TablePages<Row>(Mutex<TableSnapshot<Row>>);

struct TableSnapshot<Row> {
    generation: u64,
    /// The number of the last notification before it.
    sequence: u64,
    rows: Vec<Row>,
}

impl<Row> Default for TablePages<Row> {
    fn default() -> Self {
        Self(Mutex::new(TableSnapshot {
            generation: 0,
            sequence: 0,
            rows: Vec::new(),
        }))
    }
}

impl<Row: Wire> TablePages<Row> {
    /// Writes the requested page; reads the table first if it is the first page. `sequence` is the
    /// number of the last notification before.
    pub(super) fn page(
        &self,
        request: &TableRequest,
        output: &mut [u8],
        sequence: u64,
        read_table: impl FnOnce(AddressFamily) -> Result<Vec<Row>, Win32>,
    ) -> Result<usize, TransportError> {
        let mut snapshot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if request.cursor == 0 {
            snapshot.rows = read_table(AddressFamily(request.family)).map_err(of_win32)?;
            snapshot.generation += 1;
            snapshot.sequence = sequence;
        }
        let before = usize::try_from(request.cursor).ok();
        let rest = before.and_then(|before| snapshot.rows.get(before..));
        let rest = rest.ok_or_else(|| refused(NtStatus::REQUEST_OUT_OF_SEQUENCE))?;
        let (header, room) = output
            .split_at_mut_checked(size_of::<TableHeader>())
            .ok_or_else(|| refused(NtStatus::BUFFER_TOO_SMALL))?;
        let page = &rest[..rest.len().min(room.len() / size_of::<Row>())];
        let total = snapshot.rows.len();
        let after = total - rest.len() + page.len();
        let values = TableHeader {
            next_cursor: if after < total { after as u64 } else { 0 },
            generation: snapshot.generation,
            count: number(page.len())?,
            total: number(total)?,
            sequence: snapshot.sequence,
        };
        header.copy_from_slice(values.as_bytes());
        let bytes = page.as_bytes();
        room[..bytes.len()].copy_from_slice(bytes);
        Ok(header.len() + bytes.len())
    }
}

fn number(rows: usize) -> Result<u32, TransportError> {
    u32::try_from(rows).map_err(|_| refused(NtStatus::INSUFFICIENT_RESOURCES))
}
