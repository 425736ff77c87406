//! WDFIOTARGET: where a driver sends requests. Each device with a device below has one for the next lower
//! driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use nt_io::{Device, DeviceObject, FileHandle};
use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::device_objects;
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfDevice, WdfIoTarget, tag};
use crate::object::{Attributes, Body, HandleTag, Object, ObjectPlan, Ref};
use crate::status;

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

impl TargetDestination {
    /// Closes the file, if a driver has opened one.
    fn close(self) {
        if let Some(file) = self.file {
            nt_io::close(file);
        }
    }
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

/// Sends a request, or gives it back as cancelled.
pub(crate) type Go = Box<dyn FnOnce(Admission) + Send>;

/// What becomes of a request that a target has admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The drivers of the target get it.
    Send,
    /// The driver gets it back.
    Cancel,
}

/// A request that the drivers of the target have, or get at this moment.
#[derive(Default)]
struct SentRequest {
    /// `None` until they have it.
    cancel: Option<Cancel>,
    /// The target was stopped, purged or closed before they had it.
    is_cancelled: bool,
}

/// The requests of a target, by their handles, and where they go.
#[derive(Default)]
struct Requests {
    state: TargetState,
    /// `None` while it is closed.
    destination: Option<TargetDestination>,
    sent: BTreeMap<usize, SentRequest>,
    /// Those that wait for the start.
    waiting: BTreeMap<usize, Go>,
}

/// A target.
pub(crate) struct IoTargetBody {
    /// The device of the driver.
    owner: Weak<Object>,
    /// Whether it is a part of that device: the target for the next lower driver.
    is_own: bool,
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
            requests: Mutex::new(Requests {
                state,
                destination,
                ..Requests::default()
            }),
            idle: Condvar::new(),
        }
    }

    /// Whether it is the target of its device for the next lower driver.
    pub(crate) fn is_own(&self) -> bool {
        self.is_own
    }

    /// The device of the driver; none for a miniport's.
    pub(crate) fn owner(&self) -> Option<Ref<DeviceBody>> {
        self.owner.upgrade()?.nearest()
    }

    /// Where requests go, unless the target is closed.
    pub(crate) fn destination(&self) -> Option<TargetDestination> {
        self.requests.lock().destination.clone()
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: another thread has opened it. The file of `destination` is closed.
    pub(crate) fn open(&self, destination: TargetDestination) -> Result<(), NtStatus> {
        let mut requests = self.requests.lock();
        if requests.destination.is_some() {
            drop(requests);
            destination.close();
            return Err(NtStatus::INVALID_DEVICE_STATE);
        }
        requests.destination = Some(destination);
        requests.state = TargetState::Started;
        Ok(())
    }

    /// Cancels what has been sent, waits for it, and closes the file that the driver has opened. A device's own
    /// target stays as it is.
    pub(crate) fn close(&self) {
        let mut requests = self.requests.lock();
        let Some(opened) = requests.destination.take_if(|_| !self.is_own) else {
            return;
        };
        requests.state = TargetState::Closed;
        drop(requests);
        self.cancel_all();
        self.wait_idle();
        opened.close();
    }

    /// Counts a request, and has it sent now, or when the target is started.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: the target takes none.
    pub(crate) fn admit(
        &self,
        request: usize,
        ignores_state: bool,
        go: Go,
    ) -> Result<(), NtStatus> {
        let mut requests = self.requests.lock();
        match requests.state {
            TargetState::Closed => return Err(NtStatus::INVALID_DEVICE_STATE),
            TargetState::Purged if !ignores_state => return Err(NtStatus::INVALID_DEVICE_STATE),
            TargetState::Stopped if !ignores_state => _ = requests.waiting.insert(request, go),
            TargetState::Started | TargetState::Stopped | TargetState::Purged => {
                requests.sent.insert(request, SentRequest::default());
                drop(requests);
                go(Admission::Send);
            }
        }
        Ok(())
    }

    /// The drivers of the target get this request, which was admitted; `cancel` cancels it there.
    pub(crate) fn enter(&self, request: usize, cancel: Cancel) {
        let mut requests = self.requests.lock();
        let sent = requests.sent.entry(request).or_default();
        let late = sent.is_cancelled.then(|| cancel.clone());
        sent.cancel = Some(cancel);
        drop(requests);
        if let Some(cancel) = late {
            cancel();
        }
    }

    /// The driver has it again, and its routine is called next.
    pub(crate) fn leave(&self, request: usize) {
        let left = self.requests.lock().sent.remove(&request);
        drop(left);
    }

    /// The routine of a request that has left has returned.
    pub(crate) fn routine_returned(&self) {
        self.idle.notify_all();
    }

    /// Cancels a request that waits for the start. Whether it waited.
    pub(crate) fn cancel_waiting(&self, request: usize) -> bool {
        let waiting = self.requests.lock().waiting.remove(&request);
        let waited = waiting.is_some();
        if let Some(go) = waiting {
            go(Admission::Cancel);
        }
        waited
    }

    /// Cancels a request that waits for the start, or that the drivers of the target have.
    pub(crate) fn cancel(&self, request: usize) {
        if self.cancel_waiting(request) {
            return;
        }
        let requests = self.requests.lock();
        let cancel = requests.sent.get(&request);
        let cancel = cancel.and_then(|sent| sent.cancel.clone());
        drop(requests);
        if let Some(cancel) = cancel {
            cancel();
        }
    }

    /// Takes requests, and sends those that waited.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_DEVICE_STATE`: it is closed.
    fn start(&self) -> Result<(), NtStatus> {
        let mut requests = self.requests.lock();
        if requests.destination.is_none() {
            return Err(NtStatus::INVALID_DEVICE_STATE);
        }
        requests.state = TargetState::Started;
        let waiting = std::mem::take(&mut requests.waiting);
        let sent = waiting
            .keys()
            .map(|request| (*request, SentRequest::default()));
        requests.sent.extend(sent);
        drop(requests);
        for go in waiting.into_values() {
            go(Admission::Send);
        }
        Ok(())
    }

    /// Lets what is sent from now on wait. A target that is not open stays so.
    fn stop(&self) {
        let mut requests = self.requests.lock();
        if requests.state != TargetState::Closed {
            requests.state = TargetState::Stopped;
        }
    }

    /// Refuses what is sent from now on, and cancels the rest. A target that is not open stays so.
    fn purge(&self) {
        let mut requests = self.requests.lock();
        if requests.state != TargetState::Closed {
            requests.state = TargetState::Purged;
        }
        drop(requests);
        self.cancel_all();
    }

    /// Cancels what waits for the start, and what the drivers of the target have.
    fn cancel_all(&self) {
        let waiting = std::mem::take(&mut self.requests.lock().waiting);
        for go in waiting.into_values() {
            go(Admission::Cancel);
        }
        self.cancel_sent();
    }

    fn cancel_sent(&self) {
        let mut requests = self.requests.lock();
        let mut cancels = Vec::new();
        for sent in requests.sent.values_mut() {
            sent.is_cancelled = true;
            cancels.extend(sent.cancel.clone());
        }
        drop(requests);
        for cancel in cancels {
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
    status::from_result(call.object(target, "IoTarget").start())
}

/// `WdfIoTargetCancelSentIo`.
const CANCEL_SENT: i32 = 1;
/// `WdfIoTargetWaitForSentIoToComplete`.
const WAIT_FOR_SENT: i32 = 2;
/// `WdfIoTargetPurgeIoAndWait`.
const PURGE_AND_WAIT: i32 = 1;

fn stop(call: &FrameworkCall, target: WdfIoTarget, action: i32) {
    let target = call.object(target, "IoTarget");
    target.stop();
    if action == CANCEL_SENT {
        target.cancel_sent();
    }
    if action == CANCEL_SENT || action == WAIT_FOR_SENT {
        wait(call, &target);
    }
}

fn purge(call: &FrameworkCall, target: WdfIoTarget, action: i32) {
    let target = call.object(target, "IoTarget");
    target.purge();
    if action == PURGE_AND_WAIT {
        wait(call, &target);
    }
}

fn wait(call: &FrameworkCall, target: &Ref<IoTargetBody>) {
    irql::require_at_most(call.function.name, Irql::PASSIVE);
    target.wait_idle();
}
