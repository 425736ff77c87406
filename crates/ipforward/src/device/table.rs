//! Reading a table page by page.

use abi::table::TABLE_ROWS_MAX;
use abi::{AddressFamily, TableHeader, TableRequest, TypedOperation};

use super::Device;
use crate::error::{Error, Malformed};
use crate::reason::Reason;

/// How often the client starts again because another caller took a snapshot on the same handle.
const ATTEMPTS: u32 = 16;

/// The rows of one snapshot, and the number of the last event before it.
pub(super) fn read<C>(
    device: &Device,
    family: AddressFamily,
) -> Result<(Vec<C::Row>, Option<u64>), Error>
where
    C: TypedOperation<Input = TableRequest, Output = TableHeader>,
{
    let mut result = read_once::<C>(device, family);
    for _ in 1..ATTEMPTS {
        if reason_of(&result) != Some(Reason::OutOfSequence) {
            break;
        }
        result = read_once::<C>(device, family);
    }
    // An empty table is not an error, but some stacks report it as one.
    if reason_of(&result) == Some(Reason::NotFound) {
        return Ok((Vec::new(), None));
    }
    result
}

fn reason_of<T>(result: &Result<T, Error>) -> Option<Reason> {
    result.as_ref().err()?.reason()
}

fn read_once<C>(device: &Device, family: AddressFamily) -> Result<(Vec<C::Row>, Option<u64>), Error>
where
    C: TypedOperation<Input = TableRequest, Output = TableHeader>,
{
    let mut rows = Vec::new();
    let mut request = TableRequest {
        family: family.0,
        ..TableRequest::default()
    };
    loop {
        let (header, page) = device.call_for_rows::<C>(&request, TABLE_ROWS_MAX)?;
        let is_endless = page.is_empty() && header.next_cursor != 0;
        rows.extend(page);
        if is_endless || rows.len() > header.total as usize {
            return Err(Error::Malformed {
                operation: C::OPERATION,
                cause: Malformed::Endless {
                    total: header.total,
                },
            });
        }
        if header.next_cursor == 0 {
            return Ok((rows, Some(header.sequence)));
        }
        request.cursor = header.next_cursor;
    }
}
