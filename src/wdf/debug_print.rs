//! Lines for the debugger.

use core::ffi::CStr;

use abi::{AddressFamily, IpAddressPrefix, NtStatus};
use wdk_sys::ntddk::DbgPrintEx;
use wdk_sys::{_DPFLTR_TYPE, ULONG};

/// Messages of network drivers.
const COMPONENT: ULONG = _DPFLTR_TYPE::DPFLTR_IHVNETWORK_ID as ULONG;

/// `DPFLTR_ERROR_LEVEL`: a debugger shows it without being set up.
const LEVEL: ULONG = 0;

/// `DbgPrintEx`: prints a text on a line. May be called at every IRQL.
pub(crate) fn print(text: &CStr) {
    // SAFETY: may be called at every level; the format asks for one string, which is one.
    unsafe { DbgPrintEx(COMPONENT, LEVEL, c"ipforward: %s\n".as_ptr(), text.as_ptr()) };
}

/// As [`print`], with a status.
pub(crate) fn print_with_status(text: &CStr, status: NtStatus) {
    // SAFETY: may be called at every level; the format asks for a string and a number.
    unsafe {
        DbgPrintEx(
            COMPONENT,
            LEVEL,
            c"ipforward: %s: status 0x%08X\n".as_ptr(),
            text.as_ptr(),
            status.bits(),
        )
    };
}

/// As [`print`], with a number.
pub(crate) fn print_with_count(text: &CStr, count: u64) {
    // SAFETY: may be called at every level; the format asks for a string and a number of 64 bits.
    unsafe {
        DbgPrintEx(
            COMPONENT,
            LEVEL,
            c"ipforward: %s: %I64u\n".as_ptr(),
            text.as_ptr(),
            count,
        )
    };
}

/// As [`print`], with a number of routes and the destination and the LUID of one of them.
pub(crate) fn print_with_routes(text: &CStr, count: u32, prefix: &IpAddressPrefix, luid: u64) {
    let length = u32::from(prefix.prefix_length);
    if prefix.prefix.family() == AddressFamily::IPV4 {
        let [a, b, c, d] = prefix.prefix.ipv4_or_flow.map(u32::from);
        // SAFETY: may be called at every level; the format asks for a string, six numbers of 32 bits
        // and one of 64.
        unsafe {
            DbgPrintEx(
                COMPONENT,
                LEVEL,
                c"ipforward: %s: %u, %u.%u.%u.%u/%u, LUID 0x%I64x\n".as_ptr(),
                text.as_ptr(),
                count,
                a,
                b,
                c,
                d,
                length,
                luid,
            )
        };
        return;
    }
    let (pairs, _) = prefix.prefix.ipv6.as_chunks::<2>();
    let group = |index: usize| {
        let pair = pairs.get(index).copied().unwrap_or_default();
        u32::from(u16::from_be_bytes(pair))
    };
    // SAFETY: may be called at every level; the format asks for a string, ten numbers of 32 bits
    // and one of 64.
    unsafe {
        DbgPrintEx(
            COMPONENT,
            LEVEL,
            c"ipforward: %s: %u, %x:%x:%x:%x:%x:%x:%x:%x/%u, LUID 0x%I64x\n".as_ptr(),
            text.as_ptr(),
            count,
            group(0),
            group(1),
            group(2),
            group(3),
            group(4),
            group(5),
            group(6),
            group(7),
            length,
            luid,
        )
    };
}
