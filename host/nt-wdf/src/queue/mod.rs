//! WDFQUEUE: requests on their way to the driver, in order and in measure.

mod create;
mod deliver;
mod reserve;
mod retrieve;
mod states;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::device::Device;
use super::dispatching::request_type;
use super::functions::Function;
use super::handle::Kind;
use super::object::{Body, Ref};
use super::request::Request;
use super::sync::CallbackLock;

pub(crate) use create::QueueConfig;
pub(super) use deliver::{DriverError, call, cancel_requests_of, cancel_waiting, insert, released};
use reserve::Reserve;
pub(super) use reserve::{give_back, has_reserve, request_for};
use states::purge_and_wait;
use states::{Notification, StateCallback};
pub(super) use states::{hold, remove, resume};

/// The functions of the table that this folder implements.
pub(super) fn functions() -> Vec<Function> {
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

/// How a queue hands out its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dispatch {
    /// One at a time.
    Sequential,
    /// At most so many at a time.
    Parallel { limit: u32 },
    /// When the driver asks for one.
    Manual,
}

/// What changes in a queue's life.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent, as the framework's own state bits are"
)]
struct State {
    waiting: VecDeque<Ref<Request>>,
    /// Those that the driver owns, by their handles.
    owned: BTreeMap<usize, Ref<Request>>,
    /// Those of `owned` that the driver may keep while the device has no power.
    acknowledged: Vec<usize>,
    /// Callbacks for requests that are running.
    running: usize,
    accepts: bool,
    delivers: bool,
    purging: bool,
    powered: bool,
    notification: Option<Notification>,
    ready: Option<(StateCallback, usize)>,
    /// Requests for when there is no memory for others.
    reserve: Option<Reserve>,
}

/// A queue.
pub(crate) struct Queue {
    device: Ref<Device>,
    config: QueueConfig,
    dispatch: Dispatch,
    power_managed: bool,
    lock: Option<Arc<CallbackLock>>,
    state: Mutex<State>,
    /// Signalled whenever a request leaves the driver's hands, and whenever a callback ends.
    changed: Condvar,
}

impl Body for Queue {
    const KIND: Kind = Kind::Queue;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        purge_and_wait(this);
        reserve::end(this);
        let mut state = this.device.state.lock();
        state.queues.retain(|queue| queue.value() != this.value());
    }
}

impl Queue {
    /// The lock of the synchronization scope that its callbacks are in.
    pub(super) fn lock(&self) -> Option<&Arc<CallbackLock>> {
        self.lock.as_ref()
    }

    /// Whether the queue belongs to its device for ever.
    pub(super) fn is_fixed(&self) -> bool {
        self.config.default_queue != 0 || self.device.dispatches_to(self)
    }

    /// Whether requests of this `WDF_REQUEST_TYPE` can be handed out.
    pub(super) fn has_callback_for(&self, request_type: i32) -> bool {
        let own = match request_type {
            request_type::READ => self.config.read.is_some(),
            request_type::WRITE => self.config.write.is_some(),
            request_type::DEVICE_CONTROL => self.config.device_control.is_some(),
            request_type::INTERNAL_DEVICE_CONTROL => self.config.internal_device_control.is_some(),
            _ => false,
        };
        own || self.config.default.is_some() || self.dispatch == Dispatch::Manual
    }

    /// The device whose requests it takes.
    pub(super) fn device(&self) -> &Ref<Device> {
        &self.device
    }

    /// Whether reads and writes of no bytes reach the driver.
    pub(super) fn allows_zero_length(&self) -> bool {
        self.config.allow_zero_length != 0
    }

    /// Whether it stops when its device loses power.
    pub(super) fn is_power_managed(&self) -> bool {
        self.power_managed
    }

    /// Whether what the driver owns is to be cancelled.
    pub(super) fn is_purging(&self) -> bool {
        self.state.lock().purging
    }
}
