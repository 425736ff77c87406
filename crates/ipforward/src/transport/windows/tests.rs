//! The transport with AFD, the socket driver of Windows and Wine: its calls can be pending, cancelled
//! and fail later, like those of the IpForward driver.

use std::net::{TcpListener, TcpStream};
use std::os::windows::io::{AsRawSocket, BorrowedHandle};
use std::thread;
use std::time::Duration;

use super::*;

/// Waits for events of sockets.
const POLL: ControlCode = ControlCode(0x0001_2024);
/// Receives data into the buffers of the input.
const RECEIVE: ControlCode = ControlCode(0x0001_2017);

/// A connection can be accepted.
const POLL_ACCEPT: u32 = 0x80;
/// The call waits, also on a nonblocking socket.
const OVERLAPPED_CALL: u32 = 2;
/// Normal, not urgent data.
const RECEIVE_NORMAL: u32 = 0x20;

/// `STATUS_CONNECTION_RESET`, which the contract does not list.
const CONNECTION_RESET: NtStatus = NtStatus::new(0xC000_020D);
/// The Win32 error for it.
const ERROR_NETNAME_DELETED: u32 = 64;

/// A second handle to a socket.
fn handle_to(socket: &impl AsRawSocket) -> DeviceHandle {
    let raw = std::ptr::with_exposed_provenance_mut(
        usize::try_from(socket.as_raw_socket()).expect("a handle is as wide as a pointer"),
    );
    // SAFETY: the socket is open while this function borrows it.
    let borrowed = unsafe { BorrowedHandle::borrow_raw(raw) };
    DeviceHandle {
        device: borrowed.try_clone_to_owned().unwrap(),
        in_flight: Mutex::default(),
    }
}

/// `AFD_POLL_INFO`: waits for a connection to one socket, without a timeout.
fn poll_input(socket: &TcpListener) -> Vec<u8> {
    let mut input = i64::MAX.to_ne_bytes().to_vec();
    input.extend([1, 0].map(u32::to_ne_bytes).as_flattened());
    input.extend(socket.as_raw_socket().to_ne_bytes());
    input.extend([POLL_ACCEPT, 0].map(u32::to_ne_bytes).as_flattened());
    input
}

fn poll(handle: &DeviceHandle, socket: &TcpListener) -> (Result<usize, TransportError>, Vec<u8>) {
    let input = poll_input(socket);
    let mut output = vec![0; input.len()];
    let result = handle.device_control(POLL, &input, &mut output);
    (result, output)
}

/// `AFD_RECV_INFO`: a list of one `WSABUF`.
fn receive(handle: &DeviceHandle, buffer: &mut [u8]) -> Result<usize, TransportError> {
    let address = buffer.as_mut_ptr().expose_provenance();
    let list = [buffer.len(), address];
    let mut input = list.as_ptr().expose_provenance().to_ne_bytes().to_vec();
    let numbers = [1, OVERLAPPED_CALL, RECEIVE_NORMAL, 0];
    input.extend(numbers.map(u32::to_ne_bytes).as_flattened());
    handle.device_control(RECEIVE, &input, &mut [])
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn connect_to(listener: &TcpListener) -> TcpStream {
    TcpStream::connect(listener.local_addr().unwrap()).unwrap()
}

fn refused(failure: TransportError) -> DriverError {
    match failure {
        TransportError::Refused(driver_error) => driver_error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_pending_call_returns_its_answer() {
    let listener = listen();
    let handle = handle_to(&listener);
    thread::scope(|scope| {
        let call = scope.spawn(|| poll(&handle, &listener));
        // This must not cancel calls with another code.
        for _ in 0..10 {
            handle.cancel(RECEIVE);
            thread::sleep(Duration::from_millis(10));
        }
        assert!(!call.is_finished());
        let _connection = connect_to(&listener);
        let (result, output) = call.join().unwrap();
        assert_eq!(result, Ok(output.len()));
        let events = output[24..28].try_into().unwrap();
        assert_eq!(u32::from_ne_bytes(events), POLL_ACCEPT);
    });
    assert!(handle.calls().is_empty());
}

#[test]
fn several_pending_calls_are_all_cancelled() {
    let listener = listen();
    let handle = handle_to(&listener);
    thread::scope(|scope| {
        let calls = [(); 3].map(|()| scope.spawn(|| poll(&handle, &listener)));
        // The first cancellation may run before a call has begun.
        while calls.iter().any(|call| !call.is_finished()) {
            handle.cancel(POLL);
            thread::yield_now();
        }
        for call in calls {
            let (result, _) = call.join().unwrap();
            let driver_error = refused(result.unwrap_err());
            assert_eq!(driver_error.status(), Some(NtStatus::CANCELLED));
            assert_eq!(driver_error.win32(), Some(995));
        }
    });
    assert!(handle.calls().is_empty());
}

#[test]
fn a_call_refused_at_once_has_a_win32_error() {
    let handle = handle_to(&listen());
    let failure = handle.device_control(POLL, &[0], &mut [0]).unwrap_err();
    assert_eq!(refused(failure).win32(), Some(87));
    assert!(handle.calls().is_empty());
}

/// The error of a call whose connection is reset after a delay.
fn reset_after(delay: Duration) -> DriverError {
    let listener = listen();
    let stream = connect_to(&listener);
    let (peer, _) = listener.accept().unwrap();
    let handle = handle_to(&stream);
    thread::scope(|scope| {
        let call = scope.spawn(|| receive(&handle, &mut [0; 8]));
        io::Write::write_all(&mut &stream, b"never read").unwrap();
        // Unread data makes the close a reset.
        let mut arrived = [0; 10];
        while peer.peek(&mut arrived).unwrap() < arrived.len() {}
        thread::sleep(delay);
        drop(peer);
        refused(call.join().unwrap().unwrap_err())
    })
}

#[test]
fn a_call_refused_later_has_its_ntstatus() {
    let delays = (0..8).map(|tries| Duration::from_millis(50 << tries));
    // On a busy system the reset can run before the call, which then does not wait.
    let driver_error = delays.map(reset_after).find(|it| it.status().is_some());
    let exact = DriverError::from_both(CONNECTION_RESET, ERROR_NETNAME_DELETED);
    assert_eq!(driver_error, Some(exact));
}

#[test]
fn a_missing_device_differs_from_a_denied_one() {
    let path = Path::new(r"\\.\There is no such device");
    let error = open(path, Access::ReadWrite).map(drop).unwrap_err();
    assert_eq!(error, Error::DeviceNotFound { path: path.into() });
}
