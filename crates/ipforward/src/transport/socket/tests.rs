//! The socket transport with a fake host.

use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::thread;

use nthost_protocol::syscall::CallKind;
use nthost_protocol::{ReplyHeader, receive, send};

use super::super::connection::HostReply;
use super::*;

fn reply(call: &CallHeader, status: NtStatus, information: u64, payload: &[u8]) -> HostReply {
    let header = ReplyHeader {
        id: call.id,
        information: U64::new(information),
        status: U32::new(status.bits()),
        length: U32::new(u32::try_from(payload.len()).unwrap()),
    };
    (header, payload.to_vec())
}

/// The host's end of a connection.
struct HostEnd(UnixStream);

impl HostEnd {
    fn next(&mut self) -> Option<(CallHeader, Vec<u8>)> {
        receive(&mut self.0).unwrap()
    }

    fn answer(&mut self, (header, payload): &HostReply) {
        send(&mut self.0, header, payload).unwrap();
    }

    /// Lists these device interfaces.
    fn list(&mut self, paths: &[u8]) {
        let (call, class) = self.next().unwrap();
        assert_eq!(call.kind, CallKind::Interfaces as u32);
        assert_eq!(class, b"{2de02548-1cf9-4bc1-bd62-66f497f2d9b9}");
        self.answer(&reply(&call, NtStatus::SUCCESS, 0, paths));
    }

    fn accept_open(&mut self) -> CallHeader {
        self.list(b"\\\\?\\first\n\\\\?\\second");
        let (call, name) = self.next().unwrap();
        assert_eq!(call.kind, CallKind::Open as u32);
        assert_eq!(name, br"\\?\first");
        self.answer(&reply(&call, NtStatus::SUCCESS, 42, &[]));
        call
    }
}

/// A transport and its fake host, which runs in its own thread.
fn open(
    access: Access,
    host: impl FnOnce(HostEnd) + Send + 'static,
) -> (Result<Box<dyn Transport>, Error>, thread::JoinHandle<()>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host");
    let listener = UnixListener::bind(&path).unwrap();
    let host = thread::spawn(move || host(HostEnd(listener.accept().unwrap().0)));
    (super::open(&path, access), host)
}

fn control(device: &dyn Transport, code: u32) -> Result<Vec<u8>, TransportError> {
    let mut output = [0; 8];
    let length = device.device_control(ControlCode(code), b"in", &mut output)?;
    Ok(output[..length].to_vec())
}

#[test]
fn open_sends_the_access_and_drop_closes_the_handle() {
    for (access, desired) in [(Access::ReadOnly, 1), (Access::ReadWrite, 3)] {
        let (device, host) = open(access, move |mut host| {
            assert_eq!(host.accept_open().argument, desired);
            let (close, _) = host.next().unwrap();
            assert_eq!((close.kind.get(), close.handle.get()), (2, 42));
            host.answer(&reply(&close, NtStatus::SUCCESS, 0, &[]));
            assert!(host.next().is_none());
        });
        drop(device.unwrap());
        host.join().unwrap();
    }
}

#[test]
fn replies_reach_their_callers_in_any_order() {
    let (both_asked, proceed) = mpsc::channel();
    let (device, host) = open(Access::ReadWrite, move |mut host| {
        host.accept_open();
        let (first, _) = host.next().unwrap();
        both_asked.send(()).unwrap();
        let (second, _) = host.next().unwrap();
        for call in [second, first] {
            let echo = call.argument.get().to_le_bytes();
            host.answer(&reply(&call, NtStatus::SUCCESS, 4, &echo));
        }
    });
    let device = device.unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| control(&*device, 1));
        proceed.recv().unwrap();
        assert_eq!(control(&*device, 2), Ok(vec![2, 0, 0, 0]));
        assert_eq!(first.join().unwrap(), Ok(vec![1, 0, 0, 0]));
    });
    host.join().unwrap();
}

#[test]
fn cancel_names_the_calls_in_flight_with_the_code() {
    let (both_asked, proceed) = mpsc::channel();
    let (device, host) = open(Access::ReadWrite, move |mut host| {
        host.accept_open();
        let first = host.next().unwrap().0;
        let second = host.next().unwrap().0;
        both_asked.send(()).unwrap();
        let (cancel, _) = host.next().unwrap();
        assert_eq!(cancel.kind, CallKind::Cancel as u32);
        assert_eq!(cancel.handle, 42);
        let (cancelled, other) = match first.argument.get() {
            1 => (first, second),
            _ => (second, first),
        };
        assert_eq!(cancel.target, cancelled.id);
        host.answer(&reply(&cancel, NtStatus::SUCCESS, 0, &[]));
        host.answer(&reply(&cancelled, NtStatus::CANCELLED, 0, &[]));
        host.answer(&reply(&other, NtStatus::SUCCESS, 0, &[]));
    });
    let device = device.unwrap();
    thread::scope(|scope| {
        let cancelled = scope.spawn(|| control(&*device, 1));
        let other = scope.spawn(|| control(&*device, 2));
        proceed.recv().unwrap();
        device.cancel(ControlCode(3));
        device.cancel(ControlCode(1));
        let driver_error = DriverError::from_status(NtStatus::CANCELLED);
        assert_eq!(
            cancelled.join().unwrap(),
            Err(TransportError::Refused(driver_error))
        );
        assert_eq!(other.join().unwrap(), Ok(Vec::new()));
    });
    host.join().unwrap();
}

#[test]
fn a_lost_host_ends_this_call_and_later_ones() {
    let (device, host) = open(Access::ReadWrite, |mut host| {
        host.accept_open();
        host.next().unwrap();
    });
    let device = device.unwrap();
    assert!(matches!(control(&*device, 1), Err(TransportError::Gone(_))));
    host.join().unwrap();
    assert!(matches!(control(&*device, 1), Err(TransportError::Gone(_))));
}

#[test]
fn an_unexpected_reply_ends_the_connection() {
    let (device, host) = open(Access::ReadWrite, |mut host| {
        host.accept_open();
        let (mut call, _) = host.next().unwrap();
        call.id += 1;
        host.answer(&reply(&call, NtStatus::SUCCESS, 0, &[]));
        host.next();
    });
    let device = device.unwrap();
    assert_eq!(
        control(&*device, 1),
        Err(TransportError::Gone(io::ErrorKind::InvalidData))
    );
    drop(device);
    host.join().unwrap();
}

#[test]
fn an_answer_of_a_wrong_length_is_malformed() {
    let (device, host) = open(Access::ReadWrite, |mut host| {
        host.accept_open();
        for (information, payload) in [(9, [0; 9].as_slice()), (4, &[0; 3])] {
            let (call, _) = host.next().unwrap();
            assert_eq!(call.output_length, 8);
            host.answer(&reply(&call, NtStatus::SUCCESS, information, payload));
        }
    });
    let device = device.unwrap();
    let malformed = |expected, actual| {
        Err(TransportError::Malformed(Malformed::Length {
            expected,
            actual,
        }))
    };
    assert_eq!(control(&*device, 1), malformed(8, 9));
    assert_eq!(control(&*device, 1), malformed(4, 3));
    drop(device);
    host.join().unwrap();
}

#[test]
fn statuses_of_open_become_errors() {
    for (status, is_cause) in [
        (
            NtStatus::OBJECT_NAME_NOT_FOUND,
            (|error| matches!(error, Error::DeviceNotFound { .. })) as fn(&Error) -> bool,
        ),
        (NtStatus::ACCESS_DENIED, |error| {
            matches!(error, Error::AccessDenied { .. })
        }),
        (NtStatus::INVALID_DEVICE_STATE, |error| {
            matches!(error, Error::OpenRefused { .. })
        }),
    ] {
        let (device, host) = open(Access::ReadWrite, move |mut host| {
            host.list(b"");
            let (call, _) = host.next().unwrap();
            host.answer(&reply(&call, status, 0, &[]));
        });
        let error = device.err().unwrap();
        assert!(is_cause(&error), "{error}");
        assert_eq!(error.status(), Some(status));
        host.join().unwrap();
    }
}

#[test]
fn a_missing_host_is_a_missing_device() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-host");
    let error = super::open(&path, Access::ReadWrite).err().unwrap();
    assert_eq!(error, Error::DeviceNotFound { path });
}

#[test]
fn an_input_too_large_for_a_message_is_not_sent() {
    let (device, host) = open(Access::ReadWrite, |mut host| {
        host.accept_open();
        let (close, _) = host.next().unwrap();
        assert_eq!(close.kind, CallKind::Close as u32);
    });
    let device = device.unwrap();
    let length = PAYLOAD_MAX as usize + 1;
    assert_eq!(
        device.device_control(ControlCode(1), &vec![0; length], &mut []),
        Err(TransportError::TooLarge { length })
    );
    drop(device);
    host.join().unwrap();
}
