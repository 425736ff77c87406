//! The route that a packet would take.

use core::mem::size_of;

use nt_types::address::SockaddrInet;
use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What `GET_BEST_ROUTE` takes: the arguments of `GetBestRoute2`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BestRouteRequest {
    /// `InterfaceLuid`; 0 if the index says it, or nobody.
    pub interface_luid: u64,
    /// `InterfaceIndex`; 0 if the LUID says it, or nobody.
    pub interface_index: u32,
    /// `SourceAddress`; all zero if it does not matter.
    pub source: SockaddrInet,
    /// `DestinationAddress`.
    pub destination: SockaddrInet,
    /// Must be zero (`AddressSortOptions`, which has no use yet).
    pub reserved: u32,
}

/// What `GET_BEST_ROUTE` gives: the results of `GetBestRoute2`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BestRoute {
    /// `BestRoute`.
    pub route: MibIpForwardRow2,
    /// `BestSourceAddress`; its family is `AF_UNSPEC` if there is no usable source.
    pub source: SockaddrInet,
    /// Zero.
    pub reserved: u32,
}

const _: () = {
    assert!(size_of::<BestRouteRequest>() == 72);
    assert!(size_of::<BestRoute>() == 136);
};
