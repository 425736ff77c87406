//! Clients and a server without a driver: the answers of the system call interface itself.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use nt_types::NtStatus;
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};

use super::{Listener, Server};

/// A server at a socket of one test's own.
fn start(test: &str) -> (Server, PathBuf) {
    let name = format!("nthost-server-{}-{test}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let (commands, _) = crate::pnp_commands::channel();
    let server = Server::start(Listener::bind(&path).unwrap(), commands).unwrap();
    (server, path)
}

/// Makes a call, and gives the id and the status of the reply.
fn call(stream: &mut UnixStream, header: CallHeader, payload: &[u8]) -> (u64, NtStatus) {
    let length = U32::new(u32::try_from(payload.len()).unwrap());
    send(stream, &CallHeader { length, ..header }, payload).unwrap();
    let (reply, _) = receive::<ReplyHeader>(stream).unwrap().unwrap();
    (reply.id.get(), NtStatus::new(reply.status.get()))
}

fn header(id: u64, kind: u32) -> CallHeader {
    CallHeader {
        id: U64::new(id),
        kind: U32::new(kind),
        ..CallHeader::default()
    }
}

#[test]
fn calls_that_no_driver_sees_are_answered() {
    let (server, path) = start("answers");
    let mut client = UnixStream::connect(&path).unwrap();
    let open = header(1, CallKind::Open as u32);
    let answer = call(&mut client, open, br"\\.\NoSuchDevice");
    assert_eq!(answer, (1, NtStatus::OBJECT_NAME_NOT_FOUND));
    for (kind, status) in [
        (CallKind::Close as u32, NtStatus::INVALID_HANDLE),
        (CallKind::DeviceControl as u32, NtStatus::INVALID_HANDLE),
        (CallKind::Read as u32, NtStatus::INVALID_HANDLE),
        (CallKind::Cancel as u32, NtStatus::NOT_FOUND),
        (99, NtStatus::INVALID_PARAMETER),
    ] {
        assert_eq!(
            call(&mut client, header(2, kind), b""),
            (2, status),
            "{kind}"
        );
    }
    server.stop();
}

#[test]
fn stopping_ends_clients_and_removes_the_socket() {
    let (server, path) = start("stops");
    let mut client = UnixStream::connect(&path).unwrap();
    let _ = call(&mut client, header(1, CallKind::Close as u32), b"");
    server.stop();
    assert!(receive::<ReplyHeader>(&mut client).unwrap().is_none());
    assert!(!path.exists());
}

#[test]
fn a_client_that_breaks_off_leaves_the_others_alone() {
    let (server, path) = start("breaks");
    let mut other = UnixStream::connect(&path).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    std::io::Write::write_all(&mut client, &[0; 7]).unwrap();
    drop(client);
    let close = header(1, CallKind::Close as u32);
    assert_eq!(call(&mut other, close, b""), (1, NtStatus::INVALID_HANDLE));
    server.stop();
}
