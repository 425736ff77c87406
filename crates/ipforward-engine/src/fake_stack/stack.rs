//! The fake stack.

use std::boxed::Box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use abi::route::UNSPECIFIED;
use abi::rules::{self, Sentinels};
use abi::unicast_address::DAD_STATE_PREFERRED;
use abi::{
    AddressFamily, BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow,
    NtStatus, SockaddrInet,
};

use super::compartment::{self, FakeCompartments};
use super::plan::FailurePlan;
use super::stored_flags::StoredFlags;
use super::tables::{FakeTable, FakeTables, Table, TablesLock};
use crate::compartment::CompartmentId;
use crate::events::Change;
use crate::network_stack::{NetworkStack, RouteLookup};
use crate::route_key::RouteKey;

/// Looks at the route table before each call.
type Probe = Box<dyn Fn(&Table) + Send>;

/// A network stack in memory, with the calls of [`NetworkStack`] for shared use.
pub type FakeStack = FakeStackOver<Mutex<FakeTables>>;

/// A [`FakeStack`] with another lock around its tables.
pub struct FakeStackOver<Tables> {
    tables: Tables,
    settings: Mutex<Settings>,
    plan: Mutex<FailurePlan>,
    probe: Mutex<Option<Probe>>,
    live_tables: Arc<AtomicUsize>,
    pub(super) compartments: FakeCompartments,
}

#[derive(Debug)]
struct Settings {
    interfaces: Vec<MibIpInterfaceRow>,
    interfaces_are_gone: bool,
    /// Whether no interface has an address.
    addresses_are_gone: bool,
    /// The second member of the GUID of every interface.
    guid_data2: u16,
    /// A family that the machine does not have.
    missing_family: Option<AddressFamily>,
    /// The bytes in the padding of a new row.
    padding: u8,
    /// Whether the best route is looked for on a given interface only.
    best_route_needs_interface: bool,
    stored_flags: StoredFlags,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_in(family: AddressFamily, row_family: u16) -> bool {
    family == AddressFamily::UNSPECIFIED || family.0 == row_family
}

impl<Tables: TablesLock> Default for FakeStackOver<Tables> {
    /// Interface 7 with IPv4, and no route.
    fn default() -> Self {
        Self::with_interfaces([Self::interface_row(AddressFamily::IPV4, 7, 25)])
    }
}

impl<Tables: TablesLock> FakeStackOver<Tables> {
    /// The LUID of interface 7.
    pub const LUID: u64 = 0x0006_0080_0100_0000;

    /// The source address of every best route of IPv4: 192.0.2.10.
    pub const SOURCE: SockaddrInet = SockaddrInet {
        family: AddressFamily::IPV4.0,
        port: [0; 2],
        ipv4_or_flow: [192, 0, 2, 10],
        ipv6: [0; 16],
        scope_id: 0,
    };

    /// A connected interface of a family. Its LUID follows from its index.
    #[must_use]
    pub fn interface_row(family: AddressFamily, index: u32, metric: u32) -> MibIpInterfaceRow {
        MibIpInterfaceRow {
            family: family.0,
            interface_luid: Self::LUID.wrapping_sub(7).wrapping_add(index.into()),
            interface_index: index,
            metric,
            nl_mtu: 1500,
            connected: 1,
            use_automatic_metric: u8::from(family == AddressFamily::IPV4),
            site_prefix_length: 64,
            ..MibIpInterfaceRow::default()
        }
    }

    /// A stack with these interfaces, and no route.
    #[must_use]
    pub fn with_interfaces(rows: impl IntoIterator<Item = MibIpInterfaceRow>) -> Self {
        Self {
            tables: Tables::default(),
            settings: Mutex::new(Settings {
                interfaces: rows.into_iter().collect(),
                interfaces_are_gone: false,
                addresses_are_gone: false,
                guid_data2: 0,
                missing_family: None,
                padding: 0,
                best_route_needs_interface: false,
                stored_flags: StoredFlags::default(),
            }),
            plan: Mutex::default(),
            probe: Mutex::default(),
            live_tables: Arc::default(),
            compartments: FakeCompartments::default(),
        }
    }

    /// Replaces the interfaces.
    pub fn set_interfaces(&self, rows: impl IntoIterator<Item = MibIpInterfaceRow>) {
        lock(&self.settings).interfaces = rows.into_iter().collect();
    }

    /// The interfaces.
    pub fn interface_rows(&self) -> Vec<MibIpInterfaceRow> {
        lock(&self.settings).interfaces.clone()
    }

    /// Removes all interfaces, and their routes with them.
    pub fn remove_interfaces(&self) {
        lock(&self.settings).interfaces_are_gone = true;
        self.tables.with(FakeTables::clear);
    }

    /// Brings the interfaces back.
    pub fn restore_interfaces(&self) {
        lock(&self.settings).interfaces_are_gone = false;
    }

    /// Takes the links of all interfaces down, and their routes with them.
    pub fn disconnect(&self) {
        for row in &mut lock(&self.settings).interfaces {
            row.connected = 0;
        }
        self.tables.with(FakeTables::clear);
    }

    /// Brings the links of all interfaces up.
    pub fn connect(&self) {
        for row in &mut lock(&self.settings).interfaces {
            row.connected = 1;
        }
    }

    /// Takes the addresses off all interfaces, and their routes with them.
    pub fn remove_addresses(&self) {
        lock(&self.settings).addresses_are_gone = true;
        self.tables.with(FakeTables::clear);
    }

    /// Gives the interfaces their addresses again.
    pub fn restore_addresses(&self) {
        lock(&self.settings).addresses_are_gone = false;
    }

    /// Replaces the adapters behind all LUIDs: those of another number are other adapters.
    pub fn replace_adapters(&self, number: u16) {
        lock(&self.settings).guid_data2 = number;
    }

    /// Gives the adapter of interface 7 another LUID.
    pub fn change_luid(&self, luid: u64) {
        for row in &mut lock(&self.settings).interfaces {
            row.interface_luid = luid;
        }
    }

    /// Removes a family from the machine.
    pub fn remove_family(&self, family: AddressFamily) {
        lock(&self.settings).missing_family = Some(family);
    }

    /// Fills the padding of new rows with a byte.
    pub fn fill_padding(&self, padding: u8) {
        lock(&self.settings).padding = padding;
    }

    /// Looks for the best route on a given interface only.
    pub fn require_interface_for_best_route(&self) {
        lock(&self.settings).best_route_needs_interface = true;
    }

    pub(super) fn needs_interface_for_best_route(&self) -> bool {
        lock(&self.settings).best_route_needs_interface
    }

    /// The routes that the calling thread sees.
    pub(super) fn visible_routes(&self) -> Vec<MibIpForwardRow2> {
        let mut rows = self.tables.with(|tables| tables.rows());
        rows.retain(|row| self.compartments.shows(row.interface_luid));
        rows
    }

    /// Chooses what the stack does with the flags of a row.
    pub fn store_flags(&self, stored_flags: StoredFlags) {
        lock(&self.settings).stored_flags = stored_flags;
    }

    /// Gives a route new lifetimes, as a router does that advertises it again.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND`: there is no such route.
    pub fn refresh(&self, row: &MibIpForwardRow2, seconds: u32) -> Result<(), NtStatus> {
        let key = self.key(row)?;
        self.tables.with(|tables| tables.refresh(&key, seconds))
    }

    /// Adds a route as it is, without a notification.
    pub fn insert(&self, row: MibIpForwardRow2) {
        let key = self.key(&row).unwrap_or_else(|_| RouteKey::of(&row));
        self.tables.with(|tables| tables.insert(key, row));
    }

    /// Lets `count` calls fail for want of memory, after `call` more calls.
    pub fn fail(&self, call: u64, count: u64) {
        self.fail_with(call, count, NtStatus::NO_MEMORY);
    }

    /// Lets `count` calls fail with a status, after `call` more calls.
    pub fn fail_with(&self, call: u64, count: u64, status: NtStatus) {
        lock(&self.plan).fail(call, count, status);
    }

    /// Lets no call fail any more. Returns whether one has failed since the last time.
    pub fn heal(&self) -> bool {
        lock(&self.plan).heal()
    }

    /// Refuses to create routes with a status, or creates them again.
    pub fn refuse_creation(&self, status: Option<NtStatus>) {
        lock(&self.plan).creation = status;
    }

    /// Takes the links of all interfaces down when a route is created next.
    pub fn disconnect_at_creation(&self) {
        lock(&self.plan).disconnects = true;
    }

    /// Removes all routes, with notifications.
    pub fn clear(&self) {
        self.tables.with(FakeTables::clear);
    }

    /// Number of calls.
    pub fn calls(&self) -> u64 {
        lock(&self.plan).calls
    }

    /// Number of calls that change a route, whether they succeeded or not.
    pub fn writes(&self) -> u64 {
        lock(&self.plan).writes
    }

    /// Number of tables that were not given back yet.
    pub fn live_tables(&self) -> usize {
        self.live_tables.load(Ordering::Relaxed)
    }

    /// The oldest notification.
    pub fn next_notification(&self) -> Option<(Change, MibIpForwardRow2)> {
        self.tables
            .with(|tables| tables.notifications().pop_front())
    }

    /// All notifications.
    pub fn notifications(&self) -> Vec<(Change, MibIpForwardRow2)> {
        self.tables
            .with(|tables| tables.notifications().drain(..).collect())
    }

    /// Whether there are notifications.
    pub fn has_notifications(&self) -> bool {
        self.tables
            .with(|tables| !tables.notifications().is_empty())
    }

    /// Whether a route exists.
    pub fn has(&self, row: &MibIpForwardRow2) -> bool {
        let key = Self::default_key(row);
        self.tables.with(|tables| tables.get(&key).is_ok())
    }

    /// The key of a row on interface 7.
    pub(crate) fn default_key(row: &MibIpForwardRow2) -> RouteKey {
        RouteKey::on(Self::LUID, row)
    }

    pub(crate) fn table(&self) -> Table {
        self.tables.with(|tables| tables.table())
    }

    /// Has `probe` look at the route table before each call.
    #[cfg(test)]
    pub(crate) fn set_probe(&self, probe: Option<Probe>) {
        *lock(&self.probe) = probe;
    }

    /// The row as the stack keeps it.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER`: it breaks a rule.
    pub(crate) fn normalize(
        row: &MibIpForwardRow2,
        interface: &MibIpInterfaceRow,
    ) -> Result<MibIpForwardRow2, NtStatus> {
        rules::check_row(row, Sentinels::Accepted).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        Ok(MibIpForwardRow2 {
            interface_luid: interface.interface_luid,
            interface_index: interface.interface_index,
            metric: if row.metric == UNSPECIFIED {
                256
            } else {
                row.metric
            },
            age: 0,
            origin: 0,
            ..*row
        })
    }

    pub(super) fn call(&self) -> Result<(), NtStatus> {
        if let Some(probe) = &*lock(&self.probe) {
            probe(&self.table());
        }
        lock(&self.plan).call()
    }

    pub(super) fn write(&self) -> Result<(), NtStatus> {
        self.call()?;
        let mut plan = lock(&self.plan);
        plan.writes = plan.writes.wrapping_add(1);
        Ok(())
    }

    pub(super) fn find_interface(
        &self,
        row: &MibIpInterfaceRow,
    ) -> Result<MibIpInterfaceRow, NtStatus> {
        let settings = lock(&self.settings);
        if settings.missing_family == Some(AddressFamily(row.family)) {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        let is_named = |other: &&MibIpInterfaceRow| {
            other.family == row.family
                && match row.interface_luid {
                    0 => other.interface_index == row.interface_index,
                    luid => other.interface_luid == luid,
                }
        };
        let found = settings.interfaces.iter().find(is_named).copied();
        found
            .filter(|_| !settings.interfaces_are_gone)
            .filter(|row| self.compartments.shows(row.interface_luid))
            .ok_or(NtStatus::NOT_FOUND)
    }

    /// The LUID and the GUID of each interface. The GUID follows from the index.
    fn adapters(&self) -> Vec<(u64, Guid)> {
        let (are_gone, data2) = {
            let settings = lock(&self.settings);
            (settings.interfaces_are_gone, settings.guid_data2)
        };
        let adapter = |row: MibIpInterfaceRow| {
            let guid = Guid {
                data1: row.interface_index,
                data2,
                ..Guid::default()
            };
            (row.interface_luid, guid)
        };
        let rows = self.visible_interfaces().into_iter();
        rows.filter(|_| !are_gone).map(adapter).collect()
    }

    pub(super) fn interface_of(
        &self,
        row: &MibIpForwardRow2,
    ) -> Result<MibIpInterfaceRow, NtStatus> {
        self.find_interface(&MibIpInterfaceRow {
            family: row.destination_prefix.prefix.family,
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            ..MibIpInterfaceRow::default()
        })
    }

    /// The key in the compartment of the calling thread.
    fn key_on(luid: u64, row: &MibIpForwardRow2) -> RouteKey {
        RouteKey::on(luid, row).with_compartment(compartment::current())
    }

    fn key(&self, row: &MibIpForwardRow2) -> Result<RouteKey, NtStatus> {
        let interface = self.interface_of(row)?;
        Ok(Self::key_on(interface.interface_luid, row))
    }

    /// The key and the normalized row.
    fn check(&self, row: &MibIpForwardRow2) -> Result<(RouteKey, MibIpForwardRow2), NtStatus> {
        rules::check_row(row, Sentinels::Accepted).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let interface = self.interface_of(row)?;
        let key = Self::key_on(interface.interface_luid, row);
        Ok((key, Self::normalize(row, &interface)?))
    }

    /// `CreateIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of Windows.
    pub fn create(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.write()?;
        if let Some(status) = lock(&self.plan).creation {
            return Err(status);
        }
        if core::mem::take(&mut lock(&self.plan).disconnects) {
            self.disconnect();
        }
        if self
            .interface_of(row)
            .is_ok_and(|found| found.connected == 0)
        {
            return Err(NtStatus::NETWORK_UNREACHABLE);
        }
        let (key, row) = self.check(row)?;
        let row = lock(&self.settings).stored_flags.store(row, None);
        self.tables.with(|tables| tables.create(key, row))
    }

    /// `SetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of Windows.
    pub fn set(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.write()?;
        let (key, row) = self.check(row)?;
        let stored_flags = lock(&self.settings).stored_flags;
        self.tables.with(|tables| {
            let before = tables.get(&key)?;
            tables.set(&key, stored_flags.store(row, Some(&before)))
        })
    }

    /// `DeleteIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of Windows.
    pub fn delete(&self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.write()?;
        let key = self.key(row)?;
        self.tables.with(|tables| tables.delete(&key))
    }

    /// `GetIpForwardEntry2`.
    ///
    /// # Errors
    ///
    /// The status of Windows.
    pub fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.call()?;
        let key = self.key(row)?;
        self.tables.with(|tables| tables.get(&key))
    }
}

impl<Tables: TablesLock> NetworkStack for &FakeStackOver<Tables> {
    type Routes = FakeTable<MibIpForwardRow2>;
    type Interfaces = FakeTable<MibIpInterfaceRow>;
    type Addresses = FakeTable<MibUnicastIpAddressRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        let padding = [lock(&self.settings).padding; 3];
        let mut row = MibIpForwardRow2 {
            reserved: padding,
            ..MibIpForwardRow2::default()
        };
        row.destination_prefix.reserved = padding;
        Ok(row)
    }

    fn create(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        FakeStackOver::create(self, row)
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        FakeStackOver::set(self, row)
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        FakeStackOver::delete(self, row)
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        FakeStackOver::get(self, row)
    }

    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        self.call()?;
        let mut rows = self.visible_routes();
        rows.retain(|row| is_in(family, row.destination_prefix.prefix.family));
        Ok(FakeTable::new(rows, &self.live_tables))
    }

    fn best_route(&self, lookup: &RouteLookup) -> Result<BestRoute, NtStatus> {
        self.find_best_route(lookup)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.call()?;
        self.find_interface(row)
    }

    fn set_interface(&mut self, row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        self.store_interface(row)
    }

    /// An empty table is an error, which the documentation allows.
    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        let mut rows = self.visible_interfaces();
        rows.retain(|row| is_in(family, row.family));
        if rows.is_empty() {
            return Err(NtStatus::NOT_FOUND);
        }
        Ok(FakeTable::new(rows, &self.live_tables))
    }

    fn addresses(&self, family: AddressFamily) -> Result<Self::Addresses, NtStatus> {
        self.call()?;
        let are_gone = lock(&self.settings).addresses_are_gone;
        let mut rows = Vec::new();
        for interface in self.visible_interfaces() {
            if is_in(family, interface.family) && !are_gone {
                rows.push(MibUnicastIpAddressRow {
                    address: SockaddrInet::unspecified(AddressFamily(interface.family)),
                    interface_luid: interface.interface_luid,
                    interface_index: interface.interface_index,
                    dad_state: DAD_STATE_PREFERRED,
                    ..MibUnicastIpAddressRow::default()
                });
            }
        }
        if rows.is_empty() {
            return Err(NtStatus::NOT_FOUND);
        }
        Ok(FakeTable::new(rows, &self.live_tables))
    }

    fn interface_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        self.call()?;
        let mut adapters = self.adapters().into_iter();
        let found = adapters.find(|(other, _)| *other == luid);
        found.map_or(Err(NtStatus::INVALID_PARAMETER), |(_, guid)| Ok(guid))
    }

    fn interface_luid(&self, wanted: Guid) -> Result<u64, NtStatus> {
        self.call()?;
        let mut adapters = self.adapters().into_iter();
        let found = adapters.find(|(_, guid)| *guid == wanted);
        found.map_or(Err(NtStatus::INVALID_PARAMETER), |(luid, _)| Ok(luid))
    }

    fn compartment(&self) -> CompartmentId {
        compartment::current()
    }

    fn enter(&self, compartment: CompartmentId) -> Result<(), NtStatus> {
        self.enter_compartment(compartment)
    }

    fn leave(&self, before: CompartmentId) {
        FakeStackOver::<Tables>::leave_compartment(before);
    }
}
