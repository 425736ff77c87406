//! A client process: a connection to the host, over which it makes system calls.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nt_types::{Guid, NtStatus};
use nthost_protocol::control::ControlKind;
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, PAYLOAD_MAX, ReplyHeader, receive};
use zerocopy::little_endian::{U32, U64};

/// `FILE_READ_DATA` and `FILE_WRITE_DATA`.
const READ_AND_WRITE: u32 = 3;
/// No call takes this long, even on a busy computer.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// How long a look at an ending process takes at most.
const EXIT_POLL: Duration = Duration::from_millis(10);

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `IO_STATUS_BLOCK.Status`.
    pub status: NtStatus,
    /// `IO_STATUS_BLOCK.Information`.
    pub information: u64,
    /// The bytes of the output buffer that the driver returned.
    pub output: Vec<u8>,
}

/// A client process. Dropping it ends the process as `TerminateProcess` does: its requests are
/// cancelled and its handles are closed.
pub struct Process {
    stream: UnixStream,
    last: u64,
    early: HashMap<u64, Reply>,
}

impl Process {
    /// Starts a client process of the host at `socket`.
    ///
    /// # Panics
    ///
    /// If no host listens there.
    #[must_use]
    pub fn start(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("a host listens at the socket");
        stream
            .set_read_timeout(Some(TIME_LIMIT))
            .expect("a socket can have a time limit");
        Self {
            stream,
            last: 0,
            early: HashMap::new(),
        }
    }

    /// `CreateFile` for reading and writing; the result is the handle.
    ///
    /// # Errors
    ///
    /// The status with which the I/O manager or the driver refused.
    pub fn open(&mut self, name: &str) -> Result<u64, NtStatus> {
        self.open_for(name, READ_AND_WRITE)
    }

    /// `CreateFile` with this desired access: 1 is `FILE_READ_DATA`, 2 is `FILE_WRITE_DATA`.
    ///
    /// # Errors
    ///
    /// The status with which the I/O manager or the driver refused.
    pub fn open_for(&mut self, name: &str, access: u32) -> Result<u64, NtStatus> {
        let reply = self.call(CallKind::Open, 0, access, name.as_bytes(), 0);
        reply.status.into_result().map(|()| reply.information)
    }

    /// `DuplicateHandle` within the process.
    ///
    /// # Errors
    ///
    /// The status.
    pub fn duplicate(&mut self, handle: u64) -> Result<u64, NtStatus> {
        let reply = self.call(CallKind::Duplicate, handle, 0, &[], 0);
        reply.status.into_result().map(|()| reply.information)
    }

    /// `CloseHandle`.
    pub fn close(&mut self, handle: u64) -> NtStatus {
        self.call(CallKind::Close, handle, 0, &[], 0).status
    }

    /// `ReadFile` of up to `room` bytes.
    pub fn read(&mut self, handle: u64, room: u32) -> Reply {
        self.call(CallKind::Read, handle, 0, &[], room)
    }

    /// `WriteFile`.
    pub fn write(&mut self, handle: u64, data: &[u8]) -> Reply {
        self.call(CallKind::Write, handle, 0, data, 0)
    }

    /// `DeviceIoControl` with an output buffer of `room` bytes.
    pub fn device_control(&mut self, handle: u64, code: u32, input: &[u8], room: u32) -> Reply {
        self.call(CallKind::DeviceControl, handle, code, input, room)
    }

    /// Makes a call and waits for its outcome.
    pub fn call(
        &mut self,
        kind: impl Into<u32> + Copy + std::fmt::Debug,
        handle: u64,
        argument: u32,
        input: &[u8],
        room: u32,
    ) -> Reply {
        let id = self.begin(kind, handle, argument, input, room);
        self.wait(id)
    }

    /// Makes a call in a thread of its own, without waiting (overlapped I/O). The result is the
    /// call's id, for [`wait`](Self::wait) and [`cancel`](Self::cancel).
    pub fn begin(
        &mut self,
        kind: impl Into<u32> + Copy + std::fmt::Debug,
        handle: u64,
        argument: u32,
        input: &[u8],
        room: u32,
    ) -> u64 {
        self.send(
            CallHeader {
                handle: U64::new(handle),
                kind: U32::new(kind.into()),
                argument: U32::new(argument),
                output_length: U32::new(room),
                ..CallHeader::default()
            },
            input,
        )
    }

    /// Sends a message of the protocol, with its id and length filled in. A message that names no
    /// thread gets a thread of its own.
    ///
    /// # Panics
    ///
    /// If the host has ended.
    pub fn send(&mut self, header: CallHeader, payload: &[u8]) -> u64 {
        self.last += 1;
        let thread = match header.thread.get() {
            0 => self.last,
            thread => thread,
        };
        let header = CallHeader {
            id: U64::new(self.last),
            thread: U64::new(thread),
            length: U32::new(u32::try_from(payload.len()).expect("a short payload")),
            ..header
        };
        nthost_protocol::send(&mut self.stream, &header, payload).expect("the host listens");
        self.last
    }

    /// `CancelIoEx`. True if the call was still in flight.
    pub fn cancel(&mut self, id: u64) -> bool {
        let cancel = self.send(
            CallHeader {
                target: U64::new(id),
                kind: U32::new(CallKind::Cancel as u32),
                ..CallHeader::default()
            },
            &[],
        );
        self.wait(cancel).status.is_success()
    }

    /// Waits for the outcome of a call.
    ///
    /// # Panics
    ///
    /// If the host has ended, or does not answer for a minute.
    pub fn wait(&mut self, id: u64) -> Reply {
        loop {
            if let Some(reply) = self.early.remove(&id) {
                return reply;
            }
            let (of, reply) = self.receive().expect("the host has not ended");
            self.early.insert(of, reply);
        }
    }

    /// Waits for the outcome of a call, or for the end of the host (`None`), which a bugcheck ends.
    ///
    /// # Panics
    ///
    /// If the host neither answers nor ends for a minute.
    pub fn wait_or_end(&mut self, id: u64) -> Option<Reply> {
        loop {
            if let Some(reply) = self.early.remove(&id) {
                return Some(reply);
            }
            let (of, reply) = self.receive()?;
            self.early.insert(of, reply);
        }
    }

    /// The next reply, and the call that it belongs to; `None` if the host has ended.
    fn receive(&mut self) -> Option<(u64, Reply)> {
        let received = match receive::<ReplyHeader>(&mut self.stream) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            received => received.expect("an answer within the time limit"),
        };
        let (header, output) = received?;
        let reply = Reply {
            status: NtStatus::new(header.status.get()),
            information: header.information.get(),
            output,
        };
        Some((header.id.get(), reply))
    }

    /// Ends the process, as dropping it does. [`has_exited`](Self::has_exited) says when its
    /// handles are closed.
    pub(crate) fn begin_exit(&self) {
        // If the host has ended, the process has, too.
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = self.stream.set_read_timeout(Some(EXIT_POLL));
    }

    /// Whether the host has closed the handles of a process that ends, after a short wait.
    pub(crate) fn has_exited(&mut self) -> bool {
        let mut late_replies = [0; 4096];
        loop {
            match self.stream.read(&mut late_replies) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => {
                    return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                }
            }
        }
    }

    /// How many resources the driver has taken and not released.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    #[must_use]
    pub fn outstanding(&mut self) -> u64 {
        self.control(ControlKind::Outstanding, 0, 0, &[], 0)
            .information
    }

    /// The resources that the driver has taken and not released, each with the stack that took it.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    #[must_use]
    pub fn list_outstanding(&mut self) -> String {
        self.text(ControlKind::Outstanding)
    }

    /// The requests that the driver has not completed, a line each.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    #[must_use]
    pub fn list_in_flight(&mut self) -> String {
        self.text(ControlKind::InFlight)
    }

    /// How many bytes the driver has copied so far by calls of `memcpy` and the like.
    ///
    /// # Panics
    ///
    /// If the host belongs to another user.
    #[must_use]
    pub fn copied_bytes(&mut self) -> u64 {
        self.control(ControlKind::CopiedBytes, 0, 0, &[], 0)
            .information
    }

    /// `CM_Get_Device_Interface_List`: the paths of the enabled interfaces of a class.
    ///
    /// # Panics
    ///
    /// If the host does not answer.
    #[must_use]
    pub fn interfaces(&mut self, class: &Guid) -> Vec<String> {
        let class = class.to_string();
        let reply = self.control(CallKind::Interfaces, 0, 0, class.as_bytes(), PAYLOAD_MAX);
        let text = String::from_utf8(reply.output).expect("the host writes UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    fn text(&mut self, kind: impl Into<u32> + Copy + std::fmt::Debug) -> String {
        let reply = self.control(kind, 0, 0, &[], PAYLOAD_MAX);
        String::from_utf8_lossy(&reply.output).into_owned()
    }

    /// A call that the host serves itself. The host refuses it only for a process of another user.
    pub(crate) fn control(
        &mut self,
        kind: impl Into<u32> + Copy + std::fmt::Debug,
        argument: u32,
        target: u64,
        payload: &[u8],
        room: u32,
    ) -> Reply {
        let reply = self.request(kind, argument, target, payload, room);
        assert_eq!(reply.status, NtStatus::SUCCESS, "{kind:?}");
        reply
    }

    /// A call that the host serves itself, and may refuse.
    pub(crate) fn request(
        &mut self,
        kind: impl Into<u32> + Copy + std::fmt::Debug,
        argument: u32,
        target: u64,
        payload: &[u8],
        room: u32,
    ) -> Reply {
        let id = self.send(
            CallHeader {
                kind: U32::new(kind.into()),
                argument: U32::new(argument),
                target: U64::new(target),
                output_length: U32::new(room),
                ..CallHeader::default()
            },
            payload,
        );
        self.wait(id)
    }
}
