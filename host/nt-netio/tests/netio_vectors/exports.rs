//! Vectors about pointers, IRQL, memory and threads: the exports called as a driver calls them.

mod notifications;
mod tables;

use std::ptr::{null, null_mut};

use nt_kernel::fault::{self, Plan};
use nt_kernel::irql::{self, Irql};
use nt_netio::vectors;
use nt_types::route::INFINITE_LIFETIME;
use nt_types::{MibIpForwardRow2, MibIpInterfaceRow, NtStatus, SockaddrInet};

use crate::backend::{LUIDS, row};
use crate::child::{Case, End};
use crate::driver::Netio;

const INVALID: NtStatus = NtStatus::INVALID_PARAMETER;
const OK: NtStatus = NtStatus::SUCCESS;
/// The LUID of no interface.
const UNKNOWN_LUID: u64 = 0x0006_FFFF_FF00_0000;

const fn well(number: &'static str, title: &'static str, run: fn(&Netio)) -> Case {
    ends(number, title, End::Well, run)
}

const fn ends(number: &'static str, title: &'static str, end: End, run: fn(&Netio)) -> Case {
    either(number, title, end, end, run)
}

const fn either(
    number: &'static str,
    title: &'static str,
    documented: End,
    alternative: End,
    run: fn(&Netio),
) -> Case {
    Case {
        number,
        title,
        documented,
        alternative,
        run,
    }
}

/// Every case.
pub(crate) const CASES: &[Case] = &[
    well("2", "create: NULL", |netio| {
        assert_eq!((netio.create_route)(null()), INVALID);
    }),
    ends(
        "51",
        "create at DISPATCH_LEVEL",
        End::Stop("CreateIpForwardEntry2 was called at DISPATCH_LEVEL"),
        |netio| {
            irql::raise(Irql::DISPATCH);
            let _ = (netio.create_route)(&row("R"));
        },
    ),
    either(
        "51b",
        "create at APC_LEVEL",
        End::Warned("CreateIpForwardEntry2 was called at APC_LEVEL"),
        End::Stop("CreateIpForwardEntry2 was called at APC_LEVEL"),
        |netio| {
            irql::raise(Irql::APC);
            assert_eq!((netio.create_route)(&row("R")), OK);
        },
    ),
    ends(
        "51c",
        "a converter at APC_LEVEL",
        End::Stop("ConvertInterfaceIndexToLuid was called at APC_LEVEL"),
        |netio| {
            irql::raise(Irql::APC);
            let _ = (netio.index_to_luid)(7, &mut 0);
        },
    ),
    either(
        "5b",
        "create without a next hop's family: a warning",
        End::Warned("NextHop without an address family"),
        End::Well,
        |netio| {
            let row = MibIpForwardRow2 {
                next_hop: SockaddrInet::default(),
                ..row("R")
            };
            let accepted = nt_netio::stack()
                .behaviours()
                .accepts_next_hop_without_family();
            let expected = if accepted { OK } else { INVALID };
            assert_eq!((netio.create_route)(&raw const row), expected);
        },
    ),
    well("56", "set: NULL", |netio| {
        assert_eq!((netio.set_route)(null()), INVALID);
    }),
    well("69", "delete: NULL", |netio| {
        assert_eq!((netio.delete_route)(null()), INVALID);
    }),
    well(
        "79b",
        "get of an absent route leaves the row untouched",
        |netio| {
            let mut row = MibIpForwardRow2 {
                metric: 77,
                ..row("keys")
            };
            let before = row;
            assert!(!(netio.route)(&raw mut row).is_success());
            assert_eq!(row, before);
        },
    ),
    well("80", "get: NULL", |netio| {
        assert_eq!((netio.route)(null_mut()), INVALID);
    }),
    well("86b", "table: NULL", |netio| {
        assert_eq!((netio.table)(2, null_mut()), INVALID);
        assert_eq!((netio.interface_table)(2, null_mut()), INVALID);
    }),
    well("89", "no memory: no table, and no leak", tables::no_memory),
    well(
        "89b",
        "every call can fail, with the status for no memory",
        every_call_fails,
    ),
    ends(
        "90",
        "a table freed twice",
        End::Stop("has been freed already"),
        tables::freed_twice,
    ),
    ends(
        "90b",
        "a table given to ExFreePool",
        End::Stop("is not pool memory"),
        tables::freed_to_the_pool,
    ),
    well("90c", "a table never freed is tracked", tables::never_freed),
    ends(
        "90d",
        "something else given to FreeMibTable",
        End::Stop("something that is no MIB table"),
        tables::stranger_freed,
    ),
    ends(
        "90e",
        "a table read after it was freed",
        End::Stop("PAGE_FAULT_IN_NONPAGED_AREA"),
        tables::read_after_free,
    ),
    ends(
        "90f",
        "a table read behind its last row",
        End::Stop("PAGE_FAULT_IN_NONPAGED_AREA"),
        tables::read_behind_the_end,
    ),
    either(
        "90g",
        "FreeMibTable: NULL",
        End::Warned("FreeMibTable was given NULL"),
        End::Stop("FreeMibTable was given NULL"),
        |netio| (netio.free_table)(null_mut()),
    ),
    well("91", "a table is a snapshot", tables::is_a_snapshot),
    either(
        "99b",
        "best route without an interface: a warning",
        End::Warned("searched all interfaces"),
        End::Well,
        |netio| {
            let destination = vectors::address("192.0.2.50");
            let (mut route, mut source) = <(MibIpForwardRow2, SockaddrInet)>::default();
            let accepted = nt_netio::stack().behaviours().searches_all_interfaces();
            let expected = if accepted { OK } else { INVALID };
            let best = netio.best_route;
            let status = best(
                null(),
                0,
                null(),
                &raw const destination,
                0,
                &raw mut route,
                &raw mut source,
            );
            assert_eq!(status, expected);
        },
    ),
    well("101", "best route: NULL", best_route_null),
    well("107b", "interface: NULL", |netio| {
        assert_eq!((netio.interface)(null_mut()), INVALID);
        assert_eq!((netio.set_interface)(null_mut()), INVALID);
    }),
    well("115c", "an unknown index gives LUID zero", |netio| {
        for index in [0, 99] {
            let mut luid = u64::MAX;
            assert_eq!((netio.index_to_luid)(index, &raw mut luid), INVALID);
            assert_eq!(luid, 0);
        }
        assert_eq!((netio.index_to_luid)(7, null_mut()), INVALID);
    }),
    well("116b", "an unknown LUID gives index zero; NULL", |netio| {
        let mut index = u32::MAX;
        assert_eq!(
            (netio.luid_to_index)(&UNKNOWN_LUID, &raw mut index),
            INVALID
        );
        assert_eq!(index, 0);
        index = u32::MAX;
        assert_eq!((netio.luid_to_index)(null(), &raw mut index), INVALID);
        assert_eq!(index, 0);
        assert_eq!((netio.luid_to_index)(&LUIDS.if7, null_mut()), INVALID);
    }),
    well("117", "a fresh row, whatever was there", fresh_row),
    well(
        "117c",
        "a fresh interface row, whatever was there",
        fresh_interface_row,
    ),
    well(
        "124",
        "a cancel waits for the running callback",
        notifications::cancel_waits,
    ),
    well("125", "cancel: NULL", |netio| {
        assert_eq!((netio.cancel)(null_mut()), INVALID);
    }),
    ends(
        "125b",
        "cancel of what is no registration",
        End::Stop("not that of a registration"),
        |netio| {
            let _ = (netio.cancel)(std::ptr::without_provenance_mut(0x1234));
        },
    ),
    either(
        "126",
        "a callback cancels itself",
        End::Stop("deadlock: the callback cancels its own registration"),
        End::Stop("CancelMibChangeNotify2 was called at DISPATCH_LEVEL"),
        notifications::cancel_from_callback,
    ),
    ends(
        "127",
        "a cancel holds what the callback waits for",
        End::Stop("deadlock: the registration's callback did not return"),
        notifications::cancel_holding_a_lock,
    ),
    well(
        "128",
        "a registration never cancelled is tracked",
        notifications::never_cancelled,
    ),
    ends(
        "129",
        "a row read after its callback has returned",
        End::Stop("PAGE_FAULT_IN_NONPAGED_AREA"),
        notifications::row_read_too_late,
    ),
    either(
        "130",
        "a callback gets the row of its change",
        End::Well,
        End::Stop("GetIpForwardEntry2 was called at DISPATCH_LEVEL"),
        notifications::get_in_callback,
    ),
    either(
        "130b",
        "a callback returns at another IRQL",
        End::Stop("returned at DISPATCH_LEVEL"),
        End::Stop("returned at PASSIVE_LEVEL"),
        notifications::returns_at_another_irql,
    ),
];

fn every_call_fails(netio: &Netio) {
    let no_memory = nt_netio::stack().behaviours().no_memory();
    let mut route = row("R");
    let mut interface = MibIpInterfaceRow::default();
    let (mut handle, mut luid, mut index) = (null_mut(), 0, 0);
    let mut source = SockaddrInet::default();
    let destination = vectors::address("10.20.1.1");
    fault::arm(Plan::From(0));
    let statuses = [
        (netio.create_route)(&raw const route),
        (netio.set_route)(&raw const route),
        (netio.delete_route)(&raw const route),
        (netio.route)(&raw mut route),
        (netio.table)(2, &raw mut handle),
        (netio.best_route)(
            null(),
            7,
            null(),
            &raw const destination,
            0,
            &raw mut route,
            &raw mut source,
        ),
        (netio.interface)(&raw mut interface),
        (netio.set_interface)(&raw mut interface),
        (netio.interface_table)(2, &raw mut handle),
        (netio.watch_routes)(2, notifications::ignore, null_mut(), 0, &raw mut handle),
        (netio.watch_interfaces)(
            2,
            notifications::ignore_interface,
            null_mut(),
            0,
            &raw mut handle,
        ),
    ];
    // The pages of the converters know of no lack of memory, nor of other failures.
    let conversions = [
        (netio.index_to_luid)(7, &raw mut luid),
        (netio.luid_to_index)(&raw const luid, &raw mut index),
    ];
    fault::arm(Plan::Off);
    assert_eq!(conversions, [NtStatus::INVALID_PARAMETER; 2]);
    assert!(
        statuses.iter().all(|status| *status == no_memory),
        "{statuses:?}"
    );
    assert!(nt_kernel::resource_tracker::outstanding().is_empty());
}

fn best_route_null(netio: &Netio) {
    let destination = vectors::address("192.0.2.50");
    let (mut route, mut source) = <(MibIpForwardRow2, SockaddrInet)>::default();
    let best = netio.best_route;
    assert_eq!(
        best(
            null(),
            7,
            null(),
            null(),
            0,
            &raw mut route,
            &raw mut source
        ),
        INVALID
    );
    assert_eq!(
        best(
            null(),
            7,
            null(),
            &raw const destination,
            0,
            null_mut(),
            &raw mut source
        ),
        INVALID
    );
    assert_eq!(
        best(
            null(),
            7,
            null(),
            &raw const destination,
            0,
            &raw mut route,
            null_mut()
        ),
        INVALID
    );
    assert_eq!(
        best(
            null(),
            7,
            null(),
            &raw const destination,
            0,
            &raw mut route,
            &raw mut source
        ),
        OK
    );
    assert_eq!(source, vectors::address("192.0.2.10"));
}

fn fresh_row(netio: &Netio) {
    let mut row: MibIpForwardRow2 = zerocopy::transmute!([0xA5_u8; 104]);
    (netio.initialize_route)(&raw mut row);
    let expected = MibIpForwardRow2 {
        site_prefix_length: 255,
        valid_lifetime: INFINITE_LIFETIME,
        preferred_lifetime: INFINITE_LIFETIME,
        metric: u32::MAX,
        protocol: u32::MAX,
        loopback: 1,
        autoconfigure_address: 1,
        publish: 1,
        immortal: 1,
        ..MibIpForwardRow2::default()
    };
    assert_eq!(row, expected);
}

fn fresh_interface_row(netio: &Netio) {
    let mut row: MibIpInterfaceRow = zerocopy::transmute!([0xA5_u8; 168]);
    (netio.initialize_interface)(&raw mut row);
    assert_eq!(
        (row.family, row.interface_luid, row.interface_index),
        (0, 0, 0)
    );
    assert_eq!(
        (row.connected, row.reachable_time, row.max_reassembly_size),
        (0, 0, 0)
    );
    let sentinels = nt_netio::stack().behaviours().interface_sentinels();
    let expected = if sentinels { u32::MAX } else { 0 };
    assert_eq!((row.metric, row.nl_mtu), (expected, expected));
}
