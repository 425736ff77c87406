//! The routes of the benchmark: all different, in no order.

use std::net::Ipv4Addr;

use ipforward::{Interface, Route};
use ipnet::Ipv4Net;

/// Bits of an address behind 10.0.0.0/8.
const BITS: u32 = 24;

/// Odd, so that multiplication maps different 24-bit numbers to different ones; consecutive numbers
/// map to distant ones, as in a table from a routing protocol.
const SCATTER: u32 = 0x009E_3779;

/// The route with this number: a host's, behind a gateway.
pub(crate) fn route(number: u32) -> Route {
    assert!(number < 1 << BITS, "numbers are unique below 2^{BITS}");
    let low = number.wrapping_mul(SCATTER) & ((1 << BITS) - 1);
    let address = Ipv4Addr::from_bits(u32::from_be_bytes([10, 0, 0, 0]) | low);
    Route::new(Ipv4Net::from(address).into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}
