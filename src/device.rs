//! The device: the state that all handles share, and deferred work.

use core::pin::Pin;

use abi::{MibIpForwardRow2, NtStatus};
use engine::worker::{self, ParkingQueue, WantedRequest, WorkerHost};
use engine::{
    AtomicCounters, Change, KernelTime, LeaseTable, Loss, PendingWatch, Ticks, WatchState,
};

use crate::kernel_stack::KernelStack;
use crate::netio::{ChangeListener, Listening};
use crate::pool::NonPagedPool;
use crate::report::report;
use crate::wdf::{
    BargingMutex, ContextType, Device, DeviceState, DispatchLevel, KeptRequest, ManualQueue,
    PassiveLevel, Slot, SpinLock, Timer, WorkItem, interrupt_time,
};

/// The device, and its registrations for notifications.
pub(crate) type DeviceContext = Listening<RouteDevice>;

/// The state of the device, which all handles share.
///
/// There are three locks, always taken in this order:
///
/// 1. `leases`: around every change of a route, so it is held while the network stack is called. The
///    stack's callback does not take it.
/// 2. the state of a handle: to swap and to copy, never while the stack is called.
/// 3. `watch`: the stack's callback takes it, too. A thread that holds it is at `DISPATCH_LEVEL`.
///
/// A parked request is in a manual queue and under no lock.
pub(crate) struct RouteDevice {
    pub(crate) leases: BargingMutex<LeaseTable>,
    pub(crate) watch: SpinLock<WatchState>,
    /// The counters of all handles together.
    pub(crate) counters: AtomicCounters,
    /// `WATCH` requests without an event.
    parked: [ManualQueue<PendingWatch>; 2],
    /// Runs deferred work soon.
    work_item: WorkItem,
    /// Runs deferred work later.
    timer: Timer,
}

static CONTEXT: ContextType = ContextType::of::<Slot<DeviceContext>>(c"RouteDevice", &CONTEXT);

impl RouteDevice {
    /// Waits until no deferred work runs or is due.
    fn end_work(&self, level: &PassiveLevel) {
        self.timer.stop(level);
        self.work_item.flush(level);
        // The work may have started the timer again.
        self.timer.stop(level);
    }

    fn queue(&self, queue: ParkingQueue) -> &ManualQueue<PendingWatch> {
        let [first, second] = &self.parked;
        match queue {
            ParkingQueue::First => first,
            ParkingQueue::Second => second,
        }
    }
}

/// The time.
pub(crate) fn now() -> KernelTime {
    KernelTime::from_ticks(interrupt_time())
}

impl WorkerHost for RouteDevice {
    type Parked = KeptRequest<PendingWatch>;

    fn now(&self) -> KernelTime {
        now()
    }

    fn enqueue(&self) {
        self.work_item.enqueue();
    }

    fn wake_in(&self, delay: Ticks) {
        self.timer.start(delay.count());
    }

    fn report(&self, loss: &Loss) {
        report(loss);
    }

    fn parked(&self, queue: ParkingQueue) -> u32 {
        self.queue(queue).waiting()
    }

    fn take(&self, queue: ParkingQueue, wanted: WantedRequest<'_>) -> Option<Self::Parked> {
        self.queue(queue).take(wanted)
    }

    fn park(&self, queue: ParkingQueue, request: Self::Parked) {
        if let Err(status) = self.queue(queue).park(request) {
            report(&Loss::WatchNotParked(status));
        }
    }
}

impl ChangeListener for RouteDevice {
    fn route_changed(&self, level: &mut DispatchLevel, change: Change, row: &MibIpForwardRow2) {
        worker::on_route_changed(&self.watch, level, self, change, row);
    }

    fn interface_changed(&self, level: &mut DispatchLevel, change: Change, luid: u64) {
        worker::on_interface_changed(&self.watch, level, self, change, luid);
    }
}

impl DeviceState for DeviceContext {
    const CONTEXT: &'static ContextType = &CONTEXT;

    type Waiting = PendingWatch;

    fn create(level: &PassiveLevel, device: &Device) -> Result<Self, NtStatus> {
        // Callers cannot guess in which tick of 100 ns the device was created.
        let seed = interrupt_time();
        let parked = [
            ManualQueue::new(level, device)?,
            ManualQueue::new(level, device)?,
        ];
        let work_item = WorkItem::new::<Self>(level, device)?;
        let timer = Timer::new::<Self>(level, device)?;
        Ok(Self::new(RouteDevice {
            leases: BargingMutex::new(level, LeaseTable::new(seed))?,
            watch: SpinLock::new(level, device, WatchState::new(&NonPagedPool))?,
            counters: AtomicCounters::new(),
            parked,
            work_item,
            timer,
        }))
    }

    /// If the stack refuses to notify changes, deferred work tries again later.
    fn start(self: Pin<&Self>, level: &mut PassiveLevel) {
        self.work(level);
    }

    /// Work for what was notified until now is done before the sleep. When this returns, no work
    /// changes routes.
    fn sleep(&self, level: &mut PassiveLevel) {
        self.work_item.flush(level);
        worker::on_sleep(&self.watch, &mut KernelStack::at(level));
        self.end_work(level);
    }

    fn enter_d0(&self, level: &mut PassiveLevel) {
        let host: &RouteDevice = self;
        worker::on_resume(&self.watch, &mut KernelStack::at(level), host);
    }

    fn stop(&self, level: &mut PassiveLevel) {
        self.forbid_start();
        self.end_work(level);
        // No thread can begin to register any more.
        Self::stop(self, level);
        self.end_work(level);
        let host: &RouteDevice = self;
        worker::release_remaining(&mut KernelStack::at(level), &self.leases, host);
    }

    fn cancel_waiting(&self, level: &mut PassiveLevel) {
        for queue in &self.parked {
            queue.purge(level);
        }
    }

    fn park(&self, level: &mut PassiveLevel, request: KeptRequest<PendingWatch>) {
        let host: &RouteDevice = self;
        worker::park(&self.watch, &mut KernelStack::at(level), host, request);
    }

    fn not_parked(&self, status: NtStatus) {
        report(&Loss::WatchNotParked(status));
    }

    fn work(self: Pin<&Self>, level: &mut PassiveLevel) {
        let host: &RouteDevice = &self;
        worker::run(
            &mut KernelStack::for_deferred_work(level),
            &self.leases,
            &self.watch,
            host,
            &self,
        );
    }
}
