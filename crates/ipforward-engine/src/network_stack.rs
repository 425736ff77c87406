//! The functions of the network stack that the engine calls.

use abi::{
    AddressFamily, BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow,
    NtStatus, SockaddrInet,
};

/// The route to look up: the inputs of `GetBestRoute2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteLookup {
    /// `InterfaceLuid`. The stack ignores the index beside it.
    pub luid: Option<u64>,
    /// `InterfaceIndex`.
    pub index: Option<u32>,
    /// `SourceAddress`.
    pub source: Option<SockaddrInet>,
    /// `DestinationAddress`.
    pub destination: SockaddrInet,
}

/// The route functions of `netioapi.h`. An implementation proves that they may be called: in the
/// driver, that the thread is at `PASSIVE_LEVEL`. Statuses are passed on unchanged. Every function
/// may also fail because there is no memory for a row.
pub trait NetworkStack {
    /// A route table that the stack allocated; dropping it frees it.
    type Routes: AsRef<[MibIpForwardRow2]>;
    /// An interface table that the stack allocated; dropping it frees it.
    type Interfaces: AsRef<[MibIpInterfaceRow]>;
    /// An address table that the stack allocated; dropping it frees it.
    type Addresses: AsRef<[MibUnicastIpAddressRow]>;

    /// `InitializeIpForwardEntry`.
    ///
    /// # Errors
    ///
    /// No memory for the row.
    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus>;

    /// `CreateIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn create(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `SetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `DeleteIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `GetIpForwardEntry2`: the whole row of the route with the keys of `row`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus>;

    /// `GetIpForwardTable2`.
    ///
    /// # Errors
    ///
    /// What the stack answers. An empty table may be an error or a table without rows.
    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus>;

    /// `GetBestRoute2`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn best_route(&self, lookup: &RouteLookup) -> Result<BestRoute, NtStatus>;

    /// `GetIpInterfaceEntry`: the whole row of the interface with the keys of `row`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus>;

    /// `GetIpInterfaceTable`.
    ///
    /// # Errors
    ///
    /// What the stack answers. An empty table may be an error or a table without rows.
    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus>;

    /// `GetUnicastIpAddressTable`.
    ///
    /// # Errors
    ///
    /// What the stack answers. An empty table may be an error or a table without rows.
    fn addresses(&self, family: AddressFamily) -> Result<Self::Addresses, NtStatus>;

    /// `ConvertInterfaceLuidToGuid`: the adapter that has the LUID now.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn interface_guid(&self, luid: u64) -> Result<Guid, NtStatus>;

    /// `ConvertInterfaceGuidToLuid`: the LUID that the adapter has now.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn interface_luid(&self, guid: Guid) -> Result<u64, NtStatus>;
}
