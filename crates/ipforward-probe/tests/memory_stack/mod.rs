//! The host's network stack in this process, asked without a driver.

use std::net::Ipv4Addr;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ipforward::AddressFamily;
use ipforward::abi::{
    BestRoute, BestRouteRequest, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
    SockaddrInet,
};
use ipforward_probe::{
    CallError, Operator, ProbedStack, RouteChanges, RouteWatch, ScratchInterface, Unknown,
};
use nt_netio::notify::{Change, Notice, Registration, Topic};
use nt_netio::{Behaviours, BestRouteQuery, Memory, NetworkDescription, NetworkStack};

/// A computer on which IPv6 has no route: its loopback interface has IPv4 only.
const MACHINE: &str = r#"
[[interface]]
name = "Loopback"
index = 1
luid = 0x0018000000000000
ipv4 = { addresses = ["127.0.0.1/8"], metric = 75 }
"#;

/// No notification takes this long, even on a busy computer.
const TIME_LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct MemoryStack {
    memory: Arc<Memory>,
    /// What every create answers instead.
    create_status: Mutex<Option<NtStatus>>,
}

impl MemoryStack {
    pub(crate) fn new(behaviours: Behaviours) -> Self {
        let machine: NetworkDescription = MACHINE.parse().unwrap();
        Self {
            memory: Arc::new(Memory::new(&machine, behaviours)),
            create_status: Mutex::new(None),
        }
    }

    pub(crate) fn answer_creates_with(&self, status: NtStatus) {
        *self.create_status.lock().unwrap() = Some(status);
    }

    /// The keys of all routes.
    pub(crate) fn routes(&self) -> Vec<(IpAddressPrefix, SockaddrInet)> {
        let rows = self.memory.routes(AddressFamily::UNSPECIFIED).unwrap();
        let keys = rows
            .iter()
            .map(|row| (row.destination_prefix, row.next_hop));
        keys.collect()
    }
}

/// An on-link route to an address of the experiments.
pub(crate) fn row(interface: &ScratchInterface, number: u8) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_luid: interface.luid(),
        interface_index: interface.index(),
        destination_prefix: IpAddressPrefix::new(Ipv4Addr::new(203, 0, 113, number).into(), 32),
        next_hop: SockaddrInet::unspecified(AddressFamily::IPV4),
        valid_lifetime: u32::MAX,
        preferred_lifetime: u32::MAX,
        ..MibIpForwardRow2::default()
    }
}

impl ProbedStack for MemoryStack {
    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        if let Some(status) = *self.create_status.lock().unwrap() {
            return Err(CallError::of_status(status));
        }
        self.memory.create_route(row).map_err(CallError::of_status)
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.memory.set_route(row).map_err(CallError::of_status)
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.memory.delete_route(row).map_err(CallError::of_status)
    }

    fn get_route(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, CallError> {
        self.memory.route(row).map_err(CallError::of_status)
    }

    fn count_routes(&self, family: AddressFamily) -> Result<usize, CallError> {
        let rows = self.memory.routes(family).map_err(CallError::of_status)?;
        Ok(rows.len())
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, CallError> {
        let query = BestRouteQuery {
            interface_luid: request.interface_luid,
            interface_index: request.interface_index,
            source: None,
            destination: request.destination,
        };
        let best = self
            .memory
            .best_route(&query)
            .map_err(CallError::of_status)?;
        Ok(BestRoute {
            route: best.route,
            ..BestRoute::default()
        })
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, CallError> {
        self.memory.interface(row).map_err(CallError::of_status)
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, CallError> {
        self.memory.interfaces(family).map_err(CallError::of_status)
    }

    fn fresh_interface_row(&self) -> Result<MibIpInterfaceRow, CallError> {
        Ok(self.memory.initial_interface())
    }

    fn watch(&self) -> Result<Box<dyn RouteWatch>, CallError> {
        let (sender, notices) = mpsc::channel();
        let callback = Box::new(move |notice: Notice| {
            // The watch is gone after its experiment.
            let _ = sender.send(notice);
        });
        let registration = self
            .memory
            .watch(
                Topic::Routes,
                AddressFamily::UNSPECIFIED,
                false,
                vec![callback],
            )
            .map_err(CallError::of_status)?;
        Ok(Box::new(MemoryWatch {
            memory: self.memory.clone(),
            registration,
            notices,
        }))
    }
}

struct MemoryWatch {
    memory: Arc<Memory>,
    registration: Registration,
    notices: Receiver<Notice>,
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.memory.cancel(self.registration).unwrap();
    }
}

impl RouteWatch for MemoryWatch {
    fn wait_until_added(&mut self, row: &MibIpForwardRow2) -> Result<bool, CallError> {
        let is_of_row = |notice: &Notice| {
            matches!(notice, Notice::Route(Change::Add, of)
                if of.destination_prefix == row.destination_prefix)
        };
        while let Ok(notice) = self.notices.recv_timeout(TIME_LIMIT) {
            if is_of_row(&notice) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn changes_of(&mut self, row: &MibIpForwardRow2) -> Result<RouteChanges, CallError> {
        let mut changes = RouteChanges::default();
        for notice in self.notices.try_iter() {
            match notice {
                Notice::Route(change, of) if of.destination_prefix == row.destination_prefix => {
                    changes.added |= change == Change::Add;
                    changes.removed |= change == Change::Delete;
                }
                _ => {}
            }
        }
        Ok(changes)
    }
}

impl Operator for MemoryStack {
    fn set_link(&self, interface: &ScratchInterface, up: bool) -> Result<(), Unknown> {
        self.memory.set_link(interface.index(), up).unwrap();
        Ok(())
    }

    fn sleep(&self) -> Result<(), Unknown> {
        self.memory.lose_routes().unwrap();
        self.memory.wait_idle();
        Ok(())
    }
}
