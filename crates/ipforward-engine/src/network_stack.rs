//! The functions of the network stack that the engine calls.

use abi::{
    AddressFamily, BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow,
    NtStatus, SockaddrInet,
};

use crate::compartment::CompartmentId;

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

/// The keys of an interface. If the LUID is not 0, the stack ignores the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceKey {
    /// `Family`.
    pub family: AddressFamily,
    /// `InterfaceLuid`.
    pub luid: u64,
    /// `InterfaceIndex`.
    pub index: u32,
}

/// The route functions of `netioapi.h`. They act in the compartment of the calling thread. An
/// implementation proves that they may be called: in the driver, that the thread is at
/// `PASSIVE_LEVEL`. Statuses are passed on unchanged. Every function may also fail because there is
/// no memory for a row.
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

    /// `GetIpInterfaceEntry`: the LUID of the interface with these keys.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn luid_of(&self, key: InterfaceKey) -> Result<u64, NtStatus> {
        let interface = self.interface(&MibIpInterfaceRow {
            family: key.family.0,
            interface_luid: key.luid,
            interface_index: key.index,
            ..MibIpInterfaceRow::default()
        })?;
        Ok(interface.interface_luid)
    }

    /// `SetIpInterfaceEntry`.
    ///
    /// # Errors
    ///
    /// What the stack answers.
    fn set_interface(&mut self, row: &MibIpInterfaceRow) -> Result<(), NtStatus>;

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

    /// `NdisGetThreadObjectCompartmentId`: the compartment of the calling thread.
    fn compartment(&self) -> CompartmentId;

    /// `NdisSetThreadObjectCompartmentId`: puts the calling thread into a compartment.
    /// [`move_to`](Self::move_to) calls it.
    ///
    /// # Errors
    ///
    /// What the system answers. The thread is where it was then.
    fn enter(&self, compartment: CompartmentId) -> Result<(), NtStatus>;

    /// Puts the calling thread back into the compartment that it was in. The implementation reports
    /// a failure: the thread's later calls would act in the wrong compartment.
    fn leave(&self, before: CompartmentId);

    /// Whether the calling thread is in the default compartment: only there the stack notifies the
    /// driver of changes.
    fn is_notified(&self) -> bool {
        self.compartment() == CompartmentId::DEFAULT
    }

    /// Puts the calling thread into a compartment if it is in another one. Returns that one, which the
    /// caller has to give to [`leave`](Self::leave).
    ///
    /// # Errors
    ///
    /// Those of [`enter`](Self::enter).
    fn move_to(&self, compartment: CompartmentId) -> Result<Option<CompartmentId>, NtStatus> {
        let before = self.compartment();
        if before == compartment {
            return Ok(None);
        }
        self.enter(compartment)?;
        Ok(Some(before))
    }

    /// Runs `body` in a compartment. On every way back the thread is in the compartment that it was
    /// in.
    ///
    /// # Errors
    ///
    /// The compartment cannot be entered; `body` has not run then.
    fn in_compartment<R>(
        &mut self,
        compartment: CompartmentId,
        body: impl FnOnce(&mut Self) -> R,
    ) -> Result<R, NtStatus>
    where
        Self: Sized,
    {
        let before = self.move_to(compartment)?;
        let result = body(self);
        if let Some(before) = before {
            self.leave(before);
        }
        Ok(result)
    }
}
