//! Requests that the client library does not make.

use abi::{ControlCode, IpAddressPrefix, MibIpForwardRow2, NtStatus, SockaddrInet};
use ipforward::Device;
use ipforward::TransportError;

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
