//! Reading a table page by page.

use abi::table::TABLE_ROWS_MAX;
use abi::{AddressFamily, TableHeader, TableRequest, TypedOperation};

use super::Device;
use crate::error::{Error, Malformed};
use crate::reason::Reason;

/// How often the client starts again because another caller took a snapshot on the same handle.
const ATTEMPTS: u32 = 16;

/// Takes the rows of a page, and the number of rows of the whole snapshot.
type TakePage<'a, Row> = &'a mut dyn FnMut(&[Row], u32) -> Result<(), Error>;

/// All rows of one snapshot as values, and the number of the last event before it.
pub(super) fn read<C, T>(
    device: &Device,
    family: AddressFamily,
    value: impl Fn(&C::Row) -> Result<T, Error>,
) -> Result<(Vec<T>, Option<u64>), Error>
where
    C: TypedOperation<Input = TableRequest, Output = TableHeader>,
{
    let mut values = Vec::new();
    let mut attempt = || {
        values.clear();
        visit::<C>(device, family, &mut |rows, _| {
            values.reserve(rows.len());
            for row in rows {
                values.push(value(row)?);
            }
            Ok(())
        })
    };
    let mut result = attempt();
    for _ in 1..ATTEMPTS {
        if reason_of(&result) != Some(Reason::OutOfSequence) {
            break;
        }
        result = attempt();
    }
    let sequence = result?;
    Ok((values, sequence))
}

/// Hands the rows of one snapshot to `take`, page by page. Returns the number of the last event before
/// the snapshot.
pub(super) fn visit<C>(
    device: &Device,
    family: AddressFamily,
    take: TakePage<'_, C::Row>,
) -> Result<Option<u64>, Error>
where
    C: TypedOperation<Input = TableRequest, Output = TableHeader>,
{
    let mut request = TableRequest {
        family: family.0,
        ..TableRequest::default()
    };
    let mut answer = device.call_for_rows::<C>(&request, TABLE_ROWS_MAX);
    // An empty table is not an error, but some stacks report it as one.
    if reason_of(&answer) == Some(Reason::NotFound) {
        return Ok(None);
    }
    let mut taken = 0;
    loop {
        let (header, page) = answer?;
        taken += page.len();
        let is_endless = page.is_empty() && header.next_cursor != 0;
        if is_endless || taken > header.total as usize {
            return Err(Error::Malformed {
                operation: C::OPERATION,
                cause: Malformed::Endless {
                    total: header.total,
                },
            });
        }
        take(&page, header.total)?;
        if header.next_cursor == 0 {
            return Ok(Some(header.sequence));
        }
        request.cursor = header.next_cursor;
        answer = device.call_for_rows::<C>(&request, TABLE_ROWS_MAX);
    }
}

fn reason_of<T>(result: &Result<T, Error>) -> Option<Reason> {
    result.as_ref().err()?.reason()
}
