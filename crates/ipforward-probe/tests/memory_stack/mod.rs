//! The host's network stack in this process, asked without a driver.

use std::net::Ipv4Addr;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};

use ipforward::AddressFamily;
use ipforward::abi::{
    BestRoute, BestRouteRequest, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
    SockaddrInet,
};
use ipforward_probe::{
    CallError, Operator, ProbedStack, ReportedChange, ReportedKind, RouteWatch, ScratchInterface,
    Unknown, create_each,
};
use nt_netio::compartment::{self, DEFAULT, Entered};
use nt_netio::notify::{self, Callback, Change, Notice, Registration, Topic};
use nt_netio::{Behaviours, BestRouteQuery, Memory, NetworkDescription, NetworkStack};

/// A computer on which IPv6 has no route: the loopback interfaces of its two compartments have IPv4
/// only.
const MACHINE: &str = r#"
[[interface]]
name = "Loopback"
index = 1
luid = 0x0018000000000000
ipv4 = { addresses = ["127.0.0.1/8"], metric = 75 }

[[interface]]
name = "Loopback of a container"
index = 2
luid = 0x0018000001000000
compartment = 2
ipv4 = { addresses = ["127.0.0.1/8"], metric = 75 }
"#;

/// The compartment of the second interface.
const OTHER_COMPARTMENT: u32 = 2;

pub(crate) struct MemoryStack {
    memory: Arc<Memory>,
    compartment: u32,
    /// What every create answers instead.
    create_status: Mutex<Option<NtStatus>>,
}

impl MemoryStack {
    pub(crate) fn new(behaviours: Behaviours) -> Self {
        let machine: NetworkDescription = MACHINE.parse().unwrap();
        Self {
            memory: Arc::new(Memory::new(&machine, behaviours)),
            compartment: DEFAULT,
            create_status: Mutex::new(None),
        }
    }

    /// The same computer in its other compartment.
    pub(crate) fn in_other_compartment(&self) -> Self {
        Self {
            memory: Arc::clone(&self.memory),
            compartment: OTHER_COMPARTMENT,
            create_status: Mutex::new(None),
        }
    }

    fn enter(&self) -> Entered {
        compartment::enter(self.compartment)
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
        let _entered = self.enter();
        self.memory.create_route(row).map_err(CallError::of_status)
    }

    fn create_routes(&self, rows: &[MibIpForwardRow2]) -> Result<(), CallError> {
        create_each(self, rows)
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        self.memory.set_route(row).map_err(CallError::of_status)
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), CallError> {
        let _entered = self.enter();
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
        let _entered = self.enter();
        self.memory.interfaces(family).map_err(CallError::of_status)
    }

    fn fresh_interface_row(&self) -> Result<MibIpInterfaceRow, CallError> {
        Ok(self.memory.initial_interface())
    }

    fn watch(&self) -> Result<Box<dyn RouteWatch>, CallError> {
        let threads = notify::threads(self.memory.behaviours());
        let (sender, notices) = mpsc::channel();
        let callback = |_| {
            let sender = sender.clone();
            Box::new(move |notice: Notice, _following| {
                // The watch is gone after its experiment.
                let _ = sender.send(notice);
            }) as Callback
        };
        let callbacks = (0..threads).map(callback).collect();
        let family = AddressFamily::UNSPECIFIED;
        let registration = self
            .memory
            .watch(Topic::Routes, family, false, callbacks)
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
    fn poll(&mut self) -> Result<Vec<ReportedChange>, CallError> {
        Ok(self.notices.try_iter().filter_map(reported).collect())
    }
}

fn reported(notice: Notice) -> Option<ReportedChange> {
    let Notice::Route(change, row) = notice else {
        return None;
    };
    let kind = match change {
        Change::Add => ReportedKind::Added,
        Change::Delete => ReportedKind::Removed,
        Change::Parameter => ReportedKind::Changed,
    };
    Some(ReportedChange {
        destination: row.destination_prefix,
        kind,
    })
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
