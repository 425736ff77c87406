//! WDFIOTARGET: where a driver sends requests. Each device with a device below has one for the next lower
//! driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use nt_io::{Device, DeviceObject, FileHandle};
use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::call::FrameworkCall;
use crate::device_objects;
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfDevice, WdfIoTarget, tag};
use crate::object::{Attributes, Body, HandleTag, Object, ObjectPlan, Ref};

functions! {
    DISPATCH WdfDeviceGetIoTarget = get_of_device(device: WdfDevice) -> WdfIoTarget;
    DISPATCH WdfIoTargetGetDevice = get_device(target: WdfIoTarget) -> WdfDevice;
    DISPATCH WdfIoTargetGetState = get_state(target: WdfIoTarget) -> i32;
    DISPATCH WdfIoTargetStart = start(target: WdfIoTarget) -> NtStatus;
    DISPATCH WdfIoTargetStop = stop(target: WdfIoTarget, action: i32);
    DISPATCH WdfIoTargetPurge = purge(target: WdfIoTarget, action: i32);
    DISPATCH WdfIoTargetWdmGetTargetDeviceObject = get_device_object(
        target: WdfIoTarget) -> *mut DeviceObject;
}

/// Ends what a target has sent.
type Cancel = Arc<dyn Fn() + Send + Sync>;

/// Where requests go.
#[derive(Clone)]
pub(crate) struct TargetDestination {
    pub(crate) device: Arc<Device>,
    /// The file that a driver has opened.
    pub(crate) file: Option<Arc<FileHandle>>,
}

/// A state of `WDF_IO_TARGET_STATE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum TargetState {
    /// It takes requests.
    #[default]
    Started = 1,
    /// What is sent waits for the start.
    Stopped = 2,
    /// The driver has not opened it, or has closed it.
    Closed = 4,
    /// It refuses what is sent.
    Purged = 6,
}

/// How a request goes to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// At once.
    Go,
    /// When the target is started.
    Wait,
}

/// Sends a request that waits, or gives it back as cancelled.
type Waiting = Box<dyn FnOnce(bool) + Send>;

/// The requests of a target, by their handles.
#[derive(Default)]
struct Requests {
    state: TargetState,
    /// Those that the drivers of the target have.
    sent: BTreeMap<usize, Cancel>,
    /// Those that wait for the start.
    waiting: BTreeMap<usize, Waiting>,
}

/// A target.
pub(crate) struct IoTargetBody {
    /// The device of the driver.
    owner: Weak<Object>,
    /// Whether it is a part of that device: the target for the next lower driver.
    is_own: bool,
    destination: Mutex<Option<TargetDestination>>,
    requests: Mutex<Requests>,
    idle: Condvar,
}

impl HandleTag for tag::IoTarget {
    type Body = IoTargetBody;
}

impl Body for IoTargetBody {
    const KIND: Kind = Kind::IoTarget;
    type Tag = tag::IoTarget;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.close();
    }
}

impl IoTargetBody {
    /// A target of the device `owner`.
    pub(crate) fn new(
        owner: &Arc<Object>,
        destination: Option<TargetDestination>,
        state: TargetState,
    ) -> Self {
        Self {
            owner: Arc::downgrade(owner),
            is_own: false,
            destination: Mutex::new(destination),
            requests: Mutex::new(Requests {
                state,
                ..Requests::default()
            }),
            idle: Condvar::new(),
        }
    }

    /// Whether it is the target of its device for the next lower driver.
    pub(crate) fn is_own(&self) -> bool {
        self.is_own
    }

    /// The device of the driver.
    pub(crate) fn owner(&self) -> Option<Arc<Object>> {
        self.owner.upgrade()
    }

    /// Where requests go, unless the target is closed.
    pub(crate) fn destination(&self) -> Option<TargetDestination> {
        self.destination.lock().clone()
    }

    /// Opens it. False if it is open.
    pub(crate) fn open(&self, destination: TargetDestination) -> bool {
        let mut place = self.destination.lock();
        let is_closed = place.is_none();
        if is_closed {
            *place = Some(destination);
            self.set_state(TargetState::Started);
        }
        is_closed
    }

    /// Cancels what has been sent, waits for it, and closes the file that the driver has opened. A device's own
    /// target stays as it is.
    pub(crate) fn close(&self) {
        let opened = self.destination.lock().take_if(|_| !self.is_own);
        let Some(TargetDestination { file, .. }) = opened else {
            return;
        };
        self.set_state(TargetState::Closed);
        for waiting in self.take_waiting() {
            waiting(true);
        }
        self.cancel_sent();
        self.wait_idle();
        if let Some(file) = file {
            nt_io::close(file);
        }
    }

    /// How a request goes there now.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: the target takes none.
    pub(crate) fn way(&self, ignores_state: bool) -> Result<Way, NtStatus> {
        match self.requests.lock().state {
            TargetState::Started => Ok(Way::Go),
            TargetState::Stopped | TargetState::Purged if ignores_state => Ok(Way::Go),
            TargetState::Stopped => Ok(Way::Wait),
            TargetState::Closed | TargetState::Purged => Err(NtStatus::INVALID_DEVICE_STATE),
        }
    }

    /// The drivers of the target get this request.
    pub(crate) fn enter(&self, request: usize, cancel: Cancel) {
        self.requests.lock().sent.insert(request, cancel);
    }

    /// The driver has it again.
    pub(crate) fn leave(&self, request: usize) {
        let left = self.requests.lock().sent.remove(&request);
        drop(left);
        self.idle.notify_all();
    }

    /// A request waits for the start.
    pub(crate) fn wait(&self, request: usize, waiting: Waiting) {
        self.requests.lock().waiting.insert(request, waiting);
    }

    /// Cancels a request that waits for the start, or that the drivers of the target have.
    pub(crate) fn cancel(&self, request: usize) {
        let mut requests = self.requests.lock();
        let waiting = requests.waiting.remove(&request);
        let sent = requests.sent.get(&request).cloned();
        drop(requests);
        if let Some(waiting) = waiting {
            waiting(true);
        } else if let Some(cancel) = sent {
            cancel();
        }
    }

    fn set_state(&self, state: TargetState) {
        self.requests.lock().state = state;
    }

    fn take_waiting(&self) -> Vec<Waiting> {
        let waiting = std::mem::take(&mut self.requests.lock().waiting);
        waiting.into_values().collect()
    }

    fn cancel_sent(&self) {
        let sent: Vec<_> = self.requests.lock().sent.values().cloned().collect();
        for cancel in sent {
            cancel();
        }
    }

    fn wait_idle(&self) {
        let mut requests = self.requests.lock();
        while !requests.sent.is_empty() {
            self.idle.wait(&mut requests);
        }
    }
}

/// Creates the I/O target of a new device with a lower device. The target is a part of the device.
pub(crate) fn create(device: &Arc<Object>, lower: Option<Arc<Device>>) {
    let plan = ObjectPlan::below(device, Attributes::default());
    let destination = lower.map(|device| TargetDestination { device, file: None });
    let body = IoTargetBody {
        is_own: true,
        ..IoTargetBody::new(device, destination, TargetState::Started)
    };
    let created = Object::create(device.binding(), plan, body);
    created.expect("a new device is not being deleted, and its I/O target needs no memory");
}

/// A control device has nothing below it: NULL.
fn get_of_device(call: &FrameworkCall, device: WdfDevice) -> WdfIoTarget {
    let device = device_objects::device_of_either_kind(call, device);
    let targets = device.children().into_iter();
    let mut targets = targets.filter(|child| child.kind() == Kind::IoTarget);
    let target = targets.next();
    target.map_or(Handle::NULL, |target| Handle::new(target.handle()))
}

fn get_device(call: &FrameworkCall, target: WdfIoTarget) -> WdfDevice {
    let owner = call.object(target, "IoTarget").owner.upgrade();
    owner.map_or(Handle::NULL, |owner| Handle::new(owner.handle()))
}

fn get_device_object(call: &FrameworkCall, target: WdfIoTarget) -> *mut DeviceObject {
    let destination = call.object(target, "IoTarget").destination();
    destination.map_or(std::ptr::null_mut(), |to| to.device.object())
}

fn get_state(call: &FrameworkCall, target: WdfIoTarget) -> i32 {
    call.object(target, "IoTarget").requests.lock().state as i32
}

fn start(call: &FrameworkCall, target: WdfIoTarget) -> NtStatus {
    let target = call.object(target, "IoTarget");
    if target.destination().is_none() {
        return NtStatus::INVALID_DEVICE_STATE;
    }
    target.set_state(TargetState::Started);
    for waiting in target.take_waiting() {
        waiting(false);
    }
    NtStatus::SUCCESS
}

/// `WdfIoTargetCancelSentIo`.
const CANCEL_SENT: i32 = 1;
/// `WdfIoTargetWaitForSentIoToComplete`.
const WAIT_FOR_SENT: i32 = 2;
/// `WdfIoTargetPurgeIoAndWait`.
const PURGE_AND_WAIT: i32 = 1;

fn stop(call: &FrameworkCall, target: WdfIoTarget, action: i32) {
    let target = call.object(target, "IoTarget");
    target.set_state(TargetState::Stopped);
    if action == CANCEL_SENT {
        target.cancel_sent();
    }
    if action == CANCEL_SENT || action == WAIT_FOR_SENT {
        wait(call, &target);
    }
}

fn purge(call: &FrameworkCall, target: WdfIoTarget, action: i32) {
    let target = call.object(target, "IoTarget");
    target.set_state(TargetState::Purged);
    for waiting in target.take_waiting() {
        waiting(true);
    }
    target.cancel_sent();
    if action == PURGE_AND_WAIT {
        wait(call, &target);
    }
}

fn wait(call: &FrameworkCall, target: &Ref<IoTargetBody>) {
    irql::require_at_most(call.function, Irql::PASSIVE);
    target.wait_idle();
}
