//! Requests, from the caller's side and from the driver's.

use std::ptr;
use std::sync::Arc;

use nt_io::{Call, Completion, FileHandle, Irp};
use nt_types::status::NtStatus;

use super::{Globals, wdf};
use crate::handle::WdfRequest;
use crate::pointer::Out;

/// A request that is on its way, and its answer.
pub(crate) struct Sent {
    /// `None` if the I/O manager refused it.
    irp: Option<Arc<Irp>>,
    answer: std::sync::mpsc::Receiver<Completion>,
}

impl Sent {
    /// The request, which the I/O manager must have sent.
    pub(crate) fn irp(&self) -> Arc<Irp> {
        self.irp.clone().expect("it was sent")
    }

    /// Cancels it. Whether it was still in flight.
    pub(crate) fn cancel(&self) -> bool {
        nt_io::cancel(&self.irp())
    }

    /// The answer, which has to be there.
    pub(crate) fn answer(&self) -> Completion {
        self.answer.try_recv().expect("an answer")
    }

    /// Waits for the answer.
    pub(crate) fn wait(&self) -> Completion {
        let timeout = std::time::Duration::from_secs(10);
        self.answer.recv_timeout(timeout).expect("an answer")
    }

    /// Whether there is no answer yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.answer.try_recv().is_err()
    }
}

/// Sends a call.
pub(crate) fn send(file: &Arc<FileHandle>, call: Call) -> Sent {
    let (sender, answer) = std::sync::mpsc::channel();
    let done = Box::new(move |completion| {
        // A test may not care.
        let _ = sender.send(completion);
    });
    let irp = nt_io::request(file, call, done);
    irp.as_ref().inspect(|irp| nt_io::send(irp));
    Sent { irp, answer }
}

/// Sends a control code.
pub(crate) fn control(file: &Arc<FileHandle>, code: u32, input: &[u8], output_length: u32) -> Sent {
    let call = Call::DeviceControl {
        code,
        input: input.to_vec(),
        output_length,
    };
    send(file, call)
}

/// `WdfRequestCompleteWithInformation`.
pub(crate) fn complete(globals: Globals, request: WdfRequest, status: NtStatus, information: u64) {
    wdf!(globals, 265, request => WdfRequest, status => NtStatus, information => u64; ());
}

/// `WdfRequestRetrieveInputBuffer` (269) or `WdfRequestRetrieveOutputBuffer` (270).
pub(crate) fn buffer(
    globals: Globals,
    output: bool,
    request: WdfRequest,
    minimum: usize,
) -> Result<(usize, usize), NtStatus> {
    let (mut address, mut length) = (1, 1);
    let status = if output {
        wdf!(globals, 270, request => WdfRequest, minimum => usize,
            Out::from(&mut address) => Out<usize>, Out::from(&mut length) => Out<usize>; NtStatus)
    } else {
        wdf!(globals, 269, request => WdfRequest, minimum => usize,
            Out::from(&mut address) => Out<usize>, Out::from(&mut length) => Out<usize>; NtStatus)
    };
    if !status.is_success() {
        assert_eq!((address, length), (0, 0));
    }
    status.into_result().map(|()| (address, length))
}

/// The bytes of a buffer of the request's.
pub(crate) fn bytes(address: usize, length: usize) -> &'static mut [u8] {
    let start = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the framework gave these; the test looks at them before it completes the request.
    unsafe { std::slice::from_raw_parts_mut(start, length) }
}
