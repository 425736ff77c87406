//! The device: its names, who may open it, and what it keeps.

use abi::control_code::FILE_DEVICE_NETWORK;
use abi::device::{DEVICE_NAME, INTERFACE_CLASS, SDDL, SYMBOLIC_LINK_NAME};
use abi::{MibIpForwardRow2, NtStatus};
use engine::worker::{self, Clock, Enqueue, ParkedRequests, Queue};
use engine::{AtomicCounters, Change, EventLog, LeaseTable};

use crate::handle::OpenHandle;
use crate::netio::ChangeListener;
use crate::queue::Requests;
use crate::stack::KernelStack;
use crate::wdf::{
    ContextType, Device, DeviceInit, DeviceState, ManualQueue, PassiveLevel, Request, Slot,
    SpinLock, Timer, Utf16, WaitLock, Work, WorkItem, now, serve_again,
};

static NAME: Utf16<{ DEVICE_NAME.len() }> = Utf16::from_ascii(DEVICE_NAME);
static LINK: Utf16<{ SYMBOLIC_LINK_NAME.len() }> = Utf16::from_ascii(SYMBOLIC_LINK_NAME);
static SECURITY: Utf16<{ SDDL.len() }> = Utf16::from_ascii(SDDL);

/// Creates the device. If a step fails, the framework takes the earlier ones back.
pub(crate) fn add(level: &PassiveLevel<'_>, init: DeviceInit<'_>) -> Result<(), NtStatus> {
    init.set_device_type(FILE_DEVICE_NETWORK);
    init.set_secure_open();
    init.assign_name(level, NAME.as_unicode())?;
    init.assign_sddl(level, SECURITY.as_unicode())?;
    init.set_file_objects::<OpenHandle>();
    let device = init.create::<RouteDevice>(level)?;
    device.create_symbolic_link(level, LINK.as_unicode())?;
    device.create_interface(level, &INTERFACE_CLASS)?;
    device.create_default_queue::<Requests>(level)
}

/// What belongs to the device as a whole.
pub(crate) struct RouteDevice {
    /// Which routes belong to which handle.
    pub(crate) leases: WaitLock<LeaseTable>,
    /// Who watches what.
    pub(crate) watch: SpinLock<EventLog>,
    /// What came through all handles.
    pub(crate) counters: AtomicCounters,
    /// `WATCH` requests that have nothing to tell yet.
    parked: [ManualQueue; 2],
    /// What is to be done soon, at `PASSIVE_LEVEL`.
    worker: WorkItem,
    /// The same at a later time.
    later: Timer,
}

static CONTEXT: ContextType = ContextType::of::<Slot<RouteDevice>>(c"RouteDevice", &CONTEXT);

impl RouteDevice {
    fn queue(&self, queue: Queue) -> &ManualQueue {
        let [first, second] = &self.parked;
        match queue {
            Queue::First => first,
            Queue::Second => second,
        }
    }
}

impl Enqueue for RouteDevice {
    fn enqueue(&self) {
        self.worker.enqueue();
    }
}

/// The parked requests, for a thread that may serve them.
struct Parked<'a> {
    level: &'a PassiveLevel<'a>,
    device: &'a RouteDevice,
}

impl ParkedRequests for Parked<'_> {
    type Request = Request;

    fn count(&self, queue: Queue) -> u32 {
        self.device.queue(queue).waiting()
    }

    fn take(&self, queue: Queue) -> Option<Request> {
        self.device.queue(queue).take()
    }

    fn put(&self, queue: Queue, request: Request) {
        self.device.queue(queue).park(request);
    }

    fn serve(&self, request: Request) -> Option<Request> {
        serve_again::<Requests>(self.level, self.device, request)
    }
}

impl DeviceState for RouteDevice {
    const CONTEXT: &'static ContextType = &CONTEXT;

    fn create(level: &PassiveLevel<'_>, device: &Device) -> Result<Self, NtStatus> {
        Ok(Self {
            // Nobody can tell in which tick of 100 ns the device is made.
            leases: WaitLock::new(level, device, LeaseTable::new(now()))?,
            watch: SpinLock::new(level, device, EventLog::new())?,
            counters: AtomicCounters::new(),
            parked: [
                ManualQueue::new(level, device)?,
                ManualQueue::new(level, device)?,
            ],
            worker: WorkItem::new::<Self>(level, device)?,
            later: Timer::new::<Self>(level, device)?,
        })
    }

    fn stop(&self, level: &PassiveLevel<'_>) {
        self.later.stop(level);
        self.worker.flush(level);
        // The worker may have set the timer once more.
        self.later.stop(level);
        // Nobody is there any more to be told of what still cannot be ended.
        let _is_left = worker::release_remaining(&KernelStack::at(level), &self.leases.at(level));
    }

    fn end_waiting(&self, level: &PassiveLevel<'_>) {
        for queue in &self.parked {
            queue.purge(level);
        }
    }

    fn park(&self, request: Request) {
        let parked = self.queue(Queue::First);
        worker::park(&self.watch, self, || parked.park(request));
    }
}

impl ChangeListener for RouteDevice {
    fn route_changed(&self, change: Change, row: &MibIpForwardRow2) {
        worker::route_changed(&self.watch, self, change, row, now());
    }

    fn interface_changed(&self, change: Change) {
        worker::interface_changed(&self.watch, self, change);
    }
}

impl Clock for RouteDevice {
    fn now(&self) -> u64 {
        now()
    }

    fn wake_in(&self, ticks: u64) {
        self.later.start(ticks);
    }
}

impl Work for RouteDevice {
    fn work(&self, level: &PassiveLevel<'_>) {
        let (stack, leases) = (KernelStack::at(level), self.leases.at(level));
        let parked = Parked {
            level,
            device: self,
        };
        worker::run(&stack, &leases, &self.watch, &parked, self);
    }
}
