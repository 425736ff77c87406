//! The route functions of a device: of the driver, or of the IP Helper API.

use ipforward::abi::apply::{APPLY_ATOMIC, ENTRY_CREATE, ENTRY_LEASE};
use ipforward::abi::operation::call;
use ipforward::abi::{
    ApplyEntry, ApplyHeader, BestRoute, BestRouteRequest, IpAddressPrefix, MibIpForwardRow2,
    MibIpInterfaceRow, NtStatus, TableRequest,
};
use ipforward::{AddressFamily, Device, DriverError, Event, EventKind, Watch, WatchFilter};

use crate::call_error::CallError;
use crate::journal::Journal;
use crate::probed_stack::{ProbedStack, ReportedChange, ReportedKind, RouteWatch, create_each};

/// How many interfaces are looked at.
const INTERFACES_MAX: u32 = 1024;

/// How routes are created, so that they are gone with the program.
#[derive(Debug)]
pub enum Creation {
    /// The handle leases them, and the driver removes them when it closes.
    Leased,
    /// They are recorded in a file before.
    Journaled(Journal),
}

/// The functions of a device.
#[derive(Debug)]
pub struct DeviceStack {
    device: Device,
    creation: Creation,
    fresh_interface_row: Option<fn() -> MibIpInterfaceRow>,
    /// The functions that this system does not have.
    missing: Vec<String>,
}

impl DeviceStack {
    /// The functions of the driver. It leases what it creates.
    #[must_use]
    pub const fn of_driver(device: Device) -> Self {
        Self {
            device,
            creation: Creation::Leased,
            fresh_interface_row: None,
            missing: Vec::new(),
        }
    }

    /// The functions of the IP Helper API, of which this system does not have the `missing` ones.
    #[must_use]
    pub const fn of_ip_helper(
        device: Device,
        journal: Journal,
        fresh_interface_row: fn() -> MibIpInterfaceRow,
        missing: Vec<String>,
    ) -> Self {
        Self {
            device,
            creation: Creation::Journaled(journal),
            fresh_interface_row: Some(fresh_interface_row),
            missing,
        }
    }

    fn require(&self, function: &str) -> Result<(), CallError> {
        if self.missing.iter().any(|missing| missing == function) {
            return Err(CallError::NotImplemented(function.to_owned()));
        }
        Ok(())
    }

    /// Creates all of the routes, or none of them.
    fn create_leased(&self, rows: &[MibIpForwardRow2]) -> Result<(), CallError> {
        let count = u32::try_from(rows.len());
        let count = count.map_err(|error| CallError::Failed(error.to_string()))?;
        let header = ApplyHeader {
            count,
            flags: APPLY_ATOMIC,
            ..ApplyHeader::default()
        };
        let entry = |row: &MibIpForwardRow2| ApplyEntry {
            operation: ENTRY_CREATE,
            flags: ENTRY_LEASE,
            row: *row,
            ..ApplyEntry::default()
        };
        let entries: Vec<_> = rows.iter().map(entry).collect();
        let (_, answers) = self
            .device
            .call_with_elements::<call::Apply>(&header, &entries, count)?;
        if answers.len() != rows.len() {
            return Err(CallError::Failed("APPLY without an answer".to_owned()));
        }
        for answer in answers {
            NtStatus::new(answer.status)
                .into_result()
                .map_err(|status| CallError::Refused(DriverError::from_status(status)))?;
        }
        Ok(())
    }
}

impl ProbedStack for DeviceStack {
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.require("CreateIpForwardEntry2")?;
        match &self.creation {
            Creation::Leased => self.create_leased(std::slice::from_ref(row)),
            Creation::Journaled(journal) => {
                journal
                    .record(row)
                    .map_err(|error| CallError::Failed(format!("the journal: {error}")))?;
                Ok(self.device.call::<call::CreateRoute>(row)?)
            }
        }
    }

    fn create_routes(&self, rows: &[MibIpForwardRow2]) -> Result<(), CallError> {
        match self.creation {
            Creation::Leased => self.create_leased(rows),
            Creation::Journaled(_) => create_each(self, rows),
        }
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.require("SetIpForwardEntry2")?;
        Ok(self.device.call::<call::SetRoute>(row)?)
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.require("DeleteIpForwardEntry2")?;
        Ok(self.device.call::<call::DeleteRoute>(row)?)
    }

    fn get_route(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, CallError> {
        self.require("GetIpForwardEntry2")?;
        Ok(self.device.call::<call::GetRoute>(row)?)
    }

    fn count_routes(&self, family: AddressFamily) -> Result<usize, CallError> {
        self.require("GetIpForwardTable2")?;
        let request = TableRequest {
            family: family.0,
            ..TableRequest::default()
        };
        let (header, _) = self.device.call_for_rows::<call::GetTable>(&request, 1)?;
        usize::try_from(header.total).map_err(|error| CallError::Failed(error.to_string()))
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, CallError> {
        self.require("GetBestRoute2")?;
        Ok(self.device.call::<call::GetBestRoute>(request)?)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, CallError> {
        self.require("GetIpInterfaceEntry")?;
        Ok(self.device.call::<call::GetInterface>(row)?)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, CallError> {
        self.require("GetIpInterfaceTable")?;
        let request = TableRequest {
            family: family.0,
            ..TableRequest::default()
        };
        let (_, rows) = self
            .device
            .call_for_rows::<call::GetInterfaceTable>(&request, INTERFACES_MAX)?;
        Ok(rows)
    }

    fn fresh_interface_row(&self) -> Result<MibIpInterfaceRow, CallError> {
        self.require("InitializeIpInterfaceEntry")?;
        self.fresh_interface_row
            .map(|fresh| fresh())
            .ok_or_else(|| CallError::Failed("the driver has no operation for it".to_owned()))
    }

    fn watch(&self) -> Result<Box<dyn RouteWatch>, CallError> {
        match self.creation {
            Creation::Leased => Ok(Box::new(self.device.watch(&WatchFilter::new())?)),
            Creation::Journaled(_) => Err(CallError::Failed(
                "notifications need the driver".to_owned(),
            )),
        }
    }
}

impl RouteWatch for Watch {
    fn poll(&mut self) -> Result<Vec<ReportedChange>, CallError> {
        let mut changes = Vec::new();
        loop {
            // After a sleep, the first events end with one that is no change.
            let events = Self::poll(self)?;
            if events.is_empty() {
                return Ok(changes);
            }
            changes.extend(events.iter().filter_map(reported));
        }
    }
}

/// The change of a route that the event reports.
fn reported(event: &Event) -> Option<ReportedChange> {
    let kind = match event.kind {
        EventKind::Added(_) => ReportedKind::Added,
        EventKind::Removed(_) => ReportedKind::Removed,
        EventKind::Changed(_) => ReportedKind::Changed,
        _ => return None,
    };
    let destination = event.kind.key()?.destination;
    Some(ReportedChange {
        destination: IpAddressPrefix::new(destination.addr(), destination.prefix_len()),
        kind,
    })
}
