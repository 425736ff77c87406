//! What the experiments call.

use ipforward::AddressFamily;
use ipforward::abi::{BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow};

use crate::call_error::CallError;

/// The route functions of the computer that is asked. They get each row as it is.
pub trait ProbedStack {
    /// `CreateIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError>;

    /// `SetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError>;

    /// `DeleteIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError>;

    /// `GetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn get_route(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, CallError>;

    /// `GetIpForwardTable2`: the number of its rows.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn count_routes(&self, family: AddressFamily) -> Result<usize, CallError>;

    /// `GetBestRoute2`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, CallError>;

    /// `GetIpInterfaceEntry`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, CallError>;

    /// `GetIpInterfaceTable`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, CallError>;

    /// `InitializeIpInterfaceEntry`.
    ///
    /// # Errors
    ///
    /// This way of asking does not reach the function.
    fn fresh_interface_row(&self) -> Result<MibIpInterfaceRow, CallError>;

    /// Begins to record the changes of the route table.
    ///
    /// # Errors
    ///
    /// This way of asking does not see changes.
    fn watch(&self) -> Result<Box<dyn RouteWatch>, CallError>;
}

/// The changes of the route table from some time on.
pub trait RouteWatch {
    /// Waits until the stack has reported that the route with the keys of `row` was added. False if it
    /// does not for a long time.
    ///
    /// # Errors
    ///
    /// The changes cannot be read.
    fn wait_until_added(&mut self, row: &MibIpForwardRow2) -> Result<bool, CallError>;

    /// What was reported of the route since the last call of a method.
    ///
    /// # Errors
    ///
    /// The changes cannot be read.
    fn changes_of(&mut self, row: &MibIpForwardRow2) -> Result<RouteChanges, CallError>;
}

/// What was reported of one route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteChanges {
    /// That it was added.
    pub added: bool,
    /// That it was removed.
    pub removed: bool,
}
