//! A network stack for the engine's own tests: a list of rows, and a count of tables not yet
//! given back.

extern crate std;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::vec::Vec;

use abi::{
    AddressFamily, BestRoute, BestRouteRequest, IpAddressPrefix, MibIpForwardRow2,
    MibIpInterfaceRow, NtStatus, SockaddrInet,
};

use crate::counters::{AtomicCounters, CounterScopes};
use crate::events::EventLog;
use crate::handle::{HandleState, Lock};
use crate::leases::LeaseTable;
use crate::network_stack::NetworkStack;
use crate::session::Session;
use crate::worker::Enqueue;

#[derive(Default)]
pub(crate) struct TestStack {
    routes: RefCell<Vec<MibIpForwardRow2>>,
    tables_alive: Rc<Cell<usize>>,
    /// What stands in the padding of a fresh row.
    padding: u8,
    /// Whether the machine lacks IPv6 altogether; interface 7 has IPv4 only in any case.
    no_ipv6: bool,
}

/// A table that counts itself.
pub(crate) struct TestTable {
    rows: Vec<MibIpForwardRow2>,
    alive: Rc<Cell<usize>>,
}

impl AsRef<[MibIpForwardRow2]> for TestTable {
    fn as_ref(&self) -> &[MibIpForwardRow2] {
        &self.rows
    }
}

impl Drop for TestTable {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

impl TestStack {
    /// 10.20.0.0/16, on-link at interface 7.
    pub(crate) const ROUTE: MibIpForwardRow2 = {
        let unspecified = SockaddrInet {
            family: 2,
            port: [0; 2],
            ipv4_or_flow: [0; 4],
            ipv6: [0; 16],
            scope_id: 0,
        };
        MibIpForwardRow2 {
            interface_luid: 0,
            interface_index: 7,
            destination_prefix: IpAddressPrefix {
                prefix: SockaddrInet {
                    ipv4_or_flow: [10, 20, 0, 0],
                    ..unspecified
                },
                prefix_length: 16,
                reserved: [0; 3],
            },
            next_hop: unspecified,
            site_prefix_length: 0,
            reserved: [0; 3],
            valid_lifetime: u32::MAX,
            preferred_lifetime: u32::MAX,
            metric: 5,
            protocol: 3,
            loopback: 0,
            autoconfigure_address: 0,
            publish: 0,
            immortal: 0,
            age: 0,
            origin: 0,
        }
    };

    /// The source of every best route: 192.0.2.10.
    pub(crate) const SOURCE: SockaddrInet = SockaddrInet {
        family: 2,
        port: [0; 2],
        ipv4_or_flow: [192, 0, 2, 10],
        ipv6: [0; 16],
        scope_id: 0,
    };

    pub(crate) fn with_routes(count: u32) -> Self {
        let stack = Self::default();
        stack
            .routes
            .borrow_mut()
            .extend((0..count).map(|index| MibIpForwardRow2 {
                interface_index: index,
                ..Self::ROUTE
            }));
        stack
    }

    pub(crate) fn with_dirty_padding() -> Self {
        Self {
            padding: 0xA5,
            ..Self::default()
        }
    }

    pub(crate) fn without_ipv6() -> Self {
        Self {
            no_ipv6: true,
            ..Self::default()
        }
    }

    pub(crate) fn tables_alive(&self) -> usize {
        self.tables_alive.get()
    }

    fn position(&self, row: &MibIpForwardRow2) -> Option<usize> {
        self.routes.borrow().iter().position(|route| {
            (
                route.interface_index,
                route.destination_prefix,
                route.next_hop,
            ) == (row.interface_index, row.destination_prefix, row.next_hop)
        })
    }
}

impl NetworkStack for TestStack {
    type Routes = TestTable;
    type Interfaces = Vec<MibIpInterfaceRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        let mut row = MibIpForwardRow2 {
            reserved: [self.padding; 3],
            ..Default::default()
        };
        row.destination_prefix.reserved = [self.padding; 3];
        Ok(row)
    }

    fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        if self.position(row).is_some() {
            return Err(NtStatus::DUPLICATE_OBJECTID);
        }
        self.routes.borrow_mut().push(*row);
        Ok(())
    }

    fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let position = self.position(row).ok_or(NtStatus::NOT_FOUND)?;
        self.routes.borrow_mut()[position] = *row;
        Ok(())
    }

    fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        let position = self.position(row).ok_or(NtStatus::NOT_FOUND)?;
        self.routes.borrow_mut().remove(position);
        Ok(())
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        let position = self.position(row).ok_or(NtStatus::NOT_FOUND)?;
        Ok(self.routes.borrow()[position])
    }

    fn routes(&self, _family: AddressFamily) -> Result<TestTable, NtStatus> {
        self.tables_alive.set(self.tables_alive.get() + 1);
        Ok(TestTable {
            rows: self.routes.borrow().clone(),
            alive: Rc::clone(&self.tables_alive),
        })
    }

    fn best_route(&self, _request: &BestRouteRequest) -> Result<BestRoute, NtStatus> {
        let route = self
            .routes
            .borrow()
            .first()
            .copied()
            .ok_or(NtStatus::NETWORK_UNREACHABLE)?;
        Ok(BestRoute {
            route,
            source: Self::SOURCE,
            reserved: 0,
        })
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        match (row.family, row.interface_index) {
            (23, _) if self.no_ipv6 => Err(NtStatus::NOT_SUPPORTED),
            (2, 7) => Ok(MibIpInterfaceRow { metric: 25, ..*row }),
            _ => Err(NtStatus::NOT_FOUND),
        }
    }

    fn interfaces(&self, _family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, NtStatus> {
        let row = MibIpInterfaceRow {
            family: 2,
            interface_index: 7,
            ..Default::default()
        };
        Ok(std::vec![self.interface(&row)?])
    }
}

type TestState = HandleState<TestTable, Vec<MibIpInterfaceRow>>;

#[derive(Default)]
pub(crate) struct TestHandle(RefCell<TestState>);

impl Lock<TestState> for TestHandle {
    fn with<R>(&self, body: impl FnOnce(&mut TestState) -> R) -> R {
        body(&mut self.0.borrow_mut())
    }
}

/// What belongs to a driver as a whole.
pub(crate) struct World {
    pub(crate) leases: TestLock<LeaseTable>,
    pub(crate) watch: TestLock<EventLog>,
    pub(crate) total: AtomicCounters,
    pub(crate) now: Cell<u64>,
}

/// A lock of one thread, which stops who comes back for it.
pub(crate) struct TestLock<T>(RefCell<T>);

impl<T> Lock<T> for TestLock<T> {
    fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.borrow_mut())
    }
}

impl Default for World {
    fn default() -> Self {
        Self {
            leases: TestLock(RefCell::new(LeaseTable::new(7))),
            watch: TestLock(RefCell::new(EventLog::new())),
            total: AtomicCounters::new(),
            now: Cell::new(1),
        }
    }
}

/// Errands are done when a test says so.
impl Enqueue for World {
    fn enqueue(&self) {}
}

impl World {
    pub(crate) fn session<'a, Stack, State>(
        &'a self,
        stack: &'a Stack,
        handle: &'a State,
        counters: &'a AtomicCounters,
    ) -> Session<'a, Stack, State, TestLock<LeaseTable>, TestLock<EventLog>> {
        Session {
            stack,
            handle,
            leases: &self.leases,
            watch: &self.watch,
            counters: CounterScopes {
                total: &self.total,
                handle: counters,
            },
            now: self.now.get(),
        }
    }
}
