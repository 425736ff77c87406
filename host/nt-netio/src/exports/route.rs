//! The route calls.

#![expect(non_snake_case, reason = "exports have the names that drivers import")]

use nt_kernel::warning;
use nt_types::{AddressFamily, MibIpForwardRow2, NtStatus, SockaddrInet};

use super::pointer::{In, Out};
use super::{Limit, call, mib_table, run};

type Row = MibIpForwardRow2;

pub(super) extern "win64" fn InitializeIpForwardEntry(row: Out<Row>) {
    run("InitializeIpForwardEntry", Limit::Disputed, |stack| {
        row.set(stack.initial_route());
    });
}

pub(super) extern "win64" fn CreateIpForwardEntry2(row: In<Row>) -> NtStatus {
    call("CreateIpForwardEntry2", Limit::Disputed, |stack| {
        let row = row.required()?;
        stack.create_route(&row)?;
        warn_of_missing_family("CreateIpForwardEntry2", &row);
        Ok(())
    })
}

pub(super) extern "win64" fn SetIpForwardEntry2(row: In<Row>) -> NtStatus {
    call("SetIpForwardEntry2", Limit::Disputed, |stack| {
        let row = row.required()?;
        stack.set_route(&row)?;
        warn_of_missing_family("SetIpForwardEntry2", &row);
        Ok(())
    })
}

pub(super) extern "win64" fn DeleteIpForwardEntry2(row: In<Row>) -> NtStatus {
    call("DeleteIpForwardEntry2", Limit::Disputed, |stack| {
        let row = row.required()?;
        stack.delete_route(&row)?;
        warn_of_missing_family("DeleteIpForwardEntry2", &row);
        Ok(())
    })
}

pub(super) extern "win64" fn GetIpForwardEntry2(row: Out<Row>) -> NtStatus {
    call("GetIpForwardEntry2", Limit::Disputed, |stack| {
        row.set(stack.route(&row.input().required()?)?);
        Ok(())
    })
}

pub(super) extern "win64" fn GetIpForwardTable2(family: u16, table: Out<usize>) -> NtStatus {
    call("GetIpForwardTable2", Limit::Disputed, |stack| {
        let table = table.required()?;
        let rows = stack.routes(AddressFamily(family))?;
        table.set(mib_table::hand_out("GetIpForwardTable2", &rows, stack)?);
        Ok(())
    })
}

/// The reference asks for a next hop with a family; what callers in the field leave out may be
/// refused elsewhere.
fn warn_of_missing_family(function: &str, row: &Row) {
    if row.next_hop == SockaddrInet::default() {
        warning(format!(
            "{function} was given a NextHop without an address family and took it as on-link; \
             the reference calls such a row invalid"
        ));
    }
}
