//! Open handles.

use core::sync::atomic::{AtomicU32, Ordering};

use wdk_sys::{
    STATUS_SUCCESS, WDFDEVICE, WDFFILEOBJECT, WDFREQUEST, call_unsafe_wdf_function_binding,
};

use crate::context::{Context, ContextType};
use crate::mailbox::Mailbox;

/// What is known of one open handle.
#[derive(Default)]
pub(crate) struct Sender {
    /// How many messages came through it.
    puts: AtomicU32,
}

static TYPE: ContextType = ContextType::of::<Sender>(c"Sender", &raw const TYPE);

impl Context for Sender {
    const TYPE: &'static ContextType = &TYPE;
}

impl Sender {
    /// The state of `file`.
    pub(crate) fn of<'a>(file: WDFFILEOBJECT) -> &'a Self {
        // SAFETY: put there by `create`, and there until the file is closed, which is after its
        // last request. It is shared, never borrowed mutably.
        unsafe { &*Self::place(file.cast()) }
    }

    /// Counts a message.
    pub(crate) fn count(&self) {
        self.puts.fetch_add(1, Ordering::Relaxed);
    }

    /// How many messages came.
    pub(crate) fn puts(&self) -> u32 {
        self.puts.load(Ordering::Relaxed)
    }
}

/// `EvtDeviceFileCreate`.
pub(crate) extern "C" fn create(_device: WDFDEVICE, request: WDFREQUEST, file: WDFFILEOBJECT) {
    // SAFETY: the file object is new; the request is ours.
    unsafe {
        Sender::default().put(file.cast());
        call_unsafe_wdf_function_binding!(WdfRequestComplete, request, STATUS_SUCCESS);
    }
}

/// `EvtFileCleanup`: the last handle is closed. Its unread messages are freed.
pub(crate) extern "C" fn cleanup(file: WDFFILEOBJECT) {
    // SAFETY: the framework passes a file object of this device.
    let device = unsafe { call_unsafe_wdf_function_binding!(WdfFileObjectGetDevice, file) };
    Mailbox::of(device).withdraw(file);
}
