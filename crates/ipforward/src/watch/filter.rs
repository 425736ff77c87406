//! The filter of a watch.

use abi::watch::{WATCH_ALL_GUARDS, WATCH_INTERFACES, WATCH_NOT_MINE, WATCH_ONLY_GUARDS};
use abi::{AddressFamily, IpAddressPrefix, WatchRequest};
use ipnet::IpNet;

/// The changes that a [`Watch`](crate::Watch) reports: by default all changes of the route table, and
/// the events of this device's guards.
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
    /// `WATCH_` flags.
    flags: u32,
}

impl WatchFilter {
    /// Selects all changes of the route table, and the events of this device's guards.
    pub const fn new() -> Self {
        Self {
            family: AddressFamily::UNSPECIFIED,
            prefix: None,
            luid: 0,
            flags: 0,
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

    /// Selects routes of the interface with this LUID, and its own events with
    /// [`interfaces`](Self::interfaces).
    pub const fn interface_luid(self, luid: u64) -> Self {
        Self { luid, ..self }
    }

    /// Excludes changes that this device makes.
    pub const fn not_mine(self) -> Self {
        self.with_flag(WATCH_NOT_MINE)
    }

    /// Excludes changes of the route table: the events of guards are left, and those of
    /// [`interfaces`](Self::interfaces).
    pub const fn only_guards(self) -> Self {
        self.with_flag(WATCH_ONLY_GUARDS)
    }

    /// Includes the events of routes that other devices guard.
    pub const fn all_guards(self) -> Self {
        self.with_flag(WATCH_ALL_GUARDS)
    }

    /// Includes [`EventKind::InterfaceChanged`](crate::EventKind::InterfaceChanged). Family and prefix
    /// select no interface, and [`not_mine`](Self::not_mine) excludes none: the stack does not say which
    /// program changed it.
    pub const fn interfaces(self) -> Self {
        self.with_flag(WATCH_INTERFACES)
    }

    const fn with_flag(self, flag: u32) -> Self {
        let flags = self.flags | flag;
        Self { flags, ..self }
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
            flags: filter.flags,
            family: filter.family.0,
            ..Self::default()
        }
    }
}
