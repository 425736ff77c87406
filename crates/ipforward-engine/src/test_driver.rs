//! The state of a driver and of its handles, for tests in one thread.

extern crate std;

use std::cell::{Cell, RefCell};

use abi::{
    AddressFamily, IpAddressPrefix, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, SockaddrInet,
};

use crate::counters::{AtomicCounters, CounterScopes};
use crate::fake_stack::{FakeStack, FakeTable};
use crate::handle::HandleState;
use crate::leases::LeaseTable;
use crate::lock::{Lock, LockOrder, StackLock};
use crate::report::{Loss, LossCounters};
use crate::session::Session;
use crate::stop::{StopCheck, StopReason};
use crate::time::{KernelTime, Ticks};
use crate::watch::{PendingWatch, WatchState};
use crate::worker::{Notifications, ParkedRequest, ParkingQueue, WantedRequest, WorkerHost};

/// 10.20.0.0/16, on-link at interface 7, which it names by index.
pub(crate) const ROUTE: MibIpForwardRow2 = {
    let unspecified = SockaddrInet {
        family: AddressFamily::IPV4.0,
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

/// The state of a handle on a [`FakeStack`].
pub(crate) type FakeHandleState =
    HandleState<FakeTable<MibIpForwardRow2>, FakeTable<MibIpInterfaceRow>>;

/// A lock of one thread, which fails a test that takes it twice.
#[derive(Debug, Default)]
pub(crate) struct TestLock<T>(RefCell<T>);

impl<T> TestLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.borrow_mut())
    }
}

impl<T, Context> Lock<T, Context> for TestLock<T> {
    fn with<R>(&self, _context: &mut Context, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut self.0.borrow_mut())
    }
}

impl<T, Stack> StackLock<T, Stack> for TestLock<T> {
    fn with<R>(&self, stack: &mut Stack, body: impl FnOnce(&mut T, &mut Stack) -> R) -> R {
        body(&mut self.0.borrow_mut(), stack)
    }

    fn with_unless<R>(
        &self,
        stack: &mut Stack,
        _order: LockOrder,
        stop: StopCheck<'_>,
        body: impl FnOnce(&mut T, &mut Stack) -> R,
    ) -> Result<R, StopReason> {
        match self.0.try_borrow_mut() {
            Ok(mut value) => Ok(body(&mut value, stack)),
            Err(_) => Err(stop().expect("one thread waits for itself")),
        }
    }
}

/// The state that a driver keeps for all handles.
pub(crate) struct DriverState {
    pub(crate) leases: TestLock<LeaseTable>,
    pub(crate) watch: TestLock<WatchState>,
    pub(crate) total: AtomicCounters,
    pub(crate) losses: LossCounters,
    pub(crate) now: Cell<KernelTime>,
    /// When deferred work has to run again.
    pub(crate) wake_at: Cell<Option<KernelTime>>,
    pub(crate) notifications: TestNotifications,
}

/// Registrations that no stack refuses.
pub(crate) struct Registered;

impl<Stack> Notifications<Stack> for Registered {
    fn register(&self, _stack: &mut Stack) -> Result<bool, NtStatus> {
        Ok(false)
    }
}

/// Registrations that the stack refuses while a test says so.
#[derive(Default)]
pub(crate) struct TestNotifications {
    pub(crate) is_refused: Cell<bool>,
    pub(crate) is_registered: Cell<bool>,
}

impl<Stack> Notifications<Stack> for TestNotifications {
    fn register(&self, _stack: &mut Stack) -> Result<bool, NtStatus> {
        if self.is_refused.get() {
            return Err(NtStatus::INVALID_HANDLE);
        }
        Ok(!self.is_registered.replace(true))
    }
}

impl Default for DriverState {
    fn default() -> Self {
        Self {
            leases: TestLock::new(LeaseTable::new(7)),
            watch: TestLock::default(),
            total: AtomicCounters::new(),
            losses: LossCounters::new(),
            now: Cell::new(KernelTime::from_ticks(1)),
            wake_at: Cell::new(None),
            notifications: TestNotifications {
                is_registered: Cell::new(true),
                ..TestNotifications::default()
            },
        }
    }
}

/// Deferred work runs when a test calls it, and no request is parked.
impl WorkerHost for DriverState {
    type Parked = NeverParked;

    fn now(&self) -> KernelTime {
        self.now.get()
    }

    fn enqueue(&self) {}

    fn wake_in(&self, delay: Ticks) {
        self.wake_at.set(Some(self.now.get().after(delay)));
    }

    fn report(&self, loss: &Loss) {
        let _ = self.losses.count(loss);
    }

    fn parked(&self, _queue: ParkingQueue) -> u32 {
        0
    }

    fn take(&self, _queue: ParkingQueue, _wanted: WantedRequest<'_>) -> Option<NeverParked> {
        None
    }

    fn park(&self, _queue: ParkingQueue, request: NeverParked) {
        match request {}
    }
}

/// A parked request for tests that park none.
#[derive(Clone, Copy)]
pub(crate) enum NeverParked {}

impl ParkedRequest for NeverParked {
    fn watch(&self) -> Result<PendingWatch, abi::NtStatus> {
        match *self {}
    }

    fn output(&mut self) -> Result<&mut [u8], abi::NtStatus> {
        match *self {}
    }

    fn complete(self, _outcome: Result<usize, abi::NtStatus>) {
        match self {}
    }
}

impl DriverState {
    pub(crate) fn session<'a>(
        &'a self,
        stack: &'a FakeStack,
        handle: &'a TestLock<FakeHandleState>,
        counters: &'a AtomicCounters,
    ) -> Session<
        'a,
        &'a FakeStack,
        TestLock<FakeHandleState>,
        TestLock<LeaseTable>,
        TestLock<WatchState>,
    > {
        Session {
            stack,
            handle,
            leases: &self.leases,
            watch: &self.watch,
            counters: CounterScopes {
                total: &self.total,
                handle: counters,
                losses: &self.losses,
            },
            now: self.now.get(),
        }
    }
}
