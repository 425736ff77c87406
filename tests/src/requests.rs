//! Requests that the client library does not make.

use abi::apply::ENTRY_CREATE;
use abi::{
    ApplyEntry, ApplyHeader, ControlCode, IpAddressPrefix, MibIpForwardRow2, NtStatus, SockaddrInet,
};
use ipforward::Device;
use ipforward::TransportError;
use zerocopy::IntoBytes;

/// The status of a request with these buffers.
///
/// # Panics
///
/// If the request fails without a status.
pub fn status(device: &Device, code: ControlCode, input: &[u8], room: usize) -> NtStatus {
    match device.raw_device_control(code, input, room) {
        Ok(_) => NtStatus::SUCCESS,
        Err(TransportError::Refused(driver_error)) => driver_error.status().expect("an NTSTATUS"),
        Err(other) => panic!("{other:?}"),
    }
}

/// 10.20.0.0/16 via 192.0.2.254 at interface 7: a row that the stack accepts.
#[must_use]
pub fn valid_row() -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_index: 7,
        destination_prefix: IpAddressPrefix::new([10, 20, 0, 0].into(), 16),
        next_hop: SockaddrInet::from(std::net::IpAddr::from([192, 0, 2, 254])),
        valid_lifetime: u32::MAX,
        preferred_lifetime: u32::MAX,
        metric: 5,
        protocol: 3,
        ..MibIpForwardRow2::default()
    }
}

/// 10.N.N.0/24 on the link of interface 7: 65,536 different rows that the stack accepts.
#[must_use]
pub fn numbered_row(number: u32) -> MibIpForwardRow2 {
    let [_, _, high, low] = number.to_be_bytes();
    MibIpForwardRow2 {
        destination_prefix: IpAddressPrefix::new([10, high, low, 0].into(), 24),
        next_hop: SockaddrInet::from(std::net::IpAddr::from([0, 0, 0, 0])),
        ..valid_row()
    }
}

/// The input of an `APPLY` request that creates the first of the [`numbered_row`]s.
#[must_use]
pub fn creating_batch(flags: u32, entries: u32) -> Vec<u8> {
    let header = ApplyHeader {
        flags,
        count: entries,
        ..ApplyHeader::default()
    };
    let entries: Vec<_> = (0..entries)
        .map(|number| ApplyEntry {
            operation: ENTRY_CREATE,
            row: numbered_row(number),
            ..ApplyEntry::default()
        })
        .collect();
    [header.as_bytes(), entries.as_bytes()].concat()
}
