//! A thread's network compartment on Windows.

use ipforward::abi::{BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow};
use ipforward::{AddressFamily, DriverError};
use ipforward_probe::{CallError, DeviceStack, ProbedStack, RouteWatch};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetCurrentThreadCompartmentId, SetCurrentThreadCompartmentId,
};

/// The functions of a device in a compartment.
pub(super) struct CompartmentStack<'a> {
    stack: &'a DeviceStack,
    compartment: u32,
}

impl<'a> CompartmentStack<'a> {
    /// The functions in this compartment, if the thread may enter it.
    pub(super) fn new(stack: &'a DeviceStack, compartment: u32) -> Result<Self, CallError> {
        let there = Self { stack, compartment };
        there.within(|_| Ok(()))?;
        Ok(there)
    }

    /// Makes a call in the compartment. The thread is back in its own afterwards.
    fn within<R>(
        &self,
        call: impl FnOnce(&DeviceStack) -> Result<R, CallError>,
    ) -> Result<R, CallError> {
        // SAFETY: the function reads a number of the calling thread.
        let before = unsafe { GetCurrentThreadCompartmentId() };
        enter(self.compartment)?;
        let outcome = call(self.stack);
        enter(before)?;
        outcome
    }
}

fn enter(compartment: u32) -> Result<(), CallError> {
    // SAFETY: the function takes any number, and refuses an unknown one.
    match unsafe { SetCurrentThreadCompartmentId(compartment) } {
        0 => Ok(()),
        error => Err(CallError::Refused(DriverError::from_win32(error))),
    }
}

impl ProbedStack for CompartmentStack<'_> {
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.within(|stack| stack.create_route(row))
    }

    fn create_routes(&self, rows: &[MibIpForwardRow2]) -> Result<(), CallError> {
        self.within(|stack| stack.create_routes(rows))
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.within(|stack| stack.set_route(row))
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.within(|stack| stack.delete_route(row))
    }

    fn get_route(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, CallError> {
        self.within(|stack| stack.get_route(row))
    }

    fn count_routes(&self, family: AddressFamily) -> Result<usize, CallError> {
        self.within(|stack| stack.count_routes(family))
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, CallError> {
        self.within(|stack| stack.best_route(request))
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, CallError> {
        self.within(|stack| stack.interface(row))
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, CallError> {
        self.within(|stack| stack.interfaces(family))
    }

    fn fresh_interface_row(&self) -> Result<MibIpInterfaceRow, CallError> {
        self.within(ProbedStack::fresh_interface_row)
    }

    fn watch(&self) -> Result<Box<dyn RouteWatch>, CallError> {
        self.within(ProbedStack::watch)
    }
}
