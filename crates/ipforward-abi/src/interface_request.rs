//! `SET_INTERFACE`: the settings of an interface that decide which of its routes packets take.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// Flag of a `SET_INTERFACE`: the metric becomes `metric`, and is not automatic any more.
pub const INTERFACE_METRIC: u32 = 1 << 0;

/// Flag of a `SET_INTERFACE`: the stack sets the metric from the link speed.
pub const INTERFACE_AUTOMATIC_METRIC: u32 = 1 << 1;

/// Flag of a `SET_INTERFACE`: the stack uses the default routes of the interface.
pub const INTERFACE_ENABLE_DEFAULT_ROUTES: u32 = 1 << 2;

/// Flag of a `SET_INTERFACE`: the stack does not use the default routes of the interface.
pub const INTERFACE_DISABLE_DEFAULT_ROUTES: u32 = 1 << 3;

/// Flag of a `SET_INTERFACE`: the settings belong to the handle. When it is closed, the driver puts
/// back the values before, unless another program has changed them since.
pub const INTERFACE_LEASE: u32 = 1 << 4;

/// The largest metric that can be set: in a row of Windows, all ones means that no metric is given.
pub const INTERFACE_METRIC_MAX: u32 = 0xFFFF_FFFE;

/// Input of `SET_INTERFACE`: the interface, and the settings to change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct InterfaceRequest {
    /// The interface; 0 if the index selects it.
    pub interface_luid: u64,
    /// The interface, if the LUID is 0.
    pub interface_index: u32,
    /// `AF_INET` or `AF_INET6`: each family has settings of its own.
    pub family: u16,
    /// Zero.
    pub reserved: u16,
    /// The `INTERFACE_` bits.
    pub flags: u32,
    /// The metric, with `INTERFACE_METRIC`; otherwise zero.
    pub metric: u32,
}

const _: () = assert!(size_of::<InterfaceRequest>() == 24);

impl Wire for InterfaceRequest {
    const C_NAME: &'static str = "IPFORWARD_INTERFACE_REQUEST";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}
