//! A filter above a function driver, in one device stack: what passes by itself, and what the filter sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nt_io::driver_object::DriverObject;
use nt_io::{Call, FileHandle};
use nt_kernel::process::Process;
use nt_kernel::testing::expect_stop;
use nt_types::Guid;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device_init::{FileConfig, InitHandle};
use crate::driver::DriverConfig;
use crate::handle::{
    Handle, WdfDevice, WdfDriver, WdfFileObject, WdfIoTarget, WdfQueue, WdfRequest,
};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::queue::QueueConfig;
use crate::request::CompletionParams;
use crate::request_api::{SEND_AND_FORGET, SYNCHRONOUS, SendOptions};
use crate::test_driver::{
    ANY_CODE, Globals, Log, PARALLEL, TestDriver, attributes, buffer, bytes, complete, control,
    lines, non_pnp, note, queue_config, send, wdf,
};

/// The globals of the function driver and of the filter.
static GLOBALS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// What the function driver keeps.
static KEPT: AtomicUsize = AtomicUsize::new(0);
/// What the filter has sent, and where.
static SENT: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
static LOG: Log = Mutex::new(Vec::new());

const CLASS: Guid = Guid {
    data1: 0xF117,
    data2: 1,
    data3: 2,
    data4: [3; 8],
};

/// `WdfDeviceIoDirect`.
const IO_DIRECT: i32 = 3;

/// The filter sends it, and completes it in its routine.
const WITH_ROUTINE: u32 = ANY_CODE;
/// The filter sends it and forgets it.
const FORGOTTEN: u32 = ANY_CODE + 4;
/// The filter sends it and waits.
const WAITED_FOR: u32 = ANY_CODE + 8;
/// The filter sends it with a routine, and the function driver keeps it.
const KEPT_BELOW: u32 = ANY_CODE + 12;
/// The filter sends it without a routine.
const WITHOUT_ROUTINE: u32 = ANY_CODE + 16;

fn function_driver() -> Globals {
    core::ptr::with_exposed_provenance_mut(GLOBALS[0].load(Ordering::SeqCst))
}

fn filter() -> Globals {
    core::ptr::with_exposed_provenance_mut(GLOBALS[1].load(Ordering::SeqCst))
}

extern "win64" fn cancel_kept(request: WdfRequest) {
    complete(function_driver(), request, NtStatus::CANCELLED, 0);
}

extern "win64" fn serve(_: WdfQueue, request: WdfRequest, output: usize, _: usize, code: u32) {
    type Routine = extern "win64" fn(WdfRequest);
    if code == KEPT_BELOW {
        KEPT.store(request.0, Ordering::SeqCst);
        wdf!(function_driver(), 255, request => WdfRequest, cancel_kept => Routine; ());
        return;
    }
    note(&LOG, "served");
    let (address, length) = buffer(function_driver(), true, request, output).unwrap();
    bytes(address, length).fill(7);
    complete(function_driver(), request, NtStatus::SUCCESS, 2);
}

extern "win64" fn read(_: WdfQueue, request: WdfRequest, length: usize) {
    note(&LOG, "read");
    let (address, _) = buffer(function_driver(), true, request, length).unwrap();
    bytes(address, length).fill(9);
    complete(function_driver(), request, NtStatus::SUCCESS, length as u64);
}

extern "win64" fn file_create(_: WdfDevice, request: WdfRequest, _: WdfFileObject) {
    note(&LOG, "create");
    complete(function_driver(), request, NtStatus::SUCCESS, 0);
}
extern "win64" fn file_cleanup(_: WdfFileObject) {
    note(&LOG, "cleanup");
}
extern "win64" fn file_close(_: WdfFileObject) {
    note(&LOG, "close");
}

fn create_device(globals: Globals, init: InitHandle, queue: QueueConfig) -> WdfDevice {
    let (mut init, mut device) = (init, WdfDevice::NULL);
    let status = wdf!(globals, 75, Out::from(&mut init) => Out<InitHandle>,
        In::from(&attributes()) => In<ObjectAttributes>,
        Out::from(&mut device) => Out<WdfDevice>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let queue = QueueConfig {
        default_queue: 1,
        ..queue
    };
    let status = wdf!(globals, 152, device => WdfDevice, In::from(&queue) => In<QueueConfig>,
        In::NULL => In<ObjectAttributes>, Out::NULL => Out<WdfQueue>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    device
}

extern "win64" fn add_function(_: WdfDriver, init: usize) -> NtStatus {
    let config = FileConfig {
        size: 40,
        create: Some(file_create),
        close: Some(file_close),
        cleanup: Some(file_cleanup),
        auto_forward: 2,
        class: 2,
    };
    // The filter, which says nothing of its buffers, has to take this over: the host stops otherwise.
    wdf!(function_driver(), 61, InitHandle(init) => InitHandle, IO_DIRECT => i32; ());
    wdf!(function_driver(), 71, InitHandle(init) => InitHandle,
        In::from(&config) => In<FileConfig>, In::NULL => In<ObjectAttributes>; ());
    let queue = QueueConfig {
        read: Some(read),
        device_control: Some(serve),
        ..queue_config(PARALLEL)
    };
    let device = create_device(function_driver(), InitHandle(init), queue);
    wdf!(function_driver(), 77, device => WdfDevice, In::from(&CLASS) => In<Guid>,
        0 => usize; NtStatus)
}

extern "win64" fn add_filter(_: WdfDriver, init: usize) -> NtStatus {
    wdf!(filter(), 129, InitHandle(init) => InitHandle; ());
    let queue = QueueConfig {
        device_control: Some(filter_control),
        ..queue_config(PARALLEL)
    };
    create_device(filter(), InitHandle(init), queue);
    NtStatus::SUCCESS
}

type Routine = extern "win64" fn(WdfRequest, WdfIoTarget, &CompletionParams, usize);

extern "win64" fn routine(
    request: WdfRequest,
    _: WdfIoTarget,
    params: &CompletionParams,
    context: usize,
) {
    let (status, information) = (params.status, params.information);
    let bits = status.bits();
    note(&LOG, format!("routine {context} {bits:#x} {information}"));
    let status_of_request = wdf!(filter(), 254, request => WdfRequest; NtStatus);
    assert_eq!(status_of_request, status);
    let more = u64::from(status.is_success());
    complete(filter(), request, status, information + more);
}

/// `WdfRequestSend` to the next lower driver.
fn send_down(request: WdfRequest, queue: WdfQueue, flags: u32) -> bool {
    let device = wdf!(filter(), 157, queue => WdfQueue; WdfDevice);
    let target = wdf!(filter(), 42, device => WdfDevice; WdfIoTarget);
    for (place, value) in SENT.iter().zip([request.0, target.0]) {
        place.store(value, Ordering::SeqCst);
    }
    let options = SendOptions {
        size: 16,
        flags,
        timeout: 0,
    };
    wdf!(filter(), 253, request => WdfRequest, target => WdfIoTarget,
        In::from(&options) => In<SendOptions>; u8)
        != 0
}

extern "win64" fn filter_control(
    queue: WdfQueue,
    request: WdfRequest,
    _: usize,
    _: usize,
    code: u32,
) {
    if code == FORGOTTEN {
        assert!(send_down(request, queue, SEND_AND_FORGET));
        return;
    }
    wdf!(filter(), 251, request => WdfRequest; ());
    if code == WAITED_FOR {
        assert!(send_down(request, queue, SYNCHRONOUS));
        let mut params = CompletionParams::default();
        wdf!(filter(), 261, request => WdfRequest,
            Out::from(&mut params) => Out<CompletionParams>; ());
        complete(filter(), request, params.status, params.information - 1);
        return;
    }
    if code != WITHOUT_ROUTINE {
        wdf!(filter(), 260, request => WdfRequest, routine => Routine, 5 => usize; ());
    }
    assert!(send_down(request, queue, 0));
}

/// The stack of both drivers, started.
struct Stack {
    function: TestDriver,
    filter: TestDriver,
}

impl Stack {
    fn start() -> Self {
        let [function, filter] = [
            (
                add_function as extern "win64" fn(WdfDriver, usize) -> NtStatus,
                &GLOBALS[0],
            ),
            (add_filter, &GLOBALS[1]),
        ]
        .map(|(device_add, globals)| {
            let driver = TestDriver::with_config(&DriverConfig {
                device_add: Some(device_add),
                init_flags: 0,
                ..non_pnp()
            });
            globals.store(driver.globals.expose_provenance(), Ordering::SeqCst);
            driver
        });
        let drivers: [*mut DriverObject; 2] = [function.object, filter.object];
        let started = nt_io::pnp::start(function.object, &drivers, &function.name, 0);
        assert_eq!(started, Ok(true));
        Self { function, filter }
    }

    fn open(&self) -> Arc<FileHandle> {
        let name = format!(r"\??\ROOT#{}#0000#{CLASS}", self.function.name);
        nt_io::open(&Process::user(77, 1000), &name, 3).unwrap()
    }

    fn stop(self) {
        assert_eq!(nt_io::pnp::remove(self.function.object, 0), Ok(()));
        assert!(nt_io::devices_of(self.filter.object).is_empty());
        self.filter.unload();
        self.function.unload();
    }
}

fn log() -> Vec<String> {
    let lines = lines(&LOG);
    LOG.lock().clear();
    lines
}

// One test: the log is shared.
#[test]
fn a_filter_passes_requests_down_and_gets_them_back() {
    let stack = Stack::start();
    let file = stack.open();
    assert_eq!(log(), ["create"]);
    what_the_filter_has_no_callback_for_passes(&file);
    a_routine_gets_the_outcome(&file);
    a_request_is_forgotten(&file);
    a_request_is_waited_for(&file);
    a_kept_request_is_cancelled(&file);
    a_stopped_target_sends_when_it_is_started(&file);
    nt_io::close(file);
    assert_eq!(log(), ["cleanup", "close"]);
    stack.stop();
}

fn what_the_filter_has_no_callback_for_passes(file: &Arc<FileHandle>) {
    let answer = send(file, Call::Read { length: 3 }).answer();
    assert_eq!(
        (answer.status, answer.output),
        (NtStatus::SUCCESS, vec![9; 3])
    );
    let refused = send(file, Call::Write { data: vec![1] }).answer();
    assert_eq!(refused.status, NtStatus::INVALID_DEVICE_REQUEST);
    assert_eq!(log(), ["read"]);
}

fn a_routine_gets_the_outcome(file: &Arc<FileHandle>) {
    let answer = control(file, WITH_ROUTINE, &[], 4).answer();
    assert_eq!((answer.status, answer.information), (NtStatus::SUCCESS, 3));
    assert_eq!(log(), ["served", "routine 5 0x0 2"]);
}

fn a_request_is_forgotten(file: &Arc<FileHandle>) {
    let answer = control(file, FORGOTTEN, &[], 4).answer();
    assert_eq!((answer.status, answer.information), (NtStatus::SUCCESS, 2));
    assert_eq!(log(), ["served"]);
}

fn a_request_is_waited_for(file: &Arc<FileHandle>) {
    let answer = control(file, WAITED_FOR, &[], 4).answer();
    assert_eq!((answer.status, answer.information), (NtStatus::SUCCESS, 1));
    assert_eq!(log(), ["served"]);
}

/// By its caller, and by the filter.
fn a_kept_request_is_cancelled(file: &Arc<FileHandle>) {
    let sent = control(file, KEPT_BELOW, &[], 4);
    assert!(sent.is_pending());
    assert!(sent.cancel());
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    let sent = control(file, KEPT_BELOW, &[], 4);
    let request = WdfRequest::new(SENT[0].load(Ordering::SeqCst));
    let is_sent = wdf!(filter(), 258, request => WdfRequest; u8);
    assert_eq!(is_sent, 1);
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert_eq!(log(), ["routine 5 0xc0000120 0"; 2]);
}

fn a_stopped_target_sends_when_it_is_started(file: &Arc<FileHandle>) {
    /// `WdfIoTargetLeaveSentIoPending`.
    const LEAVE: i32 = 3;
    let target = WdfIoTarget::new(SENT[1].load(Ordering::SeqCst));
    wdf!(filter(), 172, target => WdfIoTarget, LEAVE => i32; ());
    assert_eq!(wdf!(filter(), 173, target => WdfIoTarget; i32), 2);
    let sent = control(file, WITH_ROUTINE, &[], 4);
    assert!(sent.is_pending());
    let status = wdf!(filter(), 171, target => WdfIoTarget; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    assert_eq!(sent.answer().information, 3);
    assert_eq!(log(), ["served", "routine 5 0x0 2"]);
    wdf!(filter(), 172, target => WdfIoTarget, LEAVE => i32; ());
    // What is forgotten does not wait, and what waits can be cancelled by its caller.
    a_request_is_forgotten(file);
    let sent = control(file, WITH_ROUTINE, &[], 4);
    assert!(sent.is_pending());
    assert!(sent.cancel());
    assert_eq!(sent.answer().status, NtStatus::CANCELLED);
    assert_eq!(log(), ["routine 5 0xc0000120 0"]);
}

#[test]
fn a_request_is_not_sent_again_before_it_is_back() {
    let report = expect_stop!(|| {
        let stack = Stack::start();
        let file = stack.open();
        let sent = control(&file, KEPT_BELOW, &[], 4);
        assert!(sent.is_pending());
        let request = WdfRequest::new(SENT[0].load(Ordering::SeqCst));
        let target = WdfIoTarget::new(SENT[1].load(Ordering::SeqCst));
        wdf!(filter(), 253, request => WdfRequest, target => WdfIoTarget,
            In::NULL => In<SendOptions>; u8);
    });
    assert!(report.contains("WDF_VIOLATION (0x6, 0x3, "), "{report}");
    assert!(
        report.contains("has been sent to an I/O target"),
        "{report}"
    );
}

#[test]
fn a_received_request_is_not_sent_without_a_routine() {
    let report = expect_stop!(|| {
        let stack = Stack::start();
        let file = stack.open();
        control(&file, WITHOUT_ROUTINE, &[], 4);
    });
    assert!(report.contains("has no completion routine"), "{report}");
}

#[test]
fn a_request_that_is_sent_is_not_the_drivers() {
    let report = expect_stop!(|| {
        let stack = Stack::start();
        let file = stack.open();
        let sent = control(&file, KEPT_BELOW, &[], 4);
        assert!(sent.is_pending());
        let request = Handle::new(SENT[0].load(Ordering::SeqCst));
        complete(filter(), request, NtStatus::SUCCESS, 0);
    });
    assert!(
        report.contains("has been sent to an I/O target"),
        "{report}"
    );
}
