//! Why a route would be refused, as a cause: words are made by whoever talks to people.

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
    /// No rule that the driver knows is broken.
    NONE = 0;
    /// `DestinationPrefix`: its family is neither `AF_INET` nor `AF_INET6`.
    PREFIX_FAMILY = 1;
    /// `DestinationPrefix.PrefixLength` is longer than an address of the family; `limit` says how
    /// long it may be.
    PREFIX_LENGTH = 2;
    /// `DestinationPrefix.Prefix` has bits behind the prefix length.
    HOST_BITS = 3;
    /// `NextHop` has no family.
    NEXT_HOP_UNSPECIFIED = 4;
    /// `NextHop` is of another family than the prefix.
    NEXT_HOP_FAMILY = 5;
    /// `InterfaceLuid` and `InterfaceIndex` are both 0.
    INTERFACE_UNSPECIFIED = 6;
    /// `PreferredLifetime` is longer than `ValidLifetime`, which `limit` says.
    LIFETIMES = 7;
    /// `SitePrefixLength` is longer than the prefix, whose length `limit` says.
    SITE_PREFIX_LENGTH = 8;
    /// `Metric` is above `NL_MAX_METRIC_COMPONENT`, which `limit` says, and is not the sentinel.
    METRIC = 9;
    /// The machine has no stack for the family.
    FAMILY_WITHOUT_STACK = 10;
    /// There is no such interface.
    INTERFACE_UNKNOWN = 11;
    /// The interface is there, but not for this family.
    FAMILY_NOT_BOUND = 12;
    /// The route exists; `existing` is its row.
    DUPLICATE = 13;
    /// The interface is there, for this family too, but carries no routes.
    INTERFACE_WITHOUT_ROUTES = 14;
}

/// What `EXPLAIN_ROUTE` takes: a row, and what the stack said of it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ExplainRequest {
    /// The row to look at, as for `CREATE_ROUTE`.
    pub row: MibIpForwardRow2,
    /// The `NTSTATUS` with which the stack refused it, so that only causes of that status are
    /// named; 0 if it was not asked.
    pub status: u32,
    /// Must be zero.
    pub reserved: u32,
}

/// What `EXPLAIN_ROUTE` gives: the first documented rule that the row breaks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Diagnosis {
    /// A [`Cause`].
    pub cause: u32,
    /// The largest value that would be right, where the cause has one; else 0.
    pub limit: u32,
    /// The route in the way, if the cause is [`Cause::DUPLICATE`]; else all zero.
    pub existing: MibIpForwardRow2,
}

const _: () = {
    assert!(size_of::<ExplainRequest>() == 112);
    assert!(size_of::<Diagnosis>() == 112);
};

impl Diagnosis {
    /// The rule that is broken.
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
