//! The filter of a watch.

use abi::watch::WATCH_NOT_MINE;
use abi::{AddressFamily, IpAddressPrefix, WatchRequest};
use ipnet::IpNet;

/// The changes that a [`Watch`](crate::Watch) reports: by default all.
///
/// ```
/// use ipforward::{AddressFamily, WatchFilter};
///
/// let filter = WatchFilter::new()
///     .family(AddressFamily::IPV4)
///     .inside("10.0.0.0/8".parse::<ipforward::IpNet>()?)
///     .not_mine();
/// # let _ = filter;
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a filter does not watch by itself"]
pub struct WatchFilter {
    family: AddressFamily,
    prefix: Option<IpNet>,
    luid: u64,
    not_mine: bool,
}

impl WatchFilter {
    /// Selects all changes.
    pub const fn new() -> Self {
        Self {
            family: AddressFamily::UNSPECIFIED,
            prefix: None,
            luid: 0,
            not_mine: false,
        }
    }

    /// Selects routes of this family only.
    pub const fn family(self, family: AddressFamily) -> Self {
        Self { family, ..self }
    }

    /// Selects routes to this prefix and to prefixes inside it.
    pub const fn inside(self, prefix: IpNet) -> Self {
        Self {
            prefix: Some(prefix),
            ..self
        }
    }

    /// Selects routes of the interface with this LUID.
    pub const fn interface_luid(self, luid: u64) -> Self {
        Self { luid, ..self }
    }

    /// Excludes changes that this device makes.
    pub const fn not_mine(self) -> Self {
        Self {
            not_mine: true,
            ..self
        }
    }
}

impl Default for WatchFilter {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&WatchFilter> for WatchRequest {
    fn from(filter: &WatchFilter) -> Self {
        let prefix = filter.prefix.map(|prefix| prefix.trunc());
        Self {
            interface_luid: filter.luid,
            prefix: prefix.map_or_else(IpAddressPrefix::default, |prefix| {
                IpAddressPrefix::new(prefix.addr(), prefix.prefix_len())
            }),
            flags: if filter.not_mine { WATCH_NOT_MINE } else { 0 },
            family: filter.family.0,
            ..Self::default()
        }
    }
}
