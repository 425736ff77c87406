//! The device: its names, who may open it, and what it keeps.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use abi::control_code::FILE_DEVICE_NETWORK;
use abi::device::{DEVICE_NAME, INTERFACE_CLASS, SDDL, SYMBOLIC_LINK_NAME};
use abi::{MibIpForwardRow2, NtStatus};
use engine::{Change, Ledger, Lock, Tally, Watch, keeper};

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
    pub(crate) ledger: WaitLock<Ledger>,
    /// Who watches what.
    pub(crate) watch: SpinLock<Watch>,
    /// What came through all handles.
    pub(crate) tally: Tally,
    /// `WATCH` requests that have nothing to tell yet. Two queues, for a request cannot go back to
    /// the end of the one that it came from.
    parked: [ManualQueue; 2],
    /// What is to be done soon, at `PASSIVE_LEVEL`.
    errands: WorkItem,
    /// The same at a later time.
    later: Timer,
    /// Whether an interface came or changed since the errands were done last.
    interface_came: AtomicBool,
    /// How often the errands were called for. Errands may run in two threads at once; a request
    /// that one of them holds is not seen by the other, which is why each looks at this again.
    calls: AtomicU64,
}

static CONTEXT: ContextType = ContextType::of::<Slot<RouteDevice>>(c"RouteDevice", &CONTEXT);

impl RouteDevice {
    /// Has the errands done soon. Up to `DISPATCH_LEVEL`.
    pub(crate) fn wake(&self) {
        self.calls.fetch_add(1, Ordering::AcqRel);
        self.errands.enqueue();
    }

    /// Serves parked requests again, until nobody called for it meanwhile.
    fn serve_parked(&self, level: &PassiveLevel<'_>) {
        let [one, other] = &self.parked;
        loop {
            let calls = self.calls.load(Ordering::Acquire);
            self.serve_queue(level, one, other);
            self.serve_queue(level, other, one);
            if self.calls.load(Ordering::Acquire) == calls {
                break;
            }
        }
    }

    /// Serves the requests that are in a queue now. Those that go on waiting do so in the other.
    fn serve_queue(&self, level: &PassiveLevel<'_>, from: &ManualQueue, to: &ManualQueue) {
        for _ in 0..from.waiting() {
            let Some(request) = from.take() else {
                break;
            };
            if let Some(waits) = serve_again::<Requests>(level, self, request) {
                to.park(waits);
            }
        }
    }
}

impl DeviceState for RouteDevice {
    const CONTEXT: &'static ContextType = &CONTEXT;

    fn create(level: &PassiveLevel<'_>, device: &Device) -> Result<Self, NtStatus> {
        Ok(Self {
            // Nobody can tell in which tick of 100 ns the device is made.
            ledger: WaitLock::new(level, device, Ledger::new(now()))?,
            watch: SpinLock::new(level, device, Watch::new())?,
            tally: Tally::new(),
            parked: [
                ManualQueue::new(level, device)?,
                ManualQueue::new(level, device)?,
            ],
            errands: WorkItem::new::<Self>(level, device)?,
            later: Timer::new::<Self>(level, device)?,
            interface_came: AtomicBool::new(false),
            calls: AtomicU64::new(0),
        })
    }

    fn stop(&self, level: &PassiveLevel<'_>) {
        self.later.stop(level);
        self.errands.flush(level);
        // The errands may have set the timer once more.
        self.later.stop(level);
    }

    fn end_waiting(&self, level: &PassiveLevel<'_>) {
        for queue in &self.parked {
            queue.purge(level);
        }
    }

    fn park(&self, request: Request) {
        let [one, _other] = &self.parked;
        one.park(request);
        // Something may have happened between the look at the events and the parking.
        self.wake();
    }
}

impl ChangeListener for RouteDevice {
    fn route_changed(&self, change: Change, row: &MibIpForwardRow2) {
        let wake = self.watch.with(|watch| watch.notify(change, row, now()));
        if wake.watchers || wake.guard {
            self.wake();
        }
    }

    fn interface_changed(&self, change: Change) {
        if change != Change::Removed {
            self.interface_came.store(true, Ordering::Release);
            self.wake();
        }
    }
}

impl Work for RouteDevice {
    /// Puts guarded routes back, tries again what could not be ended, and tells those who watch.
    fn work(&self, level: &PassiveLevel<'_>) {
        let (stack, ledger) = (KernelStack::at(level), self.ledger.at(level));
        let time = now();
        if self.interface_came.swap(false, Ordering::AcqRel) {
            keeper::interface_came(&ledger, time);
        }
        let kept = keeper::keep(&stack, &ledger, &self.watch, time);
        if let Some(again) = kept.again {
            self.later.start(again.saturating_sub(time));
        }
        self.serve_parked(level);
    }
}
