//! What the experiments call.

use ipforward::AddressFamily;
use ipforward::abi::{
    BestRoute, BestRouteRequest, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow,
};

use crate::call_error::CallError;

/// The route functions of the computer that is asked. They get each row as it is.
pub trait ProbedStack {
    /// `CreateIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError>;

    /// `CreateIpForwardEntry2` for each of the rows, as fast as this way of asking can. If one is refused,
    /// none of the routes is left.
    ///
    /// # Errors
    ///
    /// The status of the stack.
    fn create_routes(&self, rows: &[MibIpForwardRow2]) -> Result<(), CallError>;

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

/// Creates the routes with a call for each.
///
/// # Errors
///
/// The status of the stack. Then the routes before are removed.
pub fn create_each(stack: &dyn ProbedStack, rows: &[MibIpForwardRow2]) -> Result<(), CallError> {
    for (place, row) in rows.iter().enumerate() {
        if let Err(error) = stack.create_route(row) {
            for created in &rows[..place] {
                stack.delete_route(created)?;
            }
            return Err(error);
        }
    }
    Ok(())
}

/// The changes of the route table from some time on.
pub trait RouteWatch {
    /// What the stack has reported since the last call, in the order of its reports.
    ///
    /// # Errors
    ///
    /// The changes cannot be read.
    fn poll(&mut self) -> Result<Vec<ReportedChange>, CallError>;
}

/// One change of a route, as the stack has reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedChange {
    /// The destination of the route.
    pub destination: IpAddressPrefix,
    /// What happened to the route.
    pub kind: ReportedKind,
}

/// What happened to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedKind {
    /// It was added.
    Added,
    /// It was removed.
    Removed,
    /// Its members were changed.
    Changed,
}
