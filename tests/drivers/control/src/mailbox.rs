//! The mailbox: messages in the order in which they came, and counters.

use alloc::collections::VecDeque;
use core::ptr::null_mut;

use wdk_sys::{
    _POOL_TYPE::NonPagedPoolNx, NTSTATUS, POOL_TYPE, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_BUFFER_SIZE, ULONG, WDFDEVICE, WDFFILEOBJECT, WDFLOOKASIDE, WDFMEMORY, WDFQUEUE,
    WDFWORKITEM, call_unsafe_wdf_function_binding,
};

use crate::context::{Context, ContextType, attributes, below};
use crate::device::done;
use crate::lock::{SpinLocked, WaitLocked};
use crate::{queue, worker};

/// Longest message, in bytes.
pub(crate) const MESSAGE_MAX: usize = 256;
const TAG: ULONG = u32::from_le_bytes(*b"Mail");

/// One message.
pub(crate) struct Message {
    memory: WDFMEMORY,
    length: usize,
    /// The handle it came through.
    sender: WDFFILEOBJECT,
}

impl Message {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory has room for `MESSAGE_MAX` bytes, of which `length` were written.
        unsafe {
            let buffer =
                call_unsafe_wdf_function_binding!(WdfMemoryGetBuffer, self.memory, null_mut());
            core::slice::from_raw_parts(buffer.cast(), self.length)
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: only the message knows its memory.
        unsafe { call_unsafe_wdf_function_binding!(WdfObjectDelete, self.memory.cast()) };
    }
}

/// What comes out of the mailbox.
pub(crate) enum Taken {
    Message(Message),
    /// The message is longer than the buffer, and stays in the mailbox.
    TooLong,
    Nothing,
}

/// The answer to a query.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Report {
    /// Messages that the device received.
    pub(crate) put: u32,
    /// Messages that readers received.
    pub(crate) taken: u32,
    /// Messages that are in the mailbox.
    pub(crate) here: u32,
    /// Messages that the handle of the query sent.
    pub(crate) put_by_me: u32,
    /// How often a request arrived while another one was served. Always 0, because the queue is
    /// sequential.
    pub(crate) overlaps: u32,
}

/// The device's context.
pub(crate) struct Mailbox {
    messages: WaitLocked<VecDeque<Message>>,
    counters: SpinLocked<Report>,
    lookaside: WDFLOOKASIDE,
    worker: WDFWORKITEM,
    /// Requests that wait for a message.
    pub(crate) waiting: WDFQUEUE,
}

static TYPE: ContextType = ContextType::of::<Mailbox>(c"Mailbox", &raw const TYPE);

impl Context for Mailbox {
    const TYPE: &'static ContextType = &TYPE;
}

impl Mailbox {
    /// An empty one.
    pub(crate) fn new(device: WDFDEVICE) -> Result<Self, NTSTATUS> {
        let parent = device.cast();
        Ok(Self {
            messages: WaitLocked::new(parent, VecDeque::new())?,
            counters: SpinLocked::new(parent, Report::default())?,
            lookaside: create_lookaside(device)?,
            worker: worker::create(device)?,
            waiting: queue::create_waiting(device)?,
        })
    }

    /// The mailbox of `device`.
    pub(crate) fn of<'a>(device: WDFDEVICE) -> &'a Self {
        // SAFETY: put there before the device could be opened, and there until it is deleted, which is
        // after its last callback. It is shared, never borrowed mutably.
        unsafe { &*Self::place(device.cast()) }
    }

    /// Puts a message.
    pub(crate) fn put_message(&self, bytes: &[u8], sender: WDFFILEOBJECT) -> Result<(), NTSTATUS> {
        if bytes.len() > MESSAGE_MAX {
            return Err(STATUS_INVALID_BUFFER_SIZE);
        }
        let message = self.copy(bytes, sender)?;
        self.messages
            .with(|messages| {
                if messages.try_reserve(1).is_err() {
                    return Err((message, STATUS_INSUFFICIENT_RESOURCES));
                }
                messages.push_back(message);
                Ok(())
            })
            // The message is dropped after the lock is released.
            .map_err(|(_message, status)| status)?;
        self.counters.with(|counters| counters.put += 1);
        self.wake_worker();
        Ok(())
    }

    fn copy(&self, bytes: &[u8], sender: WDFFILEOBJECT) -> Result<Message, NTSTATUS> {
        let mut memory = null_mut();
        // SAFETY: the lookaside list lives as long as the device.
        done(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfMemoryCreateFromLookaside,
                self.lookaside,
                &raw mut memory,
            )
        })?;
        let message = Message {
            memory,
            length: bytes.len(),
            sender,
        };
        // SAFETY: the memory is ours and has room, as the caller has checked.
        let copied = unsafe {
            call_unsafe_wdf_function_binding!(
                WdfMemoryCopyFromBuffer,
                memory,
                0,
                bytes.as_ptr().cast_mut().cast(),
                bytes.len(),
            )
        };
        done(copied).map(|()| message)
    }

    /// Takes the oldest message, if it is not longer than `room`.
    pub(crate) fn take(&self, room: usize) -> Taken {
        self.messages.with(|messages| match messages.front() {
            Some(message) if message.length > room => Taken::TooLong,
            Some(_) => messages.pop_front().map_or(Taken::Nothing, Taken::Message),
            None => Taken::Nothing,
        })
    }

    /// Whether there are messages.
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.with(|messages| messages.is_empty())
    }

    /// Drops the messages that came through `sender`.
    pub(crate) fn withdraw(&self, sender: WDFFILEOBJECT) {
        self.messages
            .with(|messages| messages.retain(|message| message.sender != sender));
    }

    /// Changes the counters.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Report)) {
        self.counters.with(change);
    }

    /// The counters, without those of the asking handle.
    pub(crate) fn report(&self) -> Report {
        let here = self.messages.with(|messages| messages.len());
        Report {
            here: u32::try_from(here).unwrap_or(u32::MAX),
            ..self.counters.with(|counters| *counters)
        }
    }

    /// Enqueues the work item that completes waiting requests.
    pub(crate) fn wake_worker(&self) {
        // SAFETY: the work item lives as long as the device.
        unsafe { call_unsafe_wdf_function_binding!(WdfWorkItemEnqueue, self.worker) };
    }

    /// Waits until the work item has run. The caller makes sure that it is not enqueued any more.
    pub(crate) fn wait_for_worker(&self) {
        // SAFETY: the work item lives as long as the device, and this is not its callback.
        unsafe { call_unsafe_wdf_function_binding!(WdfWorkItemFlush, self.worker) };
    }
}

fn create_lookaside(device: WDFDEVICE) -> Result<WDFLOOKASIDE, NTSTATUS> {
    let (mut of_list, mut of_memory) = (below(device.cast()), attributes());
    let mut lookaside = null_mut();
    // SAFETY: the attributes outlive the call.
    done(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfLookasideListCreate,
            &raw mut of_list,
            MESSAGE_MAX,
            NonPagedPoolNx as POOL_TYPE,
            &raw mut of_memory,
            TAG,
            &raw mut lookaside,
        )
    })?;
    Ok(lookaside)
}
