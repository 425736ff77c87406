//! The route table, read page by page.

use abi::operation::call::GetTable;
use abi::table::TABLE_ROWS_MAX;
use abi::{AddressFamily, MibIpForwardRow2, NtStatus, Operation, TableRequest};

use super::Device;
use crate::error::{Error, Malformed};

/// How often a reading starts anew because another caller took a snapshot on the same handle.
const ATTEMPTS: u32 = 16;

/// The rows of one snapshot.
pub(super) fn read(device: &Device, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, Error> {
    let mut result = read_once(device, family);
    for _ in 1..ATTEMPTS {
        if status_of(&result) != Some(NtStatus::REQUEST_OUT_OF_SEQUENCE) {
            break;
        }
        result = read_once(device, family);
    }
    // An empty table is no failure, though some stacks report it as one.
    if status_of(&result) == Some(NtStatus::NOT_FOUND) {
        return Ok(Vec::new());
    }
    result
}

fn status_of<T>(result: &Result<T, Error>) -> Option<NtStatus> {
    result.as_ref().err()?.status()
}

fn read_once(device: &Device, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, Error> {
    let mut rows = Vec::new();
    let mut request = TableRequest {
        family: family.0,
        ..TableRequest::default()
    };
    loop {
        let (header, page) = device.call_for_rows::<GetTable>(&request, TABLE_ROWS_MAX)?;
        let stuck = page.is_empty() && header.next_cursor != 0;
        rows.extend(page);
        if stuck || rows.len() > header.total as usize {
            return Err(Error::Malformed {
                operation: Operation::GetTable,
                cause: Malformed::Endless {
                    total: header.total,
                },
            });
        }
        if header.next_cursor == 0 {
            return Ok(rows);
        }
        request.cursor = header.next_cursor;
    }
}
