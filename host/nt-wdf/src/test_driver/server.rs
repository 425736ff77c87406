//! A driver whose device other drivers in the tests ask, and what these need for it.

use std::sync::LazyLock;

use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::{
    ANY_CODE, Globals, PARALLEL, TestDriver, attributes, buffer, bytes, complete, queue_config, wdf,
};
use crate::handle::{WdfDevice, WdfIoTarget, WdfMemory, WdfObject, WdfQueue, WdfRequest};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::remote_target::OpenParams;
use crate::request::{CompletionParams, RequestParameters};
use crate::request_api::{MemoryOffset, ReuseParams, SendOptions};

/// The server keeps it until it is cancelled.
pub(crate) const KEPT: u32 = ANY_CODE + 4;
/// It has no buffers.
pub(crate) const EMPTY: u32 = ANY_CODE + 8;

/// A request between drivers, of which the fourth argument gets the sum of the first and the second.
pub(crate) const ADD: u32 = ANY_CODE + 3;

/// What was written to the server.
pub(crate) static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The server, which answers a control request with its input in capitals, and one between drivers with its
/// input the other way round. It stays.
static SERVER: LazyLock<TestDriver> = LazyLock::new(|| {
    let driver = TestDriver::new();
    driver.device(&QueueConfig {
        read: Some(read),
        write: Some(write),
        device_control: Some(serve),
        internal_device_control: Some(serve_internal),
        ..queue_config(PARALLEL)
    });
    driver
});

/// The server.
pub(crate) fn server() -> &'static TestDriver {
    &SERVER
}

/// The globals of the server, whose callbacks run.
fn globals() -> Globals {
    SERVER.globals
}

extern "win64" fn cancel(request: WdfRequest) {
    complete(globals(), request, NtStatus::CANCELLED, 0);
}

extern "win64" fn serve(_: WdfQueue, request: WdfRequest, _: usize, _: usize, code: u32) {
    type Routine = extern "win64" fn(WdfRequest);
    if code == EMPTY {
        return complete(globals(), request, NtStatus::SUCCESS, 0);
    }
    if code == KEPT {
        wdf!(globals(), 255, request => WdfRequest, cancel => Routine; ());
        return;
    }
    let (address, length) = buffer(globals(), false, request, 1).unwrap();
    let answer = bytes(address, length).to_ascii_uppercase();
    let (address, _) = buffer(globals(), true, request, length).unwrap();
    bytes(address, length).copy_from_slice(&answer);
    complete(globals(), request, NtStatus::SUCCESS, length as u64);
}

extern "win64" fn serve_internal(_: WdfQueue, request: WdfRequest, _: usize, _: usize, code: u32) {
    if code == ADD {
        let mut parameters = RequestParameters {
            size: 40,
            ..RequestParameters::default()
        };
        wdf!(globals(), 266, request => WdfRequest,
            Out::from(&mut parameters) => Out<RequestParameters>; ());
        assert_eq!(
            (parameters.request_type, parameters.third),
            (15, ADD as usize)
        );
        let arguments = [parameters.first, parameters.second, parameters.fourth];
        let [first, second, sum] = arguments.map(|argument| bytes(argument, 1));
        sum[0] = first[0] + second[0];
        return complete(globals(), request, NtStatus::SUCCESS, 0);
    }
    let (address, length) = buffer(globals(), false, request, 1).unwrap();
    let (output, _) = buffer(globals(), true, request, length).unwrap();
    bytes(address, length).reverse();
    assert_eq!(address, output);
    complete(globals(), request, NtStatus::SUCCESS, length as u64);
}

extern "win64" fn read(_: WdfQueue, request: WdfRequest, length: usize) {
    let (address, _) = buffer(globals(), true, request, length).unwrap();
    bytes(address, length).fill(b'r');
    complete(globals(), request, NtStatus::SUCCESS, length as u64);
}

extern "win64" fn write(_: WdfQueue, request: WdfRequest, length: usize) {
    let (address, _) = buffer(globals(), false, request, length).unwrap();
    *WRITTEN.lock() = bytes(address, length).to_vec();
    complete(globals(), request, NtStatus::SUCCESS, length as u64);
}

/// `EvtRequestCompletionRoutine`.
pub(crate) type Routine = extern "win64" fn(WdfRequest, WdfIoTarget, &CompletionParams, usize);

/// A driver with a target, which asks the server.
pub(crate) struct Client {
    pub(crate) driver: TestDriver,
    pub(crate) target: WdfIoTarget,
}

impl Client {
    /// One whose target is not open.
    pub(crate) fn unopened() -> Self {
        let driver = TestDriver::new();
        let device = driver.device_from(driver.init(), &attributes()).unwrap();
        Self::of(driver, device)
    }

    /// A driver with this device, whose target is not open.
    pub(crate) fn of(driver: TestDriver, device: WdfDevice) -> Self {
        let mut target = WdfIoTarget::NULL;
        let status = wdf!(driver.globals, 167, device => WdfDevice,
            In::NULL => In<ObjectAttributes>, Out::from(&mut target) => Out<WdfIoTarget>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        Self { driver, target }
    }

    /// One whose target is the server's device.
    pub(crate) fn new() -> Self {
        let client = Self::unopened();
        let opened = client.open(&server().device_name());
        assert_eq!(opened, NtStatus::SUCCESS);
        client
    }

    pub(crate) fn globals(&self) -> Globals {
        self.driver.globals
    }

    /// `WdfIoTargetOpen` with this name.
    pub(crate) fn open(&self, name: &str) -> NtStatus {
        let name = OwnedUnicodeString::new(name);
        let params = OpenParams {
            size: 136,
            kind: 2,
            callbacks: [0; 3],
            device_object: 0,
            file_object: 0,
            name: name.as_unicode_string(),
            access: 3,
            share: 0,
            attributes: 0,
            disposition: 1,
            options: 0,
            ea_buffer: 0,
            ea_length: 0,
            allocation_size: 0,
            file_information: 0,
            file_name: UnicodeString::EMPTY,
        };
        wdf!(self.globals(), 168, self.target => WdfIoTarget, In::from(&params) => In<OpenParams>;
            NtStatus)
    }

    /// `WdfIoTargetClose`.
    pub(crate) fn close(&self) {
        wdf!(self.globals(), 170, self.target => WdfIoTarget; ());
    }

    /// `WdfIoTargetStart`.
    pub(crate) fn start(&self) {
        let status = wdf!(self.globals(), 171, self.target => WdfIoTarget; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }

    /// `WdfIoTargetStop`, which leaves what is sent pending.
    pub(crate) fn stop(&self) {
        /// `WdfIoTargetLeaveSentIoPending`.
        const LEAVE_PENDING: i32 = 3;
        wdf!(self.globals(), 172, self.target => WdfIoTarget, LEAVE_PENDING => i32; ());
    }

    /// `WdfIoTargetGetState`.
    pub(crate) fn state(&self) -> i32 {
        wdf!(self.globals(), 173, self.target => WdfIoTarget; i32)
    }

    /// `WdfRequestCreate`.
    pub(crate) fn request(&self) -> WdfRequest {
        let mut request = WdfRequest::NULL;
        let status = wdf!(self.globals(), 247, In::NULL => In<ObjectAttributes>,
            self.target => WdfIoTarget, Out::from(&mut request) => Out<WdfRequest>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        request
    }

    /// `WdfRequestReuse`.
    pub(crate) fn reuse(&self, request: WdfRequest) {
        let params = ReuseParams {
            size: 24,
            flags: 0,
            status: NtStatus::UNSUCCESSFUL,
            new_irp: 0,
        };
        let status = wdf!(self.globals(), 249, request => WdfRequest,
            In::from(&params) => In<ReuseParams>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        assert_eq!(self.status(request), NtStatus::UNSUCCESSFUL);
    }

    /// `WdfRequestGetStatus`.
    pub(crate) fn status(&self, request: WdfRequest) -> NtStatus {
        wdf!(self.globals(), 254, request => WdfRequest; NtStatus)
    }

    /// `WdfMemoryCreate` with these bytes; where they are.
    pub(crate) fn memory(&self, contents: &[u8]) -> (WdfMemory, usize) {
        const NON_PAGED: i32 = 512;
        let (mut memory, mut place) = (WdfMemory::NULL, 0);
        let status = wdf!(self.globals(), 192, In::NULL => In<ObjectAttributes>, NON_PAGED => i32,
            0 => u32, contents.len() => usize, Out::from(&mut memory) => Out<WdfMemory>,
            Out::from(&mut place) => Out<usize>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
        bytes(place, contents.len()).copy_from_slice(contents);
        (memory, place)
    }

    /// `WdfIoTargetFormatRequestForIoctl`: the input begins at this offset of the memory, which has the
    /// output, too.
    pub(crate) fn format(&self, request: WdfRequest, code: u32, memory: WdfMemory, offset: usize) {
        let part = MemoryOffset { offset, length: 0 };
        let status = wdf!(self.globals(), 187, self.target => WdfIoTarget, request => WdfRequest,
            code => u32, memory => WdfMemory, In::from(&part) => In<MemoryOffset>,
            memory => WdfMemory, In::NULL => In<MemoryOffset>; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }

    /// `WdfRequestSetCompletionRoutine`.
    pub(crate) fn set_routine(&self, request: WdfRequest, routine: Routine, context: usize) {
        wdf!(self.globals(), 260, request => WdfRequest, routine => Routine, context => usize; ());
    }

    /// `WdfRequestSend`. Whether it was sent.
    pub(crate) fn send(&self, request: WdfRequest, options: In<SendOptions>) -> bool {
        let is_sent = wdf!(self.globals(), 253, request => WdfRequest, self.target => WdfIoTarget,
            options => In<SendOptions>; u8);
        is_sent != 0
    }

    /// `WdfRequestCancelSentRequest`.
    pub(crate) fn cancel(&self, request: WdfRequest) -> bool {
        wdf!(self.globals(), 258, request => WdfRequest; u8) != 0
    }

    /// `WdfObjectDelete`.
    pub(crate) fn delete(&self, request: WdfRequest) {
        wdf!(self.globals(), 208, WdfObject::new(request.0) => WdfObject; ());
    }

    pub(crate) fn unload(self) {
        self.driver.unload();
    }
}
