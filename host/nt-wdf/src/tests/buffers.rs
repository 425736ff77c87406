//! Buffers as memory descriptor lists, and the caller's own buffers, locked.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::status::NtStatus;

use crate::device_init::InitHandle;
use crate::handle::{WdfDevice, WdfMemory, WdfQueue, WdfRequest};
use crate::pointer::Out;
use crate::queue::QueueConfig;
use crate::status;
use crate::test_driver::{
    ANY_CODE, Globals, MANUAL, PARALLEL, TestDriver, attributes, buffer, bytes, complete, control,
    queue_config, wdf,
};

/// `METHOD_NEITHER`.
const NEITHER: u32 = 3;
/// `METHOD_OUT_DIRECT`.
const OUT_DIRECT: u32 = 2;

/// What is called when a queue has been purged.
type Purged = extern "win64" fn(WdfQueue, usize);

fn globals_of(place: &AtomicUsize) -> Globals {
    core::ptr::with_exposed_provenance_mut(place.load(Ordering::SeqCst))
}

/// `WdfRequestRetrieveInputWdmMdl` or `WdfRequestRetrieveOutputWdmMdl`: where the list's buffer is, and
/// how long.
fn mdl(globals: Globals, output: bool, request: WdfRequest) -> Result<(usize, u32), NtStatus> {
    let mut list = 1;
    let status = if output {
        wdf!(globals, 272, request => WdfRequest, Out::from(&mut list) => Out<usize>; NtStatus)
    } else {
        wdf!(globals, 271, request => WdfRequest, Out::from(&mut list) => Out<usize>; NtStatus)
    };
    status.into_result().map(|()| {
        let words = bytes(list, 0x30);
        let address = usize::from_le_bytes(words[0x18..0x20].try_into().unwrap());
        let length = u32::from_le_bytes(words[0x28..0x2C].try_into().unwrap());
        (address, length)
    })
}

#[test]
fn a_buffer_of_each_method_has_an_mdl() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn serve(_: WdfQueue, request: WdfRequest, _: usize, _: usize, code: u32) {
        let globals = globals_of(&GLOBALS);
        let (input, output) = (mdl(globals, false, request), mdl(globals, true, request));
        if code == ANY_CODE | NEITHER {
            let refused = Err(NtStatus::INVALID_DEVICE_REQUEST);
            assert_eq!((input, output), (refused, refused));
        } else {
            let (address, _) = buffer(globals, false, request, 0).unwrap();
            assert_eq!(input, Ok((address, 3)));
            let (address, length) = buffer(globals, true, request, 0).unwrap();
            assert_eq!(output, Ok((address, 6)));
            assert_eq!(output, mdl(globals, true, request));
            bytes(address, length).fill(1);
        }
        complete(globals, request, NtStatus::SUCCESS, 0);
    }
    let driver = TestDriver::new();
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    driver.device(&QueueConfig {
        device_control: Some(serve),
        ..queue_config(PARALLEL)
    });
    let file = driver.open().unwrap();
    for code in [ANY_CODE, ANY_CODE | OUT_DIRECT, ANY_CODE | NEITHER] {
        let answer = control(&file, code, b"abc", 6).answer();
        assert_eq!(answer.status, NtStatus::SUCCESS);
    }
    nt_io::close(file);
    driver.unload();
}

static LOCKING: AtomicUsize = AtomicUsize::new(0);
/// The locked input and output.
static LOCKED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// `WdfRequestProbeAndLockUserBufferForRead` or `…ForWrite`.
fn lock(
    request: WdfRequest,
    for_write: bool,
    (address, length): (usize, usize),
) -> Result<WdfMemory, NtStatus> {
    let globals = globals_of(&LOCKING);
    let mut memory = WdfMemory::NULL;
    let status = if for_write {
        wdf!(globals, 279, request => WdfRequest, address => usize, length => usize,
            Out::from(&mut memory) => Out<WdfMemory>; NtStatus)
    } else {
        wdf!(globals, 278, request => WdfRequest, address => usize, length => usize,
            Out::from(&mut memory) => Out<WdfMemory>; NtStatus)
    };
    status.into_result().map(|()| memory)
}

/// The caller's own address of the input or output.
fn user_buffer(request: WdfRequest, output: bool) -> usize {
    let globals = globals_of(&LOCKING);
    let mut address = 0;
    let status = if output {
        wdf!(globals, 274, request => WdfRequest, 0 => usize,
            Out::from(&mut address) => Out<usize>, Out::NULL => Out<usize>; NtStatus)
    } else {
        wdf!(globals, 273, request => WdfRequest, 0 => usize,
            Out::from(&mut address) => Out<usize>, Out::NULL => Out<usize>; NtStatus)
    };
    assert_eq!(status, NtStatus::SUCCESS);
    address
}

extern "win64" fn in_caller_context(device: WdfDevice, request: WdfRequest) {
    let (input, output) = (user_buffer(request, false), user_buffer(request, true));
    let refused = |result: Result<WdfMemory, NtStatus>| result.map(|memory| memory.0).err();
    let violation = Some(status::ACCESS_VIOLATION);
    assert_eq!(refused(lock(request, false, (input, 4))), violation);
    assert_eq!(refused(lock(request, true, (input, 3))), violation);
    let empty = lock(request, false, (input, 0));
    assert_eq!(refused(empty), Some(status::INVALID_USER_BUFFER));
    let memory = [
        lock(request, false, (input, 3)).unwrap(),
        lock(request, true, (output + 2, 3)).unwrap(),
    ];
    for (place, memory) in LOCKED.iter().zip(memory) {
        place.store(memory.0, Ordering::SeqCst);
    }
    let globals = globals_of(&LOCKING);
    let enqueued = wdf!(globals, 91, device => WdfDevice, request => WdfRequest; NtStatus);
    assert_eq!(enqueued, NtStatus::SUCCESS);
}

extern "win64" fn serve_locked(_: WdfQueue, request: WdfRequest, _: usize, _: usize, _: u32) {
    let globals = globals_of(&LOCKING);
    let [input, output] = [0, 1].map(|place: usize| {
        let memory = WdfMemory::new(LOCKED[place].load(Ordering::SeqCst));
        let mut size = 0;
        let buffer = wdf!(globals, 194, memory => WdfMemory,
            Out::from(&mut size) => Out<usize>; usize);
        bytes(buffer, size)
    });
    output.copy_from_slice(input);
    let late = lock(request, false, (input.as_ptr().expose_provenance(), 3));
    assert_eq!(late.err(), Some(status::ACCESS_VIOLATION));
    complete(globals, request, NtStatus::SUCCESS, 6);
}

/// A driver with `EvtIoInCallerContext`, and what its device is made from.
fn driver_with(
    globals: &AtomicUsize,
    in_caller_context: extern "win64" fn(WdfDevice, WdfRequest),
) -> (TestDriver, InitHandle) {
    let driver = TestDriver::new();
    globals.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    let init = driver.init();
    wdf!(driver.globals, 74, init => InitHandle,
        in_caller_context => extern "win64" fn(WdfDevice, WdfRequest); ());
    (driver, init)
}

#[test]
fn a_callers_buffer_is_locked_for_the_time_of_the_request() {
    let (driver, init) = driver_with(&LOCKING, in_caller_context);
    let device = driver.device_from(init, &attributes()).unwrap();
    let config = QueueConfig {
        default_queue: 1,
        device_control: Some(serve_locked),
        ..queue_config(PARALLEL)
    };
    driver.queue(device, &config, &attributes()).unwrap();
    driver.finish(device);
    let file = driver.open().unwrap();
    let answer = control(&file, ANY_CODE | NEITHER, b"abc", 6).answer();
    assert_eq!(answer.status, NtStatus::SUCCESS);
    assert_eq!(answer.output, b"\0\0abc\0");
    nt_io::close(file);
    driver.unload();
}

#[test]
fn the_driver_keeps_a_request_that_its_queue_does_not_accept() {
    static GLOBALS: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn in_caller_context(device: WdfDevice, request: WdfRequest) {
        let globals = globals_of(&GLOBALS);
        let refused = wdf!(globals, 91, device => WdfDevice, request => WdfRequest; NtStatus);
        assert_eq!(refused, status::WDF_BUSY);
        complete(globals, request, NtStatus::NOT_FOUND, 0);
    }
    let (driver, init) = driver_with(&GLOBALS, in_caller_context);
    let device = driver.device_from(init, &attributes()).unwrap();
    let config = QueueConfig {
        default_queue: 1,
        ..queue_config(MANUAL)
    };
    let queue = driver.queue(device, &config, &attributes()).unwrap();
    driver.finish(device);
    wdf!(driver.globals, 165, queue => WdfQueue, None => Option<Purged>, 0 => usize; ());
    let file = driver.open().unwrap();
    let answer = control(&file, ANY_CODE, &[], 0).answer();
    assert_eq!(answer.status, NtStatus::NOT_FOUND);
    nt_io::close(file);
    driver.unload();
}
