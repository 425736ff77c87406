//! `GET_BEST_ROUTE`: the route that a packet would take.

use core::mem::size_of;

use nt_types::address::SockaddrInet;
use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Input of `GET_BEST_ROUTE`: the arguments of `GetBestRoute2`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BestRouteRequest {
    /// `InterfaceLuid`; 0 if the index selects the interface, or if no interface is selected.
    pub interface_luid: u64,
    /// `InterfaceIndex`; 0 if the LUID selects the interface, or if no interface is selected.
    pub interface_index: u32,
    /// `SourceAddress`; all zero for any source.
    pub source: SockaddrInet,
    /// `DestinationAddress`.
    pub destination: SockaddrInet,
    /// Must be zero (`AddressSortOptions`, which is not supported).
    pub reserved: u32,
}

/// Output of `GET_BEST_ROUTE`: the results of `GetBestRoute2`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BestRoute {
    /// `BestRoute`.
    pub route: MibIpForwardRow2,
    /// `BestSourceAddress`; its family is `AF_UNSPEC` if no usable source exists.
    pub source: SockaddrInet,
    /// Zero.
    pub reserved: u32,
}

const _: () = {
    assert!(size_of::<BestRouteRequest>() == 72);
    assert!(size_of::<BestRoute>() == 136);
};

impl Wire for BestRouteRequest {
    const C_NAME: &'static str = "IPFORWARD_BEST_ROUTE_REQUEST";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }

    fn canonical(self) -> Self {
        Self {
            source: self.source.canonical(),
            destination: self.destination.canonical(),
            ..self
        }
    }
}

impl Wire for BestRoute {
    const C_NAME: &'static str = "IPFORWARD_BEST_ROUTE";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }

    fn canonical(self) -> Self {
        Self {
            route: self.route.canonical(),
            source: self.source.canonical(),
            reserved: 0,
        }
    }
}
