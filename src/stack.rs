//! The kernel's network stack for the engine: each row crosses in nonpaged memory.

use abi::{AddressFamily, MibIpForwardRow2, NtStatus};
use engine::NetworkStack;

use crate::netio::{self, MibTable};
use crate::pool::NonPaged;
use crate::wdf::PassiveLevel;

/// The network stack, for a thread that has proven that it may call it.
pub(crate) struct KernelStack<'level> {
    level: &'level PassiveLevel<'level>,
}

impl<'level> KernelStack<'level> {
    /// The stack as it may be called at this level.
    pub(crate) const fn at(level: &'level PassiveLevel<'level>) -> Self {
        Self { level }
    }
}

impl NetworkStack for KernelStack<'_> {
    type Table = MibTable;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        let mut row = NonPaged::new(MibIpForwardRow2::default())?;
        netio::initialize_ip_forward_entry(self.level, &mut row);
        Ok(*row)
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        netio::create_ip_forward_entry2(self.level, &NonPaged::new(*row)?)
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        netio::delete_ip_forward_entry2(self.level, &NonPaged::new(*row)?)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        let mut row = NonPaged::new(*row)?;
        netio::get_ip_forward_entry2(self.level, &mut row)?;
        Ok(*row)
    }

    fn table(&self, family: AddressFamily) -> Result<MibTable, NtStatus> {
        netio::get_ip_forward_table2(self.level, family)
    }
}
