//! Buffers, completion, access.

use nt_io::Call;
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::handle::{Handle, WdfMemory, WdfObject, WdfQueue, WdfRequest};
use crate::pointer::Out;
use crate::queue::QueueConfig;
use crate::request::RequestParameters;
use crate::test_driver::{
    ANY_CODE, Globals, PARALLEL, TestDriver, buffer, bytes, complete, control, queue_config, send,
    wdf,
};

/// Makes a driver whose `EvtIoDeviceControl` is the body.
macro_rules! driver_that {
    (|$globals:ident, $request:ident, $output:ident, $input:ident, $code:ident| $body:expr) => {{
        static GLOBALS: Mutex<usize> = Mutex::new(0);
        extern "win64" fn serve(
            _queue: WdfQueue,
            $request: WdfRequest,
            $output: usize,
            $input: usize,
            $code: u32,
        ) {
            let address = *GLOBALS.lock();
            let $globals: Globals = core::ptr::with_exposed_provenance_mut(address);
            $body
        }
        let driver = TestDriver::new();
        *GLOBALS.lock() = driver.globals.expose_provenance();
        driver.device(&QueueConfig {
            device_control: Some(serve),
            ..queue_config(PARALLEL)
        });
        driver
    }};
}

#[test]
fn input_comes_and_output_goes_through_one_buffer() {
    let driver = driver_that!(|globals, request, output, input, code| {
        assert_eq!((output, input, code), (6, 3, ANY_CODE));
        let (from, from_length) = buffer(globals, false, request, 0).unwrap();
        let (to, to_length) = buffer(globals, true, request, 6).unwrap();
        assert_eq!((from, from_length, to_length), (to, 3, 6));
        assert_eq!(bytes(from, 3), b"abc");
        bytes(to, 6).copy_from_slice(b"answer");
        complete(globals, request, NtStatus::SUCCESS, 4);
    });
    let file = driver.open().unwrap();
    let answer = control(&file, ANY_CODE, b"abc", 6).answer();
    assert_eq!((answer.status, answer.information), (NtStatus::SUCCESS, 4));
    assert_eq!(answer.output, b"answ");
    nt_io::close(file);
    driver.unload();
}

#[test]
fn an_error_carries_no_bytes_and_a_warning_does() {
    let driver = driver_that!(|globals, request, _output, _input, code| {
        let (address, length) = buffer(globals, true, request, 0).unwrap();
        bytes(address, length).fill(7);
        let warns = code == ANY_CODE;
        let status = NtStatus::new(if warns { 0x8000_0005 } else { 0xC000_0001 });
        complete(globals, request, status, 100);
    });
    let file = driver.open().unwrap();
    let warned = control(&file, ANY_CODE, &[], 2).answer();
    assert_eq!((warned.information, warned.output), (100, vec![7, 7]));
    let failed = control(&file, ANY_CODE + 4, &[], 2).answer();
    assert_eq!((failed.information, failed.output), (100, vec![]));
    nt_io::close(file);
    driver.unload();
}

#[test]
fn output_that_was_never_written_stops() {
    let report = expect_stop!(|| {
        let driver = driver_that!(|globals, request, _output, _input, _code| {
            complete(globals, request, NtStatus::SUCCESS, 8);
        });
        let file = driver.open().unwrap();
        control(&file, ANY_CODE, &[1], 8).answer();
    });
    assert!(report.contains("never wrote, at 1..8"), "{report}");
}

#[test]
fn a_direct_request_writes_the_callers_buffer_at_once() {
    const OUT_DIRECT: u32 = ANY_CODE + 2;
    let driver = driver_that!(|globals, request, _output, _input, _code| {
        let (input, _) = buffer(globals, false, request, 4).unwrap();
        let (output, length) = buffer(globals, true, request, 2).unwrap();
        assert_ne!(input, output);
        bytes(output, length).fill(7);
        assert_eq!(bytes(input, 4), [1, 2, 3, 4]);
        complete(globals, request, NtStatus::SUCCESS, 1);
    });
    let file = driver.open().unwrap();
    let answer = control(&file, OUT_DIRECT, &[1, 2, 3, 4], 2).answer();
    assert_eq!((answer.information, answer.output), (1, vec![7, 7]));
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_direction_without_bytes_is_too_small() {
    let driver = driver_that!(|globals, request, _output, _input, _code| {
        let small = Err(NtStatus::BUFFER_TOO_SMALL);
        assert_eq!(buffer(globals, false, request, 0), small);
        assert_eq!(buffer(globals, true, request, 3), small);
        assert_eq!(buffer(globals, true, request, 2).unwrap().1, 2);
        complete(globals, request, NtStatus::SUCCESS, 0);
    });
    let file = driver.open().unwrap();
    control(&file, ANY_CODE, &[], 2).answer();
    nt_io::close(file);
    driver.unload();
}

#[test]
fn the_parameters_are_the_calls() {
    let driver = driver_that!(|globals, request, _output, _input, _code| {
        let mut parameters = RequestParameters {
            size: 40,
            ..RequestParameters::default()
        };
        wdf!(globals, 266, request => WdfRequest,
            Out::from(&mut parameters) => Out<RequestParameters>; ());
        let found = (parameters.request_type, parameters.first, parameters.second);
        assert_eq!((found, parameters.third), ((14, 5, 2), ANY_CODE as usize));
        let process = wdf!(globals, 447, request => WdfRequest; u32);
        let mode = wdf!(globals, 280, request => WdfRequest; i8);
        assert_eq!((process, mode), (77, 1));
        complete(globals, request, NtStatus::SUCCESS, 0);
    });
    let file = driver.open().unwrap();
    control(&file, ANY_CODE, &[0; 2], 5).answer();
    nt_io::close(file);
    driver.unload();
}

#[test]
fn a_code_asks_for_the_access_that_is_in_it() {
    const READ_CODE: u32 = 0x12_6000;
    const WRITE_CODE: u32 = 0x12_A000;
    let driver = driver_that!(|globals, request, _output, _input, _code| {
        complete(globals, request, NtStatus::SUCCESS, 0);
    });
    let status = |access, code| {
        let file = driver.open_for(access).unwrap();
        let answer = control(&file, code, &[], 0).answer();
        nt_io::close(file);
        answer.status
    };
    assert_eq!(status(1, READ_CODE), NtStatus::SUCCESS);
    assert_eq!(status(1, WRITE_CODE), NtStatus::ACCESS_DENIED);
    assert_eq!(status(2, READ_CODE), NtStatus::ACCESS_DENIED);
    assert_eq!(status(2, WRITE_CODE), NtStatus::SUCCESS);
    assert_eq!(status(0, ANY_CODE), NtStatus::SUCCESS);
    driver.unload();
}

#[test]
fn a_request_that_no_callback_takes_is_refused() {
    let driver = driver_that!(|globals, request, _output, _input, _code| {
        complete(globals, request, NtStatus::SUCCESS, 0);
    });
    let file = driver.open().unwrap();
    let read = send(&file, Call::Read { length: 4 }).answer();
    assert_eq!(read.status, NtStatus::INVALID_DEVICE_REQUEST);
    let nothing = send(&file, Call::Read { length: 0 }).answer();
    assert_eq!(nothing.status, NtStatus::SUCCESS);
    nt_io::close(file);
    driver.unload();
}

#[test]
fn the_frameworks_own_statuses_stay_inside() {
    let driver = driver_that!(|globals, request, _output, _input, _code| {
        complete(globals, request, NtStatus::new(0xC020_0204), 0);
    });
    let file = driver.open().unwrap();
    let answer = control(&file, ANY_CODE, &[], 0).answer();
    assert_eq!(answer.status, NtStatus::new(0x8000_0011));
    nt_io::close(file);
    driver.unload();
}

#[test]
fn information_beyond_the_room_stops() {
    let report = expect_stop!(|| {
        let driver = driver_that!(|globals, request, _output, _input, _code| {
            complete(globals, request, NtStatus::SUCCESS, 9);
        });
        control(&driver.open().unwrap(), ANY_CODE, &[], 8);
    });
    assert!(report.contains("WDF_VIOLATION (0x6, 0x4"), "{report}");
    assert!(
        report.contains("Information 9, but has room for 8 bytes"),
        "{report}"
    );
}

#[test]
fn a_second_completion_stops() {
    let report = expect_stop!(|| {
        let driver = driver_that!(|globals, request, _output, _input, _code| {
            complete(globals, request, NtStatus::SUCCESS, 0);
            complete(globals, request, NtStatus::SUCCESS, 0);
        });
        control(&driver.open().unwrap(), ANY_CODE, &[], 0);
    });
    let words = "WdfRequestCompleteWithInformation: Request has to be a WDFREQUEST";
    assert!(report.contains(words), "{report}");
    assert!(
        report.contains("is a WDFREQUEST that has been completed"),
        "{report}"
    );
}

#[test]
fn a_touch_after_completion_stops() {
    let report = expect_stop!(|| {
        let driver = driver_that!(|globals, request, _output, _input, _code| {
            complete(globals, request, NtStatus::SUCCESS, 0);
            buffer(globals, true, request, 0).unwrap();
        });
        control(&driver.open().unwrap(), ANY_CODE, &[], 8);
    });
    assert!(
        report.contains("WdfRequestRetrieveOutputBuffer"),
        "{report}"
    );
    assert!(report.contains("that has been completed"), "{report}");
}

#[test]
fn memory_of_a_completed_request_must_not_be_referenced() {
    let report = expect_stop!(|| {
        let driver = driver_that!(|globals, request, _output, _input, _code| {
            let mut memory = WdfMemory::NULL;
            let status = wdf!(globals, 268, request => WdfRequest,
                Out::from(&mut memory) => Out<WdfMemory>; NtStatus);
            assert_eq!(status, NtStatus::SUCCESS);
            wdf!(globals, 205, Handle::new(memory.0) => WdfObject, 0 => usize, 0 => i32,
                0 => usize; ());
            complete(globals, request, NtStatus::SUCCESS, 0);
        });
        control(&driver.open().unwrap(), ANY_CODE, &[], 8);
    });
    assert!(report.contains("WDF_VIOLATION (0x3"), "{report}");
}
