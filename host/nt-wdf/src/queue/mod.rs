//! WDFQUEUE: delivers requests to the driver, in order and within a limit.

mod cancellation;
mod create;
mod delivery;
mod notification;
mod reserve;
mod retrieve;
mod states;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use crate::callback_lock::CallbackLock;
use crate::device::DeviceBody;
use crate::function_entry::Function;
use crate::handle::{Kind, tag};
use crate::object::{Body, HandleTag, Ref};
use crate::request::{RequestBody, request_type};
pub(crate) use cancellation::{call_routine, listen};
pub(crate) use create::QueueConfig;
pub(crate) use delivery::{enter, enter_if_accepted, released};
use notification::{StateCallback, StateNotification};
use reserve::Reserve;
pub(crate) use reserve::{cancel_requests_of, has_reserve, request_for};
use states::purge_and_wait;
pub(crate) use states::{power_down, power_down_for_sleep, power_up, purge_for_removal};

/// The functions of the table that this folder implements.
pub(crate) fn functions() -> Vec<Function> {
    [
        create::functions(),
        reserve::functions(),
        retrieve::functions(),
        states::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How a queue delivers its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dispatch {
    /// One at a time.
    Sequential,
    /// At most so many at a time.
    Parallel { limit: u32 },
    /// When the driver asks for one.
    Manual,
}

/// The state of a queue.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent, as the framework's own state bits are"
)]
struct QueueState {
    waiting: VecDeque<Ref<RequestBody>>,
    /// Those that the driver owns, by their handles.
    owned: BTreeMap<usize, Ref<RequestBody>>,
    /// The requests of `owned` that the driver keeps while the device has no power.
    acknowledged: Vec<usize>,
    /// Callbacks for requests that are running.
    running: usize,
    accepts: bool,
    delivers: bool,
    purging: bool,
    powered: bool,
    notification: Option<StateNotification>,
    ready: Option<(StateCallback, usize)>,
    /// Requests for when there is no memory for others.
    reserve: Option<Reserve>,
}

/// A queue.
pub(crate) struct QueueBody {
    device: Ref<DeviceBody>,
    config: QueueConfig,
    dispatch: Dispatch,
    power_managed: bool,
    lock: Option<Arc<CallbackLock>>,
    state: Mutex<QueueState>,
    /// Signalled whenever the driver gives up a request, and whenever a callback ends.
    changed: Condvar,
}

impl HandleTag for tag::Queue {
    type Body = QueueBody;
}

impl Body for QueueBody {
    const KIND: Kind = Kind::Queue;
    type Tag = tag::Queue;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        purge_and_wait(this);
        reserve::end(this);
        let mut state = this.device.state.lock();
        state.queues.retain(|queue| queue.handle() != this.value());
    }
}

/// The queue that has the request, or that gave it to the driver.
pub(crate) fn of(request: &RequestBody) -> Option<Ref<QueueBody>> {
    request.queue_object().map(Ref::new)
}

/// The default queue of a device.
pub(crate) fn default_of(device: &DeviceBody) -> Option<Ref<QueueBody>> {
    device.state.lock().default_queue.clone().map(Ref::new)
}

/// All queues of a device.
pub(crate) fn all_of(device: &DeviceBody) -> Vec<Ref<QueueBody>> {
    let state = device.state.lock();
    state.queues.iter().cloned().map(Ref::new).collect()
}

/// The queues of a device that stop when it loses power.
pub(crate) fn power_managed_of(device: &DeviceBody) -> Vec<Ref<QueueBody>> {
    let mut queues = all_of(device);
    queues.retain(|queue| queue.is_power_managed());
    queues
}

impl QueueBody {
    /// The lock of the synchronization scope that its callbacks are in.
    pub(crate) fn lock(&self) -> Option<&Arc<CallbackLock>> {
        self.lock.as_ref()
    }

    /// Whether requests of this `WDF_REQUEST_TYPE` can be handed out.
    pub(crate) fn has_callback_for(&self, request_type: i32) -> bool {
        let own = match request_type {
            request_type::READ => self.config.read.is_some(),
            request_type::WRITE => self.config.write.is_some(),
            request_type::DEVICE_CONTROL => self.config.device_control.is_some(),
            request_type::INTERNAL_DEVICE_CONTROL => self.config.internal_device_control.is_some(),
            _ => false,
        };
        own || self.config.default.is_some() || self.dispatch == Dispatch::Manual
    }

    /// The device whose requests it receives.
    pub(crate) fn device(&self) -> &Ref<DeviceBody> {
        &self.device
    }

    /// Whether reads and writes of no bytes reach the driver.
    pub(crate) fn allows_zero_length(&self) -> bool {
        self.config.allow_zero_length != 0
    }

    /// Whether it stops when its device loses power.
    pub(crate) fn is_power_managed(&self) -> bool {
        self.power_managed
    }

    /// Whether what the driver owns is to be cancelled.
    pub(crate) fn is_purging(&self) -> bool {
        self.state.lock().purging
    }
}

impl Ref<QueueBody> {
    /// Whether the queue belongs to its device as long as the device exists.
    pub(crate) fn is_fixed(&self) -> bool {
        self.config.default_queue != 0 || self.device.dispatches_to(self.value())
    }
}
