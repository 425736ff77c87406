//! A client process as the host sees it: a connection, and calls made by hand.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use abi::Guid;
use abi::NtStatus;
use nthost_protocol::{CallHeader, CallKind, PAYLOAD_MAX, ReplyHeader, receive};
use zerocopy::little_endian::{U32, U64};

/// `FILE_READ_DATA` and `FILE_WRITE_DATA`.
const READ_AND_WRITE: u32 = 3;
/// A call that is not answered for so long never will be.
const PATIENCE: Duration = Duration::from_secs(20);

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: NtStatus,
    /// `IO_STATUS_BLOCK.Information`.
    pub information: u64,
    /// The output.
    pub output: Vec<u8>,
}

/// A client process. Dropping it is its death.
pub struct Process {
    stream: UnixStream,
    last: u64,
    early: HashMap<u64, Reply>,
}

impl Process {
    /// A new process on the host at `socket`.
    ///
    /// # Panics
    ///
    /// If no host answers there.
    #[must_use]
    pub fn start(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("a host answers");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a socket can have a time limit");
        Self {
            stream,
            last: 0,
            early: HashMap::new(),
        }
    }

    /// `CreateFile` for reading and writing.
    ///
    /// # Errors
    ///
    /// The status.
    pub fn open(&mut self, name: &str) -> Result<u64, NtStatus> {
        self.open_for(name, READ_AND_WRITE)
    }

    /// `CreateFile` with this access.
    ///
    /// # Errors
    ///
    /// The status.
    pub fn open_for(&mut self, name: &str, access: u32) -> Result<u64, NtStatus> {
        let reply = self.call(CallKind::Open, 0, access, name.as_bytes(), 0);
        reply.status.into_result().map(|()| reply.information)
    }

    /// `DuplicateHandle`, within the process.
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

    /// Makes a call and waits for its outcome.
    pub fn call(
        &mut self,
        kind: CallKind,
        handle: u64,
        argument: u32,
        input: &[u8],
        room: u32,
    ) -> Reply {
        let id = self.begin(kind, handle, argument, input, room);
        self.wait(id)
    }

    /// Makes a call, in a thread of its own, and does not wait for it. Its id is the result.
    pub fn begin(
        &mut self,
        kind: CallKind,
        handle: u64,
        argument: u32,
        input: &[u8],
        room: u32,
    ) -> u64 {
        self.send(
            CallHeader {
                handle: U64::new(handle),
                kind: U32::new(kind as u32),
                argument: U32::new(argument),
                output_length: U32::new(room),
                ..CallHeader::default()
            },
            input,
        )
    }

    /// Sends a call as it is, but for its id and its length; in a thread of its own unless it names
    /// one.
    ///
    /// # Panics
    ///
    /// If the host has gone.
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

    /// Asks for a call in flight to be cancelled. Whether it was there.
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
    /// If the host has gone, or does not answer for a long time.
    pub fn wait(&mut self, id: u64) -> Reply {
        loop {
            if let Some(reply) = self.early.remove(&id) {
                return reply;
            }
            let received = receive::<ReplyHeader>(&mut self.stream);
            let (header, output) = received
                .expect("an answer within the time limit")
                .expect("the host is there");
            let reply = Reply {
                status: NtStatus::new(header.status.get()),
                information: header.information.get(),
                output,
            };
            self.early.insert(header.id.get(), reply);
        }
    }

    /// Holds the driver's call of `function` that has this number, from 0 now: its thread stands
    /// still until [`resume`](Self::resume). It has to be one of the functions that may fail.
    pub fn pause_at(&mut self, function: &str, number: u64) {
        self.set_pause_point(1, number, function);
    }

    /// Whether a call is held now.
    #[must_use]
    pub fn is_paused(&mut self) -> bool {
        self.set_pause_point(2, 0, "")
    }

    /// Lets go of the call that is held, and holds none any more.
    pub fn resume(&mut self) {
        self.set_pause_point(0, 0, "");
    }

    fn set_pause_point(&mut self, argument: u32, number: u64, function: &str) -> bool {
        let id = self.send(
            CallHeader {
                kind: U32::new(CallKind::PausePoint as u32),
                argument: U32::new(argument),
                target: U64::new(number),
                ..CallHeader::default()
            },
            function.as_bytes(),
        );
        let reply = self.wait(id);
        assert_eq!(reply.status, NtStatus::SUCCESS, "the host is ours");
        reply.information == 1
    }

    /// How many things the driver has taken and not given back.
    ///
    /// # Panics
    ///
    /// If the host does not tell, because it is somebody else's.
    #[must_use]
    pub fn outstanding(&mut self) -> u64 {
        self.ask(CallKind::Outstanding, 0).information
    }

    /// What they are, as text.
    ///
    /// # Panics
    ///
    /// If the host does not tell, because it is somebody else's.
    #[must_use]
    pub fn list_outstanding(&mut self) -> String {
        self.ask_for_text(CallKind::Outstanding)
    }

    /// The requests that the driver has not completed, a line each.
    ///
    /// # Panics
    ///
    /// If the host does not tell, because it is somebody else's.
    #[must_use]
    pub fn list_in_flight(&mut self) -> String {
        self.ask_for_text(CallKind::InFlight)
    }

    /// `CM_Get_Device_Interface_List`: the paths of the enabled interfaces of a class.
    ///
    /// # Panics
    ///
    /// If the host does not tell.
    #[must_use]
    pub fn interfaces(&mut self, class: &Guid) -> Vec<String> {
        let class = class.to_string();
        let reply = self.call(CallKind::Interfaces, 0, 0, class.as_bytes(), PAYLOAD_MAX);
        assert_eq!(reply.status, NtStatus::SUCCESS, "any process may ask");
        let text = String::from_utf8(reply.output).expect("the host writes UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    fn ask_for_text(&mut self, what: CallKind) -> String {
        let reply = self.ask(what, PAYLOAD_MAX);
        String::from_utf8_lossy(&reply.output).into_owned()
    }

    fn ask(&mut self, what: CallKind, room: u32) -> Reply {
        let reply = self.call(what, 0, 0, &[], room);
        assert_eq!(reply.status, NtStatus::SUCCESS, "the host is ours");
        reply
    }
}
