//! A driver that asks another device: at once, and by requests of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};

use nt_io::unicode::OwnedUnicodeString;
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::handle::{Handle, WdfDevice, WdfIoTarget, WdfMemory, WdfObject, WdfQueue, WdfRequest};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::remote_target::OpenParams;
use crate::request::CompletionParams;
use crate::request_api::{MemoryDescriptor, MemoryOffset, ReuseParams, SYNCHRONOUS, SendOptions};
use crate::status;
use crate::test_driver::{
    ANY_CODE, Globals, PARALLEL, TestDriver, attributes, buffer, bytes, complete, queue_config, wdf,
};

/// The other driver keeps it until it is cancelled.
const KEPT: u32 = ANY_CODE + 4;
/// It has no buffers.
const EMPTY: u32 = ANY_CODE + 8;
/// `WdfIoTargetLeaveSentIoPending`.
const LEAVE_PENDING: i32 = 3;

/// What was written to the other driver.
static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Makes the other driver, which answers with the input in capitals.
macro_rules! server {
    () => {{
        static GLOBALS: AtomicUsize = AtomicUsize::new(0);
        extern "win64" fn cancel(request: WdfRequest) {
            complete(globals(&GLOBALS), request, NtStatus::CANCELLED, 0);
        }
        extern "win64" fn serve(_: WdfQueue, request: WdfRequest, _: usize, _: usize, code: u32) {
            type Routine = extern "win64" fn(WdfRequest);
            let globals = globals(&GLOBALS);
            if code == EMPTY {
                return complete(globals, request, NtStatus::SUCCESS, 0);
            }
            if code == KEPT {
                wdf!(globals, 255, request => WdfRequest, cancel => Routine; ());
                return;
            }
            let (address, length) = buffer(globals, false, request, 1).unwrap();
            let answer = bytes(address, length).to_ascii_uppercase();
            let (address, _) = buffer(globals, true, request, length).unwrap();
            bytes(address, length).copy_from_slice(&answer);
            complete(globals, request, NtStatus::SUCCESS, length as u64);
        }
        extern "win64" fn read(_: WdfQueue, request: WdfRequest, length: usize) {
            let globals = globals(&GLOBALS);
            let (address, _) = buffer(globals, true, request, length).unwrap();
            bytes(address, length).fill(b'r');
            complete(globals, request, NtStatus::SUCCESS, length as u64);
        }
        extern "win64" fn write(_: WdfQueue, request: WdfRequest, length: usize) {
            let globals = globals(&GLOBALS);
            let (address, _) = buffer(globals, false, request, length).unwrap();
            *WRITTEN.lock() = bytes(address, length).to_vec();
            complete(globals, request, NtStatus::SUCCESS, length as u64);
        }
        let driver = TestDriver::new();
        GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
        driver.device(&QueueConfig {
            read: Some(read),
            write: Some(write),
            device_control: Some(serve),
            ..queue_config(PARALLEL)
        });
        driver
    }};
}

fn globals(place: &AtomicUsize) -> Globals {
    core::ptr::with_exposed_provenance_mut(place.load(Ordering::SeqCst))
}

/// A target of a new device of `driver`, which is not open.
fn target_of(driver: &TestDriver) -> WdfIoTarget {
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let mut target = WdfIoTarget::NULL;
    let status = wdf!(driver.globals, 167, device => WdfDevice,
        In::NULL => In<ObjectAttributes>, Out::from(&mut target) => Out<WdfIoTarget>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    target
}

fn open(driver: &TestDriver, target: WdfIoTarget, name: &str) -> NtStatus {
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
        file_name: nt_io::unicode::UnicodeString::EMPTY,
    };
    wdf!(driver.globals, 168, target => WdfIoTarget, In::from(&params) => In<OpenParams>;
        NtStatus)
}

fn state(driver: &TestDriver, target: WdfIoTarget) -> i32 {
    wdf!(driver.globals, 173, target => WdfIoTarget; i32)
}

fn described(bytes: &mut [u8]) -> MemoryDescriptor {
    MemoryDescriptor {
        kind: 1,
        first: bytes.as_mut_ptr().expose_provenance(),
        second: bytes.len(),
    }
}

#[test]
fn a_driver_asks_another_device_by_its_name() {
    let (server, client) = (server!(), TestDriver::new());
    let target = target_of(&client);
    assert_eq!(state(&client, target), 4);
    assert_eq!(open(&client, target, r"\Device\None"), NtStatus::NOT_FOUND);
    assert_eq!(
        open(&client, target, &server.device_name()),
        NtStatus::SUCCESS
    );
    assert_eq!(state(&client, target), 1);
    let again = open(&client, target, &server.device_name());
    assert_eq!(again, NtStatus::INVALID_DEVICE_STATE);
    let (mut input, mut output, mut returned) = (*b"abc", [0; 5], 0);
    let (asked, answered) = (described(&mut input), described(&mut output));
    let status = wdf!(client.globals, 186, target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, ANY_CODE => u32,
        In::from(&asked) => In<MemoryDescriptor>, In::from(&answered) => In<MemoryDescriptor>,
        In::NULL => In<SendOptions>, Out::from(&mut returned) => Out<usize>; NtStatus);
    assert_eq!((status, returned), (NtStatus::SUCCESS, 3));
    assert_eq!(&output, b"ABC\0\0");
    let status = wdf!(client.globals, 182, target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, In::from(&answered) => In<MemoryDescriptor>,
        In::NULL => In<u64>, In::NULL => In<SendOptions>,
        Out::from(&mut returned) => Out<usize>; NtStatus);
    assert_eq!((status, returned), (NtStatus::SUCCESS, 5));
    assert_eq!(&output, b"rrrrr");
    wdf!(client.globals, 170, target => WdfIoTarget; ());
    assert_eq!(state(&client, target), 4);
    client.unload();
    server.unload();
}

static OUTCOMES: Mutex<Vec<(NtStatus, u64, usize)>> = Mutex::new(Vec::new());

extern "win64" fn routine(
    _: WdfRequest,
    _: WdfIoTarget,
    params: &CompletionParams,
    context: usize,
) {
    OUTCOMES
        .lock()
        .push((params.status, params.information, context));
}

type Routine = extern "win64" fn(WdfRequest, WdfIoTarget, &CompletionParams, usize);

/// `WdfRequestCreate`.
fn create(driver: &TestDriver, target: WdfIoTarget) -> WdfRequest {
    let mut request = WdfRequest::NULL;
    let status = wdf!(driver.globals, 247, In::NULL => In<ObjectAttributes>,
        target => WdfIoTarget, Out::from(&mut request) => Out<WdfRequest>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    request
}

/// `WdfMemoryCreate` with these bytes.
fn memory(driver: &TestDriver, contents: &[u8]) -> (WdfMemory, usize) {
    const NON_PAGED: i32 = 512;
    let (mut memory, mut place) = (WdfMemory::NULL, 0);
    let status = wdf!(driver.globals, 192, In::NULL => In<ObjectAttributes>, NON_PAGED => i32,
        0 => u32, contents.len() => usize, Out::from(&mut memory) => Out<WdfMemory>,
        Out::from(&mut place) => Out<usize>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    bytes(place, contents.len()).copy_from_slice(contents);
    (memory, place)
}

/// Formats a request for a control code, and sends it with the routine.
fn ask(
    driver: &TestDriver,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    memory: WdfMemory,
) {
    let end = MemoryOffset {
        offset: 1,
        length: 0,
    };
    let status = wdf!(driver.globals, 187, target => WdfIoTarget, request => WdfRequest,
        code => u32, memory => WdfMemory, In::from(&end) => In<MemoryOffset>,
        memory => WdfMemory, In::NULL => In<MemoryOffset>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    wdf!(driver.globals, 260, request => WdfRequest, routine => Routine, 6 => usize; ());
    let is_sent = wdf!(driver.globals, 253, request => WdfRequest, target => WdfIoTarget,
        In::NULL => In<SendOptions>; u8);
    assert_eq!(is_sent, 1);
}

#[test]
fn a_request_of_the_drivers_own_is_sent_cancelled_and_reused() {
    let (server, client) = (server!(), TestDriver::new());
    let target = target_of(&client);
    assert_eq!(
        open(&client, target, &server.device_name()),
        NtStatus::SUCCESS
    );
    let request = create(&client, target);
    let (memory, place) = memory(&client, b"-xyz");
    ask(&client, target, request, ANY_CODE, memory);
    assert_eq!(bytes(place, 4), b"XYZz");
    reuse(&client, request);
    ask(&client, target, request, KEPT, memory);
    assert_eq!(OUTCOMES.lock().len(), 1);
    assert_eq!(wdf!(client.globals, 258, request => WdfRequest; u8), 1);
    reuse(&client, request);
    ask(&client, target, request, KEPT, memory);
    // The close cancels what has been sent.
    wdf!(client.globals, 170, target => WdfIoTarget; ());
    let outcomes = [
        (NtStatus::SUCCESS, 3, 6),
        (NtStatus::CANCELLED, 0, 6),
        (NtStatus::CANCELLED, 0, 6),
    ];
    assert_eq!(*OUTCOMES.lock(), outcomes);
    wdf!(client.globals, 208, Handle::new(request.0) => WdfObject; ());
    client.unload();
    server.unload();
}

/// A moment: 100 ns from now.
const AT_ONCE: i64 = -1;
/// An hour from now.
const AN_HOUR: i64 = -36_000_000_000;

/// `WDF_REQUEST_SEND_OPTIONS` with a timeout and other flags.
fn limited(flags: u32, timeout: i64) -> SendOptions {
    const TIMEOUT: u32 = 1;
    SendOptions {
        size: 16,
        flags: flags | TIMEOUT,
        timeout,
    }
}

/// Sends a request for a control code and waits for it. What `WdfRequestGetStatus` says then.
fn send_limited(
    driver: &TestDriver,
    target: WdfIoTarget,
    request: WdfRequest,
    code: u32,
    timeout: i64,
) -> NtStatus {
    let status = wdf!(driver.globals, 187, target => WdfIoTarget, request => WdfRequest,
        code => u32, WdfMemory::NULL => WdfMemory, In::NULL => In<MemoryOffset>,
        WdfMemory::NULL => WdfMemory, In::NULL => In<MemoryOffset>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let options = limited(SYNCHRONOUS, timeout);
    wdf!(driver.globals, 253, request => WdfRequest, target => WdfIoTarget,
        In::from(&options) => In<SendOptions>; u8);
    wdf!(driver.globals, 254, request => WdfRequest; NtStatus)
}

#[test]
fn a_request_is_cancelled_when_its_time_is_up() {
    let (server, client) = (server!(), TestDriver::new());
    let target = target_of(&client);
    assert_eq!(
        open(&client, target, &server.device_name()),
        NtStatus::SUCCESS
    );
    let request = create(&client, target);
    let late = send_limited(&client, target, request, KEPT, AT_ONCE);
    assert_eq!(late, status::IO_TIMEOUT);
    reuse(&client, request);
    let timely = send_limited(&client, target, request, EMPTY, AN_HOUR);
    assert_eq!(timely, NtStatus::SUCCESS);
    let options = limited(0, AT_ONCE);
    let called = wdf!(client.globals, 186, target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, KEPT => u32, In::NULL => In<MemoryDescriptor>,
        In::NULL => In<MemoryDescriptor>, In::from(&options) => In<SendOptions>,
        Out::NULL => Out<usize>; NtStatus);
    assert_eq!(called, status::IO_TIMEOUT);
    client.unload();
    server.unload();
}

#[test]
fn the_time_of_a_request_that_waits_for_a_start_is_limited() {
    static OUTCOME: Mutex<Option<Sender<NtStatus>>> = Mutex::new(None);
    extern "win64" fn routine(_: WdfRequest, _: WdfIoTarget, params: &CompletionParams, _: usize) {
        let sender = OUTCOME.lock().take().expect("it is called once");
        sender.send(params.status).expect("the test waits");
    }
    let (sender, receiver) = mpsc::channel();
    *OUTCOME.lock() = Some(sender);
    let (server, client) = (server!(), TestDriver::new());
    let target = target_of(&client);
    assert_eq!(
        open(&client, target, &server.device_name()),
        NtStatus::SUCCESS
    );
    let request = create(&client, target);
    wdf!(client.globals, 172, target => WdfIoTarget, LEAVE_PENDING => i32; ());
    let status = wdf!(client.globals, 187, target => WdfIoTarget, request => WdfRequest,
        EMPTY => u32, WdfMemory::NULL => WdfMemory, In::NULL => In<MemoryOffset>,
        WdfMemory::NULL => WdfMemory, In::NULL => In<MemoryOffset>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    wdf!(client.globals, 260, request => WdfRequest, routine => Routine, 0 => usize; ());
    let options = limited(0, AT_ONCE);
    wdf!(client.globals, 253, request => WdfRequest, target => WdfIoTarget,
        In::from(&options) => In<SendOptions>; u8);
    assert_eq!(receiver.recv(), Ok(status::IO_TIMEOUT));
    client.unload();
    server.unload();
}

/// Sends a request and waits for it. Its `WDF_REQUEST_COMPLETION_PARAMS` then.
fn send_formatted(
    driver: &TestDriver,
    target: WdfIoTarget,
    request: WdfRequest,
) -> CompletionParams {
    let options = limited(SYNCHRONOUS, AN_HOUR);
    let is_sent = wdf!(driver.globals, 253, request => WdfRequest, target => WdfIoTarget,
        In::from(&options) => In<SendOptions>; u8);
    assert_eq!(is_sent, 1);
    let mut params = CompletionParams::default();
    wdf!(driver.globals, 261, request => WdfRequest,
        Out::from(&mut params) => Out<CompletionParams>; ());
    params
}

#[test]
fn a_request_is_formatted_for_a_read_and_a_write() {
    let (server, client) = (server!(), TestDriver::new());
    let target = target_of(&client);
    assert_eq!(
        open(&client, target, &server.device_name()),
        NtStatus::SUCCESS
    );
    let request = create(&client, target);
    let (memory, place) = memory(&client, b"-abc");
    let part = MemoryOffset {
        offset: 1,
        length: 2,
    };
    let status = wdf!(client.globals, 183, target => WdfIoTarget, request => WdfRequest,
        memory => WdfMemory, In::from(&part) => In<MemoryOffset>, In::NULL => In<u64>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let params = send_formatted(&client, target, request);
    assert_eq!((params.request_type, params.information), (3, 2));
    assert_eq!(params.parameters[..3], [memory.0, 2, 1]);
    reuse(&client, request);
    let status = wdf!(client.globals, 185, target => WdfIoTarget, request => WdfRequest,
        memory => WdfMemory, In::from(&part) => In<MemoryOffset>, In::NULL => In<u64>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let params = send_formatted(&client, target, request);
    assert_eq!((params.request_type, params.information), (4, 2));
    assert_eq!(params.parameters[..3], [memory.0, 2, 1]);
    assert_eq!(bytes(place, 4), b"-rrc");
    assert_eq!(*WRITTEN.lock(), b"rr");
    client.unload();
    server.unload();
}

fn reuse(driver: &TestDriver, request: WdfRequest) {
    let params = ReuseParams {
        size: 24,
        flags: 0,
        status: NtStatus::UNSUCCESSFUL,
        new_irp: 0,
    };
    let status = wdf!(driver.globals, 249, request => WdfRequest,
        In::from(&params) => In<ReuseParams>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let status = wdf!(driver.globals, 254, request => WdfRequest; NtStatus);
    assert_eq!(status, NtStatus::UNSUCCESSFUL);
}

#[test]
fn a_request_of_the_drivers_own_is_not_completed() {
    let report = expect_stop!(|| {
        let client = TestDriver::new();
        let request = create(&client, target_of(&client));
        complete(client.globals, request, NtStatus::SUCCESS, 0);
    });
    assert!(report.contains("WdfObjectDelete ends it"), "{report}");
}

#[test]
fn a_request_is_formatted_before_it_is_sent() {
    let report = expect_stop!(|| {
        let (server, client) = (server!(), TestDriver::new());
        let target = target_of(&client);
        assert_eq!(
            open(&client, target, &server.device_name()),
            NtStatus::SUCCESS
        );
        let request = create(&client, target);
        wdf!(client.globals, 253, request => WdfRequest, target => WdfIoTarget,
            In::NULL => In<SendOptions>; u8);
    });
    assert!(
        report.contains("is not formatted for the target"),
        "{report}"
    );
}

/// The address of an export of ntoskrnl.
fn export(name: &str) -> *const () {
    let all = nt_io::exports();
    let found = all.iter().find(|export| export.name == name);
    std::ptr::with_exposed_provenance(found.expect("an export").address)
}

#[test]
fn an_irp_that_a_driver_has_made_reaches_a_queue() {
    type Build = extern "win64" fn(
        u32,
        usize,
        *const u8,
        u32,
        *mut u8,
        u32,
        u8,
        usize,
        *mut [u64; 2],
    ) -> usize;
    type Call = extern "win64" fn(device_object: usize, packet: usize) -> NtStatus;
    let server = server!();
    let device_object = nt_io::devices_of(server.object)[0].object();
    let device_object = device_object.expose_provenance();
    // SAFETY: the export has this prototype.
    let build: Build = unsafe { std::mem::transmute(export("IoBuildDeviceIoControlRequest")) };
    // SAFETY: as above.
    let call: Call = unsafe { std::mem::transmute(export("IofCallDriver")) };
    let (input, mut output, mut outcome) = (*b"wdm", [0; 3], [u64::MAX; 2]);
    let packet = build(
        ANY_CODE,
        device_object,
        input.as_ptr(),
        3,
        output.as_mut_ptr(),
        3,
        0,
        0,
        &raw mut outcome,
    );
    assert_eq!(call(device_object, packet), NtStatus::PENDING);
    assert_eq!(
        (&output, outcome[0] & 0xFFFF_FFFF, outcome[1]),
        (b"WDM", 0, 3)
    );
    server.unload();
}
