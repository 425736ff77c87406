//! `EXPLAIN_ROUTE`: the documented rule that a row breaks, as a number. The client makes the
//! message.

use core::mem::size_of;

use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::wire::Wire;

/// The documented rule that a row breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cause(pub u32);

macro_rules! causes {
    ($($(#[$doc:meta])* $cause:ident = $number:literal;)*) => {
        impl Cause {
            $($(#[$doc])* pub const $cause: Self = Self($number);)*

            /// Every cause.
            pub const ALL: &[Self] = &[$(Self::$cause,)*];
        }
    };
}

causes! {
    /// The row breaks no rule that the driver knows.
    NONE = 0;
    /// `DestinationPrefix`: its family is neither `AF_INET` nor `AF_INET6`.
    PREFIX_FAMILY = 1;
    /// `DestinationPrefix.PrefixLength` exceeds the length of an address of the family, which is
    /// `limit`.
    PREFIX_LENGTH = 2;
    /// `DestinationPrefix.Prefix` has bits set behind the prefix length.
    HOST_BITS = 3;
    /// `NextHop` has no family.
    NEXT_HOP_UNSPECIFIED = 4;
    /// `NextHop` is of another family than the prefix.
    NEXT_HOP_FAMILY = 5;
    /// `InterfaceLuid` and `InterfaceIndex` are both 0.
    INTERFACE_UNSPECIFIED = 6;
    /// `PreferredLifetime` exceeds `ValidLifetime`, which is `limit`.
    LIFETIMES = 7;
    /// `SitePrefixLength` exceeds the prefix length, which is `limit`.
    SITE_PREFIX_LENGTH = 8;
    /// `Metric` exceeds `NL_MAX_METRIC_COMPONENT`, which is `limit`, and is not the sentinel.
    METRIC = 9;
    /// The computer has no stack for the address family.
    FAMILY_WITHOUT_STACK = 10;
    /// No interface has this LUID or index.
    INTERFACE_UNKNOWN = 11;
    /// The interface exists, but the address family is not bound to it.
    FAMILY_NOT_BOUND = 12;
    /// A route with the same keys exists; `existing` is its row.
    DUPLICATE = 13;
    /// The interface exists and the family is bound to it, but it carries no routes.
    INTERFACE_WITHOUT_ROUTES = 14;
    /// The entry of an `APPLY` wants a guard, and the caller's thread is outside of the default
    /// network compartment, 1: the driver learns of changes there only.
    GUARD_OUTSIDE_DEFAULT_COMPARTMENT = 15;
    /// The entry of an `APPLY` wants a lease, and the handle holds `limit` leases, as many as it may.
    LEASES_OF_HANDLE = 16;
    /// The entry of an `APPLY` shares a lease, and `limit` handles hold it, as many as may.
    HANDLES_OF_LEASE = 17;
    /// The entry of an `APPLY` wants a lease, and the leases of the handle would take more than `limit`
    /// bytes of the driver's memory.
    LEASE_BYTES_OF_HANDLE = 18;
    /// The entry of an `APPLY` wants a lease, and the leases of all handles together would take more
    /// than `limit` bytes of the driver's memory.
    LEASE_BYTES_OF_ALL_HANDLES = 19;
}

/// Input of `EXPLAIN_ROUTE`: a row, and the status with which the stack refused it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ExplainRequest {
    /// The row to check, as for `CREATE_ROUTE`.
    pub row: MibIpForwardRow2,
    /// The `NTSTATUS` with which the stack refused the row: the driver names only causes of that
    /// status. 0 if the row was not sent to the stack.
    pub status: u32,
    /// Must be zero.
    pub reserved: u32,
}

/// Output of `EXPLAIN_ROUTE`: the first documented rule that the row breaks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Diagnosis {
    /// A [`Cause`].
    pub cause: u32,
    /// The largest valid value, where the cause has one; else 0.
    pub limit: u32,
    /// The existing route, if the cause is [`Cause::DUPLICATE`]; else all zero.
    pub existing: MibIpForwardRow2,
}

const _: () = {
    assert!(size_of::<ExplainRequest>() == 112);
    assert!(size_of::<Diagnosis>() == 112);
};

impl Diagnosis {
    /// The rule that the row breaks.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        Cause(self.cause)
    }
}

impl Wire for ExplainRequest {
    const C_NAME: &'static str = "IPFORWARD_EXPLAIN_REQUEST";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0 && self.row.reserved_is_zero()
    }

    fn canonical(self) -> Self {
        Self {
            row: self.row.canonical(),
            ..self
        }
    }
}

impl Wire for Diagnosis {
    const C_NAME: &'static str = "IPFORWARD_DIAGNOSIS";

    fn reserved_is_zero(&self) -> bool {
        self.existing.reserved_is_zero()
    }
}
