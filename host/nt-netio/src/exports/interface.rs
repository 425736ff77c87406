//! The interface calls, the table of addresses, and the converters of indices, LUIDs and GUIDs.

#![expect(non_snake_case, reason = "exports have the names that drivers import")]

use nt_types::{AddressFamily, Guid, MibIpInterfaceRow, NtStatus};

use super::pointer::{In, Out};
use super::{Limit, call, mib_table, run};

type Row = MibIpInterfaceRow;

pub(super) extern "win64" fn InitializeIpInterfaceEntry(row: Out<Row>) {
    run("InitializeIpInterfaceEntry", Limit::Disputed, |stack| {
        row.set(stack.initial_interface());
    });
}

pub(super) extern "win64" fn GetIpInterfaceEntry(row: Out<Row>) -> NtStatus {
    call("GetIpInterfaceEntry", Limit::Disputed, |stack| {
        row.set(stack.interface(&row.input().required()?)?);
        Ok(())
    })
}

pub(super) extern "win64" fn SetIpInterfaceEntry(row: Out<Row>) -> NtStatus {
    call("SetIpInterfaceEntry", Limit::Disputed, |stack| {
        row.set(stack.set_interface(&row.input().required()?)?);
        Ok(())
    })
}

pub(super) extern "win64" fn GetIpInterfaceTable(family: u16, table: Out<usize>) -> NtStatus {
    call("GetIpInterfaceTable", Limit::Disputed, |stack| {
        let table = table.required()?;
        let rows = stack.interfaces(AddressFamily(family))?;
        table.set(mib_table::hand_out("GetIpInterfaceTable", &rows, stack)?);
        Ok(())
    })
}

pub(super) extern "win64" fn ConvertInterfaceIndexToLuid(index: u32, luid: Out<u64>) -> NtStatus {
    call("ConvertInterfaceIndexToLuid", Limit::Passive, |stack| {
        let found = stack.index_to_luid(index);
        luid.required()?.set(found.unwrap_or(0));
        found.map(drop)
    })
}

pub(super) extern "win64" fn ConvertInterfaceLuidToIndex(
    luid: In<u64>,
    index: Out<u32>,
) -> NtStatus {
    call("ConvertInterfaceLuidToIndex", Limit::Passive, |stack| {
        let found = luid.required().and_then(|luid| stack.luid_to_index(luid));
        index.required()?.set(found.unwrap_or(0));
        found.map(drop)
    })
}

pub(super) extern "win64" fn ConvertInterfaceLuidToGuid(
    luid: In<u64>,
    guid: Out<Guid>,
) -> NtStatus {
    call("ConvertInterfaceLuidToGuid", Limit::Passive, |stack| {
        let found = luid.required().and_then(|luid| stack.luid_to_guid(luid));
        guid.required()?.set(found.unwrap_or_default());
        found.map(drop)
    })
}

pub(super) extern "win64" fn ConvertInterfaceGuidToLuid(
    guid: In<Guid>,
    luid: Out<u64>,
) -> NtStatus {
    call("ConvertInterfaceGuidToLuid", Limit::Passive, |stack| {
        let found = guid.required().and_then(|guid| stack.guid_to_luid(guid));
        luid.required()?.set(found.unwrap_or(0));
        found.map(drop)
    })
}

pub(super) extern "win64" fn GetUnicastIpAddressTable(family: u16, table: Out<usize>) -> NtStatus {
    call("GetUnicastIpAddressTable", Limit::Disputed, |stack| {
        let table = table.required()?;
        let rows = stack.addresses(AddressFamily(family))?;
        table.set(mib_table::hand_out(
            "GetUnicastIpAddressTable",
            &rows,
            stack,
        )?);
        Ok(())
    })
}
