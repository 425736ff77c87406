//! Notices: what a change says to a registration. Only the keys of a row are filled; the rest has to
//! be read again.

use nt_types::{
    AddressFamily, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow,
    SockaddrInet,
};
use zerocopy::IntoBytes;

use super::Topic;

/// `MIB_NOTIFICATION_TYPE`, but for the initial notification, which has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Change {
    /// `MibParameterNotification`.
    Parameter = 0,
    /// `MibAddInstance`.
    Add = 1,
    /// `MibDeleteInstance`.
    Delete = 2,
}

/// One notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The registration stands (`MibInitialNotification`, without a row).
    Initial,
    /// A route changed.
    Route(Change, ChangedRoute),
    /// An interface changed.
    Interface(Change, ChangedInterface),
    /// A unicast address changed.
    Address(Change, ChangedAddress),
}

/// The keys of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedRoute {
    /// `InterfaceLuid`.
    pub interface_luid: u64,
    /// `InterfaceIndex`.
    pub interface_index: u32,
    /// `DestinationPrefix`.
    pub destination_prefix: IpAddressPrefix,
    /// `NextHop`.
    pub next_hop: SockaddrInet,
}

/// The keys of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedInterface {
    /// `Family`.
    pub family: AddressFamily,
    /// `InterfaceLuid`.
    pub interface_luid: u64,
    /// `InterfaceIndex`.
    pub interface_index: u32,
}

/// The keys of a unicast address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedAddress {
    /// `Address`.
    pub address: SockaddrInet,
    /// `InterfaceLuid`.
    pub interface_luid: u64,
    /// `InterfaceIndex`.
    pub interface_index: u32,
}

/// A row as a callback receives it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoticeRow {
    Route(MibIpForwardRow2),
    Interface(MibIpInterfaceRow),
    Address(MibUnicastIpAddressRow),
}

impl NoticeRow {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Route(row) => row.as_bytes(),
            Self::Interface(row) => row.as_bytes(),
            Self::Address(row) => row.as_bytes(),
        }
    }
}

impl Notice {
    /// A notice about a route.
    #[must_use]
    pub const fn route(change: Change, row: &MibIpForwardRow2) -> Self {
        let keys = ChangedRoute {
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            destination_prefix: row.destination_prefix,
            next_hop: row.next_hop,
        };
        Self::Route(change, keys)
    }

    /// A notice about an interface.
    #[must_use]
    pub const fn interface(change: Change, row: &MibIpInterfaceRow) -> Self {
        let keys = ChangedInterface {
            family: row.family(),
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
        };
        Self::Interface(change, keys)
    }

    /// A notice about an address.
    #[must_use]
    pub const fn address(change: Change, row: &MibUnicastIpAddressRow) -> Self {
        let keys = ChangedAddress {
            address: row.address,
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
        };
        Self::Address(change, keys)
    }

    /// The kind of the change, and the row; `None` for the initial notification.
    pub(crate) fn change(&self) -> Option<(Change, NoticeRow)> {
        match self {
            Self::Initial => None,
            Self::Route(change, keys) => Some((*change, NoticeRow::Route(keys.row()))),
            Self::Interface(change, keys) => Some((*change, NoticeRow::Interface(keys.row()))),
            Self::Address(change, keys) => Some((*change, NoticeRow::Address(keys.row()))),
        }
    }

    pub(super) const fn family(&self) -> AddressFamily {
        match self {
            Self::Initial => AddressFamily::UNSPECIFIED,
            Self::Route(_, keys) => keys.destination_prefix.prefix.family(),
            Self::Interface(_, keys) => keys.family,
            Self::Address(_, keys) => keys.address.family(),
        }
    }

    pub(super) const fn topic(&self) -> Option<Topic> {
        match self {
            Self::Initial => None,
            Self::Route(..) => Some(Topic::Routes),
            Self::Interface(..) => Some(Topic::Interfaces),
            Self::Address(..) => Some(Topic::Addresses),
        }
    }
}

impl ChangedRoute {
    /// A row with these keys.
    #[must_use]
    pub fn row(&self) -> MibIpForwardRow2 {
        MibIpForwardRow2 {
            interface_luid: self.interface_luid,
            interface_index: self.interface_index,
            destination_prefix: self.destination_prefix,
            next_hop: self.next_hop,
            ..MibIpForwardRow2::default()
        }
    }
}

impl ChangedInterface {
    fn row(&self) -> MibIpInterfaceRow {
        MibIpInterfaceRow {
            family: self.family.0,
            interface_luid: self.interface_luid,
            interface_index: self.interface_index,
            nl_mtu: u32::MAX,
            ..MibIpInterfaceRow::default()
        }
    }
}

impl ChangedAddress {
    fn row(&self) -> MibUnicastIpAddressRow {
        MibUnicastIpAddressRow {
            address: self.address,
            interface_luid: self.interface_luid,
            interface_index: self.interface_index,
            ..MibUnicastIpAddressRow::default()
        }
    }
}
