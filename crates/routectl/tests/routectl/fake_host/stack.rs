//! A fake network stack that refuses invalid routes with the statuses of Windows.

use std::cmp::Reverse;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::worker;
use engine::{Change, EventLog, NetworkStack};
use ipforward::abi::rules::{self, Sentinels};
use ipforward::abi::{
    AddressFamily, BestRoute, BestRouteRequest, MibIpForwardRow2, MibIpInterfaceRow, NtStatus,
    SockaddrInet,
};
use ipforward::{Interface, Route, RouteOrigin};

use super::{Locked, Polled};

/// The LUID of interface 7.
pub(crate) const LUID: u64 = 0x0006_0080_0100_0000;

/// An interface of a family, connected, with a metric. The LUID follows from the index.
pub(crate) fn interface(family: AddressFamily, index: u32, metric: u32) -> MibIpInterfaceRow {
    MibIpInterfaceRow {
        family: family.0,
        interface_luid: LUID - 7 + u64::from(index),
        interface_index: index,
        metric,
        nl_mtu: 1500,
        connected: 1,
        use_automatic_metric: u8::from(family == AddressFamily::IPV4),
        ..MibIpInterfaceRow::default()
    }
}

pub(crate) struct Stack {
    pub(crate) routes: Mutex<Vec<MibIpForwardRow2>>,
    pub(crate) interfaces: Mutex<Vec<MibIpInterfaceRow>>,
    pub(crate) driver_error: Mutex<Option<NtStatus>>,
    pub(crate) wants_interface: AtomicBool,
    /// The watch of the engine.
    pub(crate) watch: Locked<EventLog>,
}

impl Default for Stack {
    /// Interface 7 with both families.
    fn default() -> Self {
        Self {
            routes: Mutex::default(),
            interfaces: Mutex::new(vec![
                interface(AddressFamily::IPV4, 7, 25),
                interface(AddressFamily::IPV6, 7, 50),
            ]),
            driver_error: Mutex::default(),
            wants_interface: AtomicBool::default(),
            watch: Locked::default(),
        }
    }
}

impl Stack {
    fn interface_of(&self, row: &MibIpForwardRow2) -> Result<MibIpInterfaceRow, NtStatus> {
        self.interface(&MibIpInterfaceRow {
            family: row.destination_prefix.prefix.family,
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            ..MibIpInterfaceRow::default()
        })
    }

    /// Checks a row and returns it as the stack stores it.
    fn checked(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        let row_only = rules::check_row(row, Sentinels::Refused);
        row_only.map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let mut route = Route::try_from(row).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let interface = self.interface_of(row)?;
        route.interface = Interface::Known {
            luid: interface.interface_luid,
            index: interface.interface_index,
        };
        route.age = 0;
        route.origin = RouteOrigin::MANUAL;
        Ok(MibIpForwardRow2::from(&route))
    }

    /// Sends the notification of a change. Waiting requests poll.
    fn notify(&self, change: Change, row: &MibIpForwardRow2) {
        worker::route_changed(&self.watch, &Polled, change, row, super::now());
    }

    fn index_of(&self, row: &MibIpForwardRow2) -> Result<usize, NtStatus> {
        let key =
            |row: &MibIpForwardRow2| (row.interface_luid, row.destination_prefix, row.next_hop);
        let wanted = key(&self.checked(row)?);
        let routes = self.routes.lock().unwrap();
        routes
            .iter()
            .position(|route| key(route) == wanted)
            .ok_or(NtStatus::NOT_FOUND)
    }
}

impl NetworkStack for Stack {
    type Routes = Vec<MibIpForwardRow2>;
    type Interfaces = Vec<MibIpInterfaceRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        Err(NtStatus::NOT_SUPPORTED)
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        if let Some(status) = *self.driver_error.lock().unwrap() {
            return Err(status);
        }
        let row = self.checked(row)?;
        if self.index_of(&row).is_ok() {
            return Err(NtStatus::DUPLICATE_OBJECTID);
        }
        self.routes.lock().unwrap().push(row);
        self.notify(Change::Added, &row);
        Ok(())
    }

    fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let place = self.index_of(row)?;
        let row = self.checked(row)?;
        self.routes.lock().unwrap()[place] = row;
        self.notify(Change::Changed, &row);
        Ok(())
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let place = self.index_of(row)?;
        let row = self.routes.lock().unwrap().remove(place);
        self.notify(Change::Removed, &row);
        Ok(())
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        let place = self.index_of(row)?;
        Ok(self.routes.lock().unwrap()[place])
    }

    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, NtStatus> {
        let mut rows = self.routes.lock().unwrap().clone();
        rows.retain(|row| is_asked_for(family, row.destination_prefix.prefix.family));
        Ok(rows)
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, NtStatus> {
        let to = request.destination.address().unwrap();
        let asked = match (request.interface_luid, request.interface_index) {
            (0, 0) if self.wants_interface.load(Ordering::Relaxed) => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            (0, 0) => None,
            (0, index) => Some(Interface::Index(index)),
            (luid, _) => Some(Interface::Luid(luid)),
        };
        let best = self
            .routes
            .lock()
            .unwrap()
            .iter()
            .filter_map(|row| {
                let route = Route::try_from(row).unwrap();
                let interface = self.interface_of(row).ok()?;
                let wanted = asked.is_none_or(|asked| route.interface.is_same(asked));
                (wanted && interface.connected != 0 && route.destination.contains(&to)).then_some((
                    Reverse(route.destination.prefix_len()),
                    u64::from(interface.metric) + u64::from(route.metric),
                    *row,
                ))
            })
            .min_by_key(|(length, metric, _)| (*length, *metric));
        let (.., route) = best.ok_or(NtStatus::NETWORK_UNREACHABLE)?;
        Ok(BestRoute {
            route,
            source: match request.source.family {
                0 if to.is_ipv6() => SockaddrInet::default(),
                0 => SockaddrInet::from(std::net::IpAddr::from([192, 0, 2, 10])),
                _ => request.source,
            },
            reserved: 0,
        })
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        let named = |other: &MibIpInterfaceRow| match row.interface_luid {
            0 => other.interface_index == row.interface_index,
            luid => other.interface_luid == luid,
        };
        let interfaces = self.interfaces.lock().unwrap();
        interfaces
            .iter()
            .find(|other| other.family == row.family && named(other))
            .copied()
            .ok_or(NtStatus::NOT_FOUND)
    }

    /// An empty table is an error, one behavior that the documentation allows.
    fn interfaces(&self, family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, NtStatus> {
        let mut rows = self.interfaces.lock().unwrap().clone();
        rows.retain(|row| is_asked_for(family, row.family));
        if rows.is_empty() {
            Err(NtStatus::NOT_FOUND)
        } else {
            Ok(rows)
        }
    }
}

fn is_asked_for(asked: AddressFamily, family: u16) -> bool {
    asked == AddressFamily::UNSPECIFIED || asked.0 == family
}
