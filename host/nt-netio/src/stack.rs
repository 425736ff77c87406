//! The interface of every network stack behind the route API.

use std::net::IpAddr;

use ipnet::IpNet;
use nt_types::{
    AddressFamily, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus,
    SockaddrInet,
};

use crate::behaviours::Behaviours;
use crate::compartment;
use crate::initial;
use crate::notify::{Callback, CancelError, Registration, Topic};

/// A network stack: the route family of NETIO in terms of rows and statuses.
///
/// The exports check NULL pointers, IRQL and memory ownership; a stack makes all other checks, so
/// that every stack passes the same test vectors.
pub trait NetworkStack: Send + Sync {
    /// The behaviours that this stack has where the documentation leaves them open.
    fn behaviours(&self) -> Behaviours;

    /// `CreateIpForwardEntry2`: adds one route.
    ///
    /// # Errors
    ///
    /// What NETIO answers: a malformed row, no such interface or stack, a duplicate.
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `SetIpForwardEntry2`: replaces the properties of the route with these keys.
    ///
    /// # Errors
    ///
    /// As for a create, and absence of the route.
    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `DeleteIpForwardEntry2`: removes the route with these keys; nothing else in `row` counts.
    ///
    /// # Errors
    ///
    /// Malformed keys, no such interface, stack or route.
    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `GetIpForwardEntry2`: the full row of the route with these keys.
    ///
    /// # Errors
    ///
    /// Malformed keys, no such interface, stack or route.
    fn route(&self, keys: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus>;

    /// `GetIpForwardTable2`: a snapshot of all routes of a family, inactive ones as well.
    ///
    /// # Errors
    ///
    /// An unknown family, an absent stack, or nothing to list.
    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, NtStatus>;

    /// `GetBestRoute2`: the route and the source address for a destination.
    ///
    /// # Errors
    ///
    /// A malformed destination, no such interface or stack, or no route.
    fn best_route(&self, query: &BestRouteQuery) -> Result<BestRoute, NtStatus>;

    /// `GetIpInterfaceEntry`: the settings of an interface for a family.
    ///
    /// # Errors
    ///
    /// Malformed keys, no such interface, or a family that is not bound to it.
    fn interface(&self, keys: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus>;

    /// `SetIpInterfaceEntry`: changes the settings; answers the row with its LUID filled.
    ///
    /// # Errors
    ///
    /// As for reading it, and an IPv4 row with a site prefix length.
    fn set_interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus>;

    /// `GetIpInterfaceTable`: a snapshot of all interfaces of a family.
    ///
    /// # Errors
    ///
    /// An unknown family, an absent stack, or nothing to list.
    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, NtStatus>;

    /// `GetUnicastIpAddressTable`: a snapshot of all unicast addresses of a family.
    ///
    /// # Errors
    ///
    /// An unknown family, an absent stack, or nothing to list.
    fn addresses(&self, family: AddressFamily) -> Result<Vec<MibUnicastIpAddressRow>, NtStatus>;

    /// `ConvertInterfaceIndexToLuid`.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for an index that no interface has.
    fn index_to_luid(&self, index: u32) -> Result<u64, NtStatus>;

    /// `ConvertInterfaceLuidToIndex`.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for a LUID that no interface has.
    fn luid_to_index(&self, luid: u64) -> Result<u32, NtStatus>;

    /// `ConvertInterfaceLuidToGuid`.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for a LUID that no interface has.
    fn luid_to_guid(&self, luid: u64) -> Result<Guid, NtStatus>;

    /// `ConvertInterfaceGuidToLuid`.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for a GUID that no interface has.
    fn guid_to_luid(&self, guid: Guid) -> Result<u64, NtStatus>;

    /// `ConvertInterfaceAliasToLuid`, of user mode.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for an alias that no interface has.
    fn alias_to_luid(&self, alias: &str) -> Result<u64, NtStatus>;

    /// `ConvertInterfaceLuidToAlias`, of user mode.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for a LUID that no interface has.
    fn luid_to_alias(&self, luid: u64) -> Result<String, NtStatus>;

    /// `NotifyRouteChange2`, `NotifyIpInterfaceChange`, `NotifyUnicastIpAddressChange`: calls back for
    /// every change, each callback on a thread of its own.
    ///
    /// # Errors
    ///
    /// An unknown family, or no memory.
    fn watch(
        &self,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
        callbacks: Vec<Callback>,
    ) -> Result<Registration, NtStatus>;

    /// `CancelMibChangeNotify2`: ends a registration, after its running callback has returned.
    ///
    /// # Errors
    ///
    /// A registration that does not exist, or one whose callback can never return.
    fn cancel(&self, registration: Registration) -> Result<(), CancelError>;

    /// Removes an interface with its routes, or puts an adapter in its place.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an interface that never existed, `STATUS_NOT_SUPPORTED` if the stack
    /// does not own its interfaces.
    fn plug(&self, _index: u32, _adapter: Adapter) -> Result<(), NtStatus> {
        Err(NtStatus::NOT_SUPPORTED)
    }

    /// Takes the link of an interface down, or brings it up again.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an unknown interface, or what the system says.
    fn set_link(&self, index: u32, up: bool) -> Result<(), NtStatus>;

    /// Takes an address off an interface, or gives the interface one.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an unknown interface or address, `STATUS_NOT_SUPPORTED` if the stack
    /// does not own its interfaces.
    fn change_address(&self, _index: u32, _address: IpNet, _present: bool) -> Result<(), NtStatus> {
        Err(NtStatus::NOT_SUPPORTED)
    }

    /// True if a network compartment has this number.
    fn has_compartment(&self, compartment: u32) -> bool {
        compartment == compartment::DEFAULT
    }

    /// Removes all routes that the stack has not made itself, as in a sleep after which the network
    /// cards begin anew; none where a sleep keeps them.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_SUPPORTED` if the stack does not own its routes.
    fn lose_routes(&self) -> Result<(), NtStatus> {
        Err(NtStatus::NOT_SUPPORTED)
    }

    /// Has a router or DHCP tell a route, or tell it again, which refreshes its lifetimes.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an unknown interface, `STATUS_NOT_SUPPORTED` if the stack has no
    /// routers of its own.
    fn advertise(&self, _index: u32, _route: AdvertisedRoute) -> Result<(), NtStatus> {
        Err(NtStatus::NOT_SUPPORTED)
    }

    /// Waits until every notification of a change has been delivered.
    fn wait_idle(&self);

    /// `InitializeIpForwardEntry`: a fresh route row.
    fn initial_route(&self) -> MibIpForwardRow2 {
        initial::route()
    }

    /// `InitializeIpInterfaceEntry`: a fresh interface row.
    fn initial_interface(&self) -> MibIpInterfaceRow {
        initial::interface(self.behaviours())
    }
}

/// What is in the place of an interface of the network description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// Nothing.
    None,
    /// The described adapter.
    Described,
    /// The described adapter, recreated with the same GUID under another LUID.
    Recreated,
    /// Another adapter, with another GUID, that was given the LUID and the index.
    Another,
}

/// A route that a router or DHCP tells the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvertisedRoute {
    /// The destination.
    pub prefix: IpNet,
    /// The router.
    pub next_hop: IpAddr,
    /// How long the route is valid and preferred from now on.
    pub seconds: u32,
}

/// The input of `GetBestRoute2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BestRouteQuery {
    /// The interface to search, by LUID; 0 leaves it to the index.
    pub interface_luid: u64,
    /// The interface to search, by index; 0 (with a LUID of 0) searches all of them.
    pub interface_index: u32,
    /// The source address; it restricts the search to the interface that owns it.
    pub source: Option<SockaddrInet>,
    /// The destination.
    pub destination: SockaddrInet,
}

/// The output of `GetBestRoute2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BestRoute {
    /// The route.
    pub route: MibIpForwardRow2,
    /// The address to send from; `None` if the interface has none of that family.
    pub source: Option<IpAddr>,
}
