//! The compartments of a fake stack: which interface is in which, and where the calling thread is.

use core::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread_local;
use std::vec::Vec;

use abi::{MibIpInterfaceRow, NtStatus};

use super::stack::FakeStackOver;
use super::tables::TablesLock;
use crate::compartment::CompartmentId;

thread_local! {
    static CURRENT: Cell<CompartmentId> = const { Cell::new(CompartmentId::DEFAULT) };
}

/// The interfaces that are not in the default compartment, by LUID.
#[derive(Debug, Default)]
pub(super) struct FakeCompartments(Mutex<BTreeMap<u64, CompartmentId>>);

impl FakeCompartments {
    /// Whether the calling thread sees the interface with a LUID.
    pub(super) fn shows(&self, luid: u64) -> bool {
        let interfaces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        interfaces.get(&luid).copied().unwrap_or_default() == current()
    }
}

/// The compartment of the calling thread.
pub(super) fn current() -> CompartmentId {
    CURRENT.get()
}

impl<Tables: TablesLock> FakeStackOver<Tables> {
    /// Puts the interfaces with a LUID into a compartment.
    pub fn move_interface(&self, luid: u64, compartment: CompartmentId) {
        let interfaces = &self.compartments.0;
        let mut interfaces = interfaces.lock().unwrap_or_else(PoisonError::into_inner);
        interfaces.insert(luid, compartment);
    }

    /// The interfaces that the calling thread sees.
    pub(super) fn visible_interfaces(&self) -> Vec<MibIpInterfaceRow> {
        let mut rows = self.interface_rows();
        rows.retain(|row| self.compartments.shows(row.interface_luid));
        rows
    }

    /// Puts the calling thread into a compartment.
    ///
    /// # Errors
    ///
    /// The status with which the call fails on demand.
    pub(super) fn enter_compartment(&self, compartment: CompartmentId) -> Result<(), NtStatus> {
        self.call()?;
        Self::leave_compartment(compartment);
        Ok(())
    }

    /// Puts the calling thread back.
    pub(super) fn leave_compartment(before: CompartmentId) {
        CURRENT.set(before);
    }
}
