//! Cursors of the contract: where a page begins.

use abi::{AddressFamily, LeaseRequest, NtStatus, TableRequest};

use crate::leases::listing::LeasePage;
use crate::snapshots::{Cursor, TablePage};

/// Decodes a `GET_TABLE` or a `GET_INTERFACE_TABLE`.
///
/// # Errors
///
/// `STATUS_REQUEST_OUT_OF_SEQUENCE`: the driver gives no caller such a cursor.
pub(super) fn of_table(request: &TableRequest) -> Result<TablePage, NtStatus> {
    let from = match request.cursor {
        0 => None,
        number => Some(Cursor::from_number(number).ok_or(NtStatus::REQUEST_OUT_OF_SEQUENCE)?),
    };
    Ok(TablePage {
        family: AddressFamily(request.family),
        from,
    })
}

/// Decodes a `GET_LEASES` or a `GET_INTERFACE_LEASES`. A cursor beyond the table asks for a page without leases.
pub(super) fn of_leases(request: &LeaseRequest) -> LeasePage {
    LeasePage {
        first_slot: usize::try_from(request.cursor).unwrap_or(usize::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cursor: u64) -> Result<TablePage, NtStatus> {
        of_table(&TableRequest {
            cursor,
            family: 2,
            reserved: [0; 6],
        })
    }

    #[test]
    fn cursor_zero_asks_for_a_new_snapshot() {
        let page = table(0).unwrap();
        assert_eq!((page.family, page.from), (AddressFamily::IPV4, None));
    }

    #[test]
    fn a_cursor_of_the_first_row_is_out_of_sequence() {
        assert!(table(1 << 32).unwrap().from.is_some());
        assert_eq!(table(1), Err(NtStatus::REQUEST_OUT_OF_SEQUENCE));
    }
}
