//! The route functions of a device: of the driver, or of the IP Helper API.

use std::time::{Duration, Instant};

use ipforward::abi::apply::{ENTRY_CREATE, ENTRY_LEASE};
use ipforward::abi::operation::call;
use ipforward::abi::{
    ApplyEntry, ApplyHeader, BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow,
    NtStatus, TableRequest,
};
use ipforward::{AddressFamily, Device, DriverError, EventKind, Watch, WatchFilter};

use crate::call_error::CallError;
use crate::journal::Journal;
use crate::probed_stack::{ProbedStack, RouteChanges, RouteWatch};

/// How many interfaces are looked at.
const INTERFACES_MAX: u32 = 1024;

/// How long a notification may take.
const NOTIFICATION_TIME: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

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

    fn create_leased(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        let header = ApplyHeader {
            count: 1,
            ..ApplyHeader::default()
        };
        let entry = ApplyEntry {
            operation: ENTRY_CREATE,
            flags: ENTRY_LEASE,
            row: *row,
            ..ApplyEntry::default()
        };
        let (_, answers) = self
            .device
            .call_with_elements::<call::Apply>(&header, &[entry], 1)?;
        let answer = answers
            .first()
            .ok_or_else(|| CallError::Failed("APPLY without an answer".to_owned()))?;
        NtStatus::new(answer.status)
            .into_result()
            .map_err(|status| CallError::Refused(DriverError::from_status(status)))
    }
}

impl ProbedStack for DeviceStack {
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.require("CreateIpForwardEntry2")?;
        match &self.creation {
            Creation::Leased => self.create_leased(row),
            Creation::Journaled(journal) => {
                journal
                    .record(row)
                    .map_err(|error| CallError::Failed(format!("the journal: {error}")))?;
                Ok(self.device.call::<call::CreateRoute>(row)?)
            }
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
    fn wait_until_added(&mut self, row: &MibIpForwardRow2) -> Result<bool, CallError> {
        let begun = Instant::now();
        while !self.changes_of(row)?.added {
            if begun.elapsed() > NOTIFICATION_TIME {
                return Ok(false);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(true)
    }

    fn changes_of(&mut self, row: &MibIpForwardRow2) -> Result<RouteChanges, CallError> {
        let prefix = &row.destination_prefix;
        let mut changes = RouteChanges::default();
        loop {
            let events = self.poll()?;
            if events.is_empty() {
                return Ok(changes);
            }
            let of_route = events.iter().filter(|event| {
                event.kind.key().is_some_and(|key| {
                    Some(key.destination.addr()) == prefix.prefix.address()
                        && key.destination.prefix_len() == prefix.prefix_length
                })
            });
            for event in of_route {
                match event.kind {
                    EventKind::Added(_) => changes.added = true,
                    EventKind::Removed(_) => changes.removed = true,
                    _ => {}
                }
            }
        }
    }
}
