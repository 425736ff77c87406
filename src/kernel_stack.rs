//! The kernel's network stack for the engine: each row crosses in nonpaged memory. Also the locks of
//! the framework, and the registration for notifications, as the engine calls them.

use core::cell::Cell;
use core::pin::Pin;

use abi::{
    AddressFamily, BestRoute, Guid, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow,
    NtStatus,
};
use engine::worker::Notifications;
use engine::{
    CompartmentId, Lock, LockOrder, Loss, NetworkStack, RouteLookup, StackLock, StopCheck,
    StopReason, Ticks,
};

use crate::netio::{self, ChangeListener, Listening, MibTable};
use crate::pool::NonPaged;
use crate::report::{registered, report};
use crate::wdf::{BargingMutex, DispatchLevel, KernelMutex, PassiveLevel, SpinLock};

/// How long a request waits for a lock before it asks again whether it has to end. Short for a
/// person who ends a program, and long beside the asking.
const WAIT_SLICE: Ticks = Ticks::from_millis(20);

/// Nonpaged memory for one value.
struct RowMemory<T> {
    /// The memory of an earlier value.
    kept: Cell<Option<NonPaged<T>>>,
    /// True if later values get the memory of earlier ones.
    keeps: bool,
}

impl<T: Copy> RowMemory<T> {
    const fn new(keeps: bool) -> Self {
        Self {
            kept: Cell::new(None),
            keeps,
        }
    }

    /// Runs `call` with a copy of `value` in nonpaged memory.
    fn with<R>(
        &self,
        value: &T,
        call: impl FnOnce(&mut NonPaged<T>) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        let mut place = match self.kept.take() {
            Some(mut place) => {
                *place = *value;
                place
            }
            None => NonPaged::new(*value)?,
        };
        let result = call(&mut place);
        if self.keeps {
            self.kept.set(Some(place));
        }
        result
    }
}

/// The network stack, for a thread that has proven that it may call it.
///
/// It lasts as long as a request, and keeps what each call would get again: the nonpaged memory for
/// rows, but for deferred work, and the compartment of the thread, which no other code changes
/// meanwhile.
pub(crate) struct KernelStack<'level> {
    level: &'level mut PassiveLevel,
    route: RowMemory<MibIpForwardRow2>,
    interface: RowMemory<MibIpInterfaceRow>,
    compartment: Cell<Option<CompartmentId>>,
}

impl<'level> KernelStack<'level> {
    /// The stack as a request may call it at this level.
    pub(crate) const fn at(level: &'level mut PassiveLevel) -> Self {
        Self::new(level, true)
    }

    /// The stack as deferred work calls it. How many changes one run of the work covers depends on
    /// when they are notified, so no memory is kept from one call for the next: what is allocated
    /// depends on the changes alone.
    pub(crate) const fn for_deferred_work(level: &'level mut PassiveLevel) -> Self {
        Self::new(level, false)
    }

    const fn new(level: &'level mut PassiveLevel, keeps_memory: bool) -> Self {
        Self {
            level,
            route: RowMemory::new(keeps_memory),
            interface: RowMemory::new(keeps_memory),
            compartment: Cell::new(None),
        }
    }

    /// Puts the thread into a compartment.
    fn move_to(&self, compartment: CompartmentId) -> Result<(), NtStatus> {
        self.compartment.set(None);
        netio::set_thread_compartment(self.level, compartment)?;
        self.compartment.set(Some(compartment));
        Ok(())
    }

    /// The proof of the level.
    pub(crate) const fn level(&self) -> &PassiveLevel {
        self.level
    }
}

impl<T> Lock<T, KernelStack<'_>> for KernelMutex<T> {
    fn with<R>(&self, stack: &mut KernelStack<'_>, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.acquire(stack.level))
    }
}

impl<'level, T> StackLock<T, KernelStack<'level>> for BargingMutex<T> {
    fn with<R>(
        &self,
        stack: &mut KernelStack<'level>,
        body: impl FnOnce(&mut T, &mut KernelStack<'level>) -> R,
    ) -> R {
        let mut held = self.acquire(stack.level);
        body(&mut held, stack)
    }

    fn with_unless<R>(
        &self,
        stack: &mut KernelStack<'level>,
        order: LockOrder,
        stop: StopCheck<'_>,
        body: impl FnOnce(&mut T, &mut KernelStack<'level>) -> R,
    ) -> Result<R, StopReason> {
        loop {
            if let Some(mut held) = self.acquire_within(stack.level, order, WAIT_SLICE.count()) {
                return Ok(body(&mut held, stack));
            }
            if let Some(reason) = stop() {
                return Err(reason);
            }
        }
    }
}

impl<T> Lock<T, KernelStack<'_>> for SpinLock<T> {
    fn with<R>(&self, stack: &mut KernelStack<'_>, body: impl FnOnce(&mut T) -> R) -> R {
        self.with(stack.level, body)
    }
}

impl<T> Lock<T, DispatchLevel> for SpinLock<T> {
    fn with<R>(&self, level: &mut DispatchLevel, body: impl FnOnce(&mut T) -> R) -> R {
        self.with(level, body)
    }
}

impl NetworkStack for KernelStack<'_> {
    type Routes = MibTable<MibIpForwardRow2>;
    type Interfaces = MibTable<MibIpInterfaceRow>;
    type Addresses = MibTable<MibUnicastIpAddressRow>;

    fn initialize(&self) -> Result<MibIpForwardRow2, NtStatus> {
        self.route.with(&MibIpForwardRow2::default(), |row| {
            netio::initialize_ip_forward_entry(self.level, row);
            Ok(**row)
        })
    }

    fn create(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.route
            .with(row, |row| netio::create_ip_forward_entry2(self.level, row))
    }

    fn set(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.route
            .with(row, |row| netio::set_ip_forward_entry2(self.level, row))
    }

    fn delete(&mut self, row: &MibIpForwardRow2) -> Result<(), NtStatus> {
        self.route
            .with(row, |row| netio::delete_ip_forward_entry2(self.level, row))
    }

    fn get(&self, row: &MibIpForwardRow2) -> Result<MibIpForwardRow2, NtStatus> {
        self.route.with(row, |row| {
            netio::get_ip_forward_entry2(self.level, row)?;
            Ok(**row)
        })
    }

    fn routes(&self, family: AddressFamily) -> Result<Self::Routes, NtStatus> {
        netio::get_ip_forward_table2(self.level, family)
    }

    fn best_route(&self, lookup: &RouteLookup) -> Result<BestRoute, NtStatus> {
        let mut best = NonPaged::new(BestRoute::default())?;
        netio::get_best_route2(self.level, &NonPaged::new(*lookup)?, &mut best)?;
        Ok(*best)
    }

    fn interface(&self, row: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, NtStatus> {
        self.interface.with(row, |row| {
            netio::get_ip_interface_entry(self.level, row)?;
            Ok(**row)
        })
    }

    fn set_interface(&mut self, row: &MibIpInterfaceRow) -> Result<(), NtStatus> {
        self.interface
            .with(row, |row| netio::set_ip_interface_entry(self.level, row))
    }

    fn interfaces(&self, family: AddressFamily) -> Result<Self::Interfaces, NtStatus> {
        netio::get_ip_interface_table(self.level, family)
    }

    fn addresses(&self, family: AddressFamily) -> Result<Self::Addresses, NtStatus> {
        netio::get_unicast_ip_address_table(self.level, family)
    }

    fn interface_guid(&self, luid: u64) -> Result<Guid, NtStatus> {
        netio::convert_interface_luid_to_guid(self.level, luid)
    }

    fn interface_luid(&self, guid: Guid) -> Result<u64, NtStatus> {
        netio::convert_interface_guid_to_luid(self.level, guid)
    }

    fn compartment(&self) -> CompartmentId {
        if let Some(compartment) = self.compartment.get() {
            return compartment;
        }
        let compartment = netio::thread_compartment(self.level);
        self.compartment.set(Some(compartment));
        compartment
    }

    fn enter(&self, compartment: CompartmentId) -> Result<(), NtStatus> {
        self.move_to(compartment)
    }

    fn leave(&self, before: CompartmentId) {
        if let Err(status) = self.move_to(before) {
            report(&Loss::CompartmentNotLeft(status));
        }
    }
}

impl<L: ChangeListener> Notifications<KernelStack<'_>> for Pin<&Listening<L>> {
    fn register(&self, stack: &mut KernelStack<'_>) -> Result<bool, NtStatus> {
        let is_new = self.start(stack.level())?;
        if is_new {
            registered();
        }
        Ok(is_new)
    }
}
