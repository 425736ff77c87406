//! A driver that asks another device: at once, and by requests of its own.

use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::handle::{WdfIoTarget, WdfMemory, WdfRequest};
use crate::pointer::{In, Out};
use crate::request::CompletionParams;
use crate::request_api::{MemoryDescriptor, MemoryOffset, SYNCHRONOUS, SendOptions};
use crate::status;
use crate::test_driver::server::{ADD, Client, EMPTY, KEPT, WRITTEN, server};
use crate::test_driver::{ANY_CODE, bytes, complete, wdf};

fn described(bytes: &mut [u8]) -> MemoryDescriptor {
    MemoryDescriptor {
        kind: 1,
        first: bytes.as_mut_ptr().expose_provenance(),
        second: bytes.len(),
    }
}

#[test]
fn a_driver_asks_another_device_by_its_name() {
    let client = Client::unopened();
    assert_eq!(client.state(), 4);
    assert_eq!(client.open(r"\Device\None"), NtStatus::NOT_FOUND);
    assert_eq!(client.open(&server().device_name()), NtStatus::SUCCESS);
    assert_eq!(client.state(), 1);
    let again = client.open(&server().device_name());
    assert_eq!(again, NtStatus::INVALID_DEVICE_STATE);
    let (mut input, mut output, mut returned) = (*b"abc", [0; 5], 0);
    let (asked, answered) = (described(&mut input), described(&mut output));
    let status = wdf!(client.globals(), 186, client.target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, ANY_CODE => u32,
        In::from(&asked) => In<MemoryDescriptor>, In::from(&answered) => In<MemoryDescriptor>,
        In::NULL => In<SendOptions>, Out::from(&mut returned) => Out<usize>; NtStatus);
    assert_eq!((status, returned), (NtStatus::SUCCESS, 3));
    assert_eq!(&output, b"ABC\0\0");
    let status = wdf!(client.globals(), 182, client.target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, In::from(&answered) => In<MemoryDescriptor>,
        In::NULL => In<u64>, In::NULL => In<SendOptions>,
        Out::from(&mut returned) => Out<usize>; NtStatus);
    assert_eq!((status, returned), (NtStatus::SUCCESS, 5));
    assert_eq!(&output, b"rrrrr");
    client.close();
    assert_eq!(client.state(), 4);
    client.unload();
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

/// Formats a request for a control code, and sends it with the routine.
fn ask(client: &Client, request: WdfRequest, code: u32, memory: WdfMemory) {
    client.format(request, code, memory, 1);
    client.set_routine(request, routine, 6);
    assert!(client.send(request, In::NULL));
}

#[test]
fn a_request_of_the_drivers_own_is_sent_cancelled_and_reused() {
    let client = Client::new();
    let request = client.request();
    let (memory, place) = client.memory(b"-xyz");
    ask(&client, request, ANY_CODE, memory);
    assert_eq!(bytes(place, 4), b"XYZz");
    client.reuse(request);
    ask(&client, request, KEPT, memory);
    assert_eq!(OUTCOMES.lock().len(), 1);
    assert!(client.cancel(request));
    client.reuse(request);
    ask(&client, request, KEPT, memory);
    // The close cancels what has been sent.
    client.close();
    let outcomes = [
        (NtStatus::SUCCESS, 3, 6),
        (NtStatus::CANCELLED, 0, 6),
        (NtStatus::CANCELLED, 0, 6),
    ];
    assert_eq!(*OUTCOMES.lock(), outcomes);
    client.delete(request);
    client.unload();
}

/// A moment: 100 ns from now.
pub(super) const AT_ONCE: i64 = -1;
/// An hour from now.
const AN_HOUR: i64 = -36_000_000_000;

/// `WDF_REQUEST_SEND_OPTIONS` with a timeout and other flags.
pub(super) fn limited(flags: u32, timeout: i64) -> SendOptions {
    const TIMEOUT: u32 = 1;
    SendOptions {
        size: 16,
        flags: flags | TIMEOUT,
        timeout,
    }
}

/// `WdfIoTargetSendIoctlSynchronously` without buffers.
pub(super) fn call(client: &Client, code: u32, options: In<SendOptions>) -> NtStatus {
    wdf!(client.globals(), 186, client.target => WdfIoTarget, WdfRequest::NULL => WdfRequest,
        code => u32, In::NULL => In<MemoryDescriptor>, In::NULL => In<MemoryDescriptor>,
        options => In<SendOptions>, Out::NULL => Out<usize>; NtStatus)
}

#[test]
fn a_call_with_a_request_does_not_call_its_routine() {
    extern "win64" fn unexpected(_: WdfRequest, _: WdfIoTarget, _: &CompletionParams, _: usize) {
        panic!("the call itself has the outcome");
    }
    let client = Client::new();
    let request = client.request();
    client.set_routine(request, unexpected, 0);
    let status = wdf!(client.globals(), 186, client.target => WdfIoTarget, request => WdfRequest,
        EMPTY => u32, In::NULL => In<MemoryDescriptor>, In::NULL => In<MemoryDescriptor>,
        In::NULL => In<SendOptions>, Out::NULL => Out<usize>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    client.delete(request);
    client.unload();
}

/// Sends a request for a control code and waits for it. What `WdfRequestGetStatus` says then.
fn send_limited(client: &Client, request: WdfRequest, code: u32, timeout: i64) -> NtStatus {
    client.format(request, code, WdfMemory::NULL, 0);
    client.send(request, In::from(&limited(SYNCHRONOUS, timeout)));
    client.status(request)
}

#[test]
fn a_request_is_cancelled_when_its_time_is_up() {
    let client = Client::new();
    let request = client.request();
    let late = send_limited(&client, request, KEPT, AT_ONCE);
    assert_eq!(late, status::IO_TIMEOUT);
    client.reuse(request);
    let timely = send_limited(&client, request, EMPTY, AN_HOUR);
    assert_eq!(timely, NtStatus::SUCCESS);
    let called = call(&client, KEPT, In::from(&limited(0, AT_ONCE)));
    assert_eq!(called, status::IO_TIMEOUT);
    client.unload();
}

/// Sends a request and waits for it. Its `WDF_REQUEST_COMPLETION_PARAMS` then.
fn send_formatted(client: &Client, request: WdfRequest) -> CompletionParams {
    assert!(client.send(request, In::from(&limited(SYNCHRONOUS, AN_HOUR))));
    let mut params = CompletionParams::default();
    wdf!(client.globals(), 261, request => WdfRequest,
        Out::from(&mut params) => Out<CompletionParams>; ());
    params
}

#[test]
fn a_request_is_formatted_for_a_read_and_a_write() {
    let client = Client::new();
    let request = client.request();
    let (memory, place) = client.memory(b"-abc");
    let part = MemoryOffset {
        offset: 1,
        length: 2,
    };
    let status = wdf!(client.globals(), 183, client.target => WdfIoTarget, request => WdfRequest,
        memory => WdfMemory, In::from(&part) => In<MemoryOffset>, In::NULL => In<u64>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let params = send_formatted(&client, request);
    assert_eq!((params.request_type, params.information), (3, 2));
    assert_eq!(params.parameters[..3], [memory.0, 2, 1]);
    client.reuse(request);
    let status = wdf!(client.globals(), 185, client.target => WdfIoTarget, request => WdfRequest,
        memory => WdfMemory, In::from(&part) => In<MemoryOffset>, In::NULL => In<u64>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let params = send_formatted(&client, request);
    assert_eq!((params.request_type, params.information), (4, 2));
    assert_eq!(params.parameters[..3], [memory.0, 2, 1]);
    assert_eq!(bytes(place, 4), b"-rrc");
    assert_eq!(*WRITTEN.lock(), b"rr");
    client.unload();
}

#[test]
fn a_control_request_between_drivers_has_its_own_callback() {
    let client = Client::new();
    let (mut input, mut output, mut returned) = (*b"abc", [0; 3], 0);
    let (asked, answered) = (described(&mut input), described(&mut output));
    let status = wdf!(client.globals(), 188, client.target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, ANY_CODE => u32,
        In::from(&asked) => In<MemoryDescriptor>, In::from(&answered) => In<MemoryDescriptor>,
        In::NULL => In<SendOptions>, Out::from(&mut returned) => Out<usize>; NtStatus);
    assert_eq!((status, returned), (NtStatus::SUCCESS, 3));
    assert_eq!(&output, b"cba");
    let request = client.request();
    let (memory, place) = client.memory(b"xyz");
    let status = wdf!(client.globals(), 189, client.target => WdfIoTarget, request => WdfRequest,
        ANY_CODE => u32, memory => WdfMemory, In::NULL => In<MemoryOffset>, memory => WdfMemory,
        In::NULL => In<MemoryOffset>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let params = send_formatted(&client, request);
    assert_eq!((params.request_type, params.parameters[5]), (15, 3));
    assert_eq!(bytes(place, 3), b"zyx");
    client.unload();
}

#[test]
fn a_control_request_between_drivers_has_arguments_of_theirs() {
    let client = Client::new();
    let (mut first, mut second, mut sum) = ([2], [3], [0]);
    let arguments = [&mut first, &mut second, &mut sum].map(|argument| described(argument));
    let [first, second, fourth] = arguments.each_ref().map(In::from);
    let status = wdf!(client.globals(), 190, client.target => WdfIoTarget,
        WdfRequest::NULL => WdfRequest, ADD => u32, first => In<MemoryDescriptor>,
        second => In<MemoryDescriptor>, fourth => In<MemoryDescriptor>,
        In::NULL => In<SendOptions>, Out::NULL => Out<usize>; NtStatus);
    assert_eq!((status, sum), (NtStatus::SUCCESS, [5]));
    let request = client.request();
    let (memory, place) = client.memory(&[7, 9, 0]);
    let parts = [0, 1, 2].map(|offset| MemoryOffset { offset, length: 1 });
    let [first, second, fourth] = parts.each_ref().map(In::from);
    let status = wdf!(client.globals(), 191, client.target => WdfIoTarget, request => WdfRequest,
        ADD => u32, memory => WdfMemory, first => In<MemoryOffset>, memory => WdfMemory,
        second => In<MemoryOffset>, memory => WdfMemory, fourth => In<MemoryOffset>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let params = send_formatted(&client, request);
    assert_eq!(params.request_type, 28);
    assert_eq!(params.parameters[..4], [memory.0, memory.0, 0, memory.0]);
    assert_eq!(bytes(place, 3), [7, 9, 16]);
    client.unload();
}

#[test]
fn a_request_of_the_drivers_own_is_not_completed() {
    let report = expect_stop!(|| {
        let client = Client::unopened();
        let request = client.request();
        complete(client.globals(), request, NtStatus::SUCCESS, 0);
    });
    assert!(report.contains("WdfObjectDelete ends it"), "{report}");
}

#[test]
fn a_request_is_formatted_before_it_is_sent() {
    let report = expect_stop!(|| {
        let client = Client::new();
        client.send(client.request(), In::NULL);
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
    let server = server();
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
}
