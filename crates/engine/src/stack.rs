//! The network stack, as the engine sees it.

use abi::{AddressFamily, MibIpForwardRow2, NtStatus};

/// The route functions of `netioapi.h`. The implementor proves on its own that they may be called
/// (in the driver: that the thread is at `PASSIVE_LEVEL`). Statuses come through unchanged.
pub trait NetworkStack {
    /// A table that the stack allocated; dropping it gives it back.
    type Table: AsRef<[MibIpForwardRow2]>;

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
    /// What the stack answers, or no memory for the row.
    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `DeleteIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// What the stack answers, or no memory for the row.
    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus>;

    /// `GetIpForwardEntry2`: the whole row of the route with the keys of `row`.
    ///
    /// # Errors
    ///
    /// What the stack answers, or no memory for the row.
    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus>;

    /// `GetIpForwardTable2`.
    ///
    /// # Errors
    ///
    /// What the stack answers. An empty table may be an error or a table without rows.
    fn table(&self, family: AddressFamily) -> Result<Self::Table, NtStatus>;
}
