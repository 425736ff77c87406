//! A host in this process, with the driver's own engine over a stack of a few rules: enough to
//! speak to routectl.

mod stack;

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread;

use engine::{Handle, Lock, Session, Tallies, Tally, decode};
use ipforward::Route;
use ipforward::abi::{ControlCode, MibIpForwardRow2, MibIpInterfaceRow, NtStatus, Operation};
use nthost_protocol::{CallHeader, CallKind, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};

use stack::Stack;
pub(crate) use stack::{LUID, interface};

/// How the host behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Sound,
    /// Speaks another version of the contract.
    Newer,
    /// Lets nobody open the device.
    Closed,
    /// Goes away at the first call that is about routes.
    Mortal,
    /// Knows none of the calls that explain: diagnoses, interfaces.
    Terse,
}

/// A running host; its socket is gone when it is dropped.
pub(crate) struct FakeHost {
    folder: tempfile::TempDir,
    machine: Arc<Machine>,
}

#[derive(Default)]
struct Machine {
    manner: Manner,
    stack: Stack,
    tally: Tally,
}

impl FakeHost {
    pub(crate) fn start(manner: Manner) -> Self {
        let host = Self {
            folder: tempfile::tempdir().unwrap(),
            machine: Arc::new(Machine {
                manner,
                ..Machine::default()
            }),
        };
        let listener = UnixListener::bind(host.socket()).unwrap();
        let machine = Arc::clone(&host.machine);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let machine = Arc::clone(&machine);
                thread::spawn(move || machine.serve(stream.unwrap()));
            }
        });
        host
    }

    pub(crate) fn socket(&self) -> PathBuf {
        Path::new(self.folder.path()).join("host.sock")
    }

    /// Puts a route into the table as it is.
    pub(crate) fn has(&self, route: Route) {
        let row = MibIpForwardRow2::from(&route);
        self.machine.stack.routes.lock().unwrap().push(row);
    }

    /// Has these interfaces and no others.
    pub(crate) fn has_interfaces(&self, rows: impl IntoIterator<Item = MibIpInterfaceRow>) {
        *self.machine.stack.interfaces.lock().unwrap() = rows.into_iter().collect();
    }

    /// Looks for the best route on one interface only, and wants to be told which.
    pub(crate) fn wants_an_interface(&self) {
        let stack = &self.machine.stack;
        stack.wants_interface.store(true, Ordering::Relaxed);
    }

    /// Refuses to create anything, with this status.
    pub(crate) fn refuses(&self, status: NtStatus) {
        *self.machine.stack.refusal.lock().unwrap() = Some(status);
    }
}

type State = Handle<Vec<MibIpForwardRow2>, Vec<MibIpInterfaceRow>>;

#[derive(Default)]
struct Locked(Mutex<State>);

impl Lock<State> for Locked {
    fn with<R>(&self, body: impl FnOnce(&mut State) -> R) -> R {
        body(&mut self.0.lock().unwrap())
    }
}

impl Machine {
    /// Serves one client with one handle.
    fn serve(&self, mut stream: UnixStream) {
        let mut access = 0;
        let (handle, tally) = (Locked::default(), Tally::new());
        while let Ok(Some((call, input))) = receive::<CallHeader>(&mut stream) {
            let argument = call.argument.get();
            let mut output = vec![0; call.output_length.get() as usize];
            let answer = match CallKind::from_number(call.kind.get()).unwrap() {
                CallKind::Open if self.manner == Manner::Closed => Err(NtStatus::ACCESS_DENIED),
                CallKind::Open => {
                    access = argument;
                    Ok(0)
                }
                CallKind::Close => Ok(0),
                CallKind::DeviceControl => {
                    let code = ControlCode(argument);
                    if self.manner == Manner::Mortal
                        && Operation::from_code(code) != Some(Operation::QueryVersion)
                    {
                        return;
                    }
                    let tallies = Tallies {
                        total: &self.tally,
                        handle: &tally,
                    };
                    let session = Session {
                        stack: &self.stack,
                        handle: &handle,
                        tallies,
                    };
                    self.allowed(code, access).and_then(|()| {
                        tallies.around(|| {
                            let command = decode(code, &input, output.len())?;
                            session.serve(&command, &mut output)
                        })
                    })
                }
                other => panic!("{other:?} is not expected"),
            };
            let status = answer.err().unwrap_or(NtStatus::SUCCESS);
            output.truncate(answer.unwrap_or(0));
            if let (Manner::Newer, Some(version)) = (self.manner, output.first_mut()) {
                *version += 1;
            }
            let header = ReplyHeader {
                id: call.id,
                information: U64::new(output.len() as u64),
                status: U32::new(status.bits()),
                length: U32::new(u32::try_from(output.len()).unwrap()),
            };
            send(&mut stream, &header, &output).unwrap();
        }
    }

    /// Whether the call may be made with a handle that was opened for `access`.
    fn allowed(&self, code: ControlCode, access: u32) -> Result<(), NtStatus> {
        let operation = Operation::from_code(code).unwrap();
        let explains = matches!(
            operation,
            Operation::ExplainRoute | Operation::GetInterface | Operation::GetInterfaceTable
        );
        if self.manner == Manner::Terse && explains {
            return Err(NtStatus::INVALID_DEVICE_REQUEST);
        }
        if operation.description().access.bits() & access == 0 {
            return Err(NtStatus::ACCESS_DENIED);
        }
        Ok(())
    }
}
