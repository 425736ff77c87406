//! A host with a route table of a few rules, in this process: enough to speak to routectl.
//!
//! Interface 7 is there and no other. What it refuses, it refuses with the statuses of Windows.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use ipforward::abi::version::{ABI_VERSION, CAPABILITY_ROUTES, CAPABILITY_TABLES};
use ipforward::abi::{
    AddressFamily, ControlCode, MibIpForwardRow2, NtStatus, Operation, TableHeader, TableRequest,
    Version,
};
use ipforward::{Interface, Route, RouteOrigin};
use nthost_protocol::{CallHeader, CallKind, ReplyHeader, receive, send};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, IntoBytes};

pub(crate) const LUID: u64 = 0x0006_0080_0100_0000;

type Answer = Result<Vec<u8>, NtStatus>;

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
}

/// A running host; its socket is gone when it is dropped.
pub(crate) struct FakeHost {
    folder: tempfile::TempDir,
    routes: Arc<Mutex<Vec<Route>>>,
}

impl FakeHost {
    pub(crate) fn start(manner: Manner) -> Self {
        let host = Self {
            folder: tempfile::tempdir().unwrap(),
            routes: Arc::default(),
        };
        let listener = UnixListener::bind(host.socket()).unwrap();
        let routes = Arc::clone(&host.routes);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let routes = Arc::clone(&routes);
                thread::spawn(move || serve(stream.unwrap(), manner, &routes));
            }
        });
        host
    }

    pub(crate) fn socket(&self) -> PathBuf {
        Path::new(self.folder.path()).join("host.sock")
    }

    /// Puts a route into the table as it is.
    pub(crate) fn has(&self, route: Route) {
        self.routes.lock().unwrap().push(route);
    }
}

/// Serves one client with one handle.
fn serve(mut stream: UnixStream, manner: Manner, routes: &Mutex<Vec<Route>>) {
    let mut access = 0;
    while let Ok(Some((call, input))) = receive::<CallHeader>(&mut stream) {
        let argument = call.argument.get();
        let (answer, information) = match CallKind::from_number(call.kind.get()).unwrap() {
            CallKind::Open if manner == Manner::Closed => (Err(NtStatus::ACCESS_DENIED), 0),
            CallKind::Open => {
                access = argument;
                (Ok(Vec::new()), 42)
            }
            CallKind::Close => (Ok(Vec::new()), 0),
            CallKind::DeviceControl => {
                let operation = Operation::from_code(ControlCode(argument)).unwrap();
                if manner == Manner::Mortal && operation != Operation::QueryVersion {
                    return;
                }
                let answer = if operation.description().access.bits() & access == 0 {
                    Err(NtStatus::ACCESS_DENIED)
                } else {
                    control(operation, &input, manner, &mut routes.lock().unwrap())
                };
                let length = answer.as_ref().map_or(0, |bytes| bytes.len() as u64);
                (answer, length)
            }
            other => panic!("{other:?} is not expected"),
        };
        let status = answer.as_ref().err().copied().unwrap_or(NtStatus::SUCCESS);
        let output = answer.unwrap_or_default();
        let header = ReplyHeader {
            id: call.id,
            information: U64::new(information),
            status: U32::new(status.bits()),
            length: U32::new(u32::try_from(output.len()).unwrap()),
        };
        send(&mut stream, &header, &output).unwrap();
    }
}

fn control(operation: Operation, input: &[u8], manner: Manner, routes: &mut Vec<Route>) -> Answer {
    let row = || MibIpForwardRow2::read_from_bytes(input).unwrap();
    match operation {
        Operation::QueryVersion => Ok(Version {
            abi_version: ABI_VERSION + u32::from(manner == Manner::Newer),
            table_rows_max: 4096,
            capabilities: CAPABILITY_ROUTES | CAPABILITY_TABLES,
            driver_version: [1, 2, 3],
            reserved: 0,
        }
        .as_bytes()
        .to_vec()),
        Operation::CreateRoute => {
            let route = judged(&row())?;
            if routes.iter().any(|other| other.key() == route.key()) {
                return Err(NtStatus::DUPLICATE_OBJECTID);
            }
            routes.push(route);
            Ok(Vec::new())
        }
        Operation::DeleteRoute => {
            let place = place_of(&row(), routes)?;
            routes.remove(place);
            Ok(Vec::new())
        }
        Operation::GetRoute => {
            let place = place_of(&row(), routes)?;
            Ok(bytes_of(&routes[place]))
        }
        Operation::GetTable => Ok(table(
            &TableRequest::read_from_bytes(input).unwrap(),
            routes,
        )),
        other => panic!("{other:?} is not expected"),
    }
}

/// The route of a row as the stack keeps it.
fn judged(row: &MibIpForwardRow2) -> Result<Route, NtStatus> {
    let mut route = Route::try_from(row).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    if route.destination != route.destination.trunc() {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    if route.interface.luid() != Some(LUID) && route.interface.index() != Some(7) {
        return Err(NtStatus::NOT_FOUND);
    }
    route.interface = Interface::Known {
        luid: LUID,
        index: 7,
    };
    route.age = 0;
    route.origin = RouteOrigin::MANUAL;
    Ok(route)
}

fn place_of(row: &MibIpForwardRow2, routes: &[Route]) -> Result<usize, NtStatus> {
    let key = judged(row)?.key();
    routes
        .iter()
        .position(|route| route.key() == key)
        .ok_or(NtStatus::NOT_FOUND)
}

fn table(request: &TableRequest, routes: &[Route]) -> Vec<u8> {
    let rows: Vec<_> = routes
        .iter()
        .map(MibIpForwardRow2::from)
        .filter(|row| {
            request.family == AddressFamily::UNSPECIFIED.0
                || request.family == row.destination_prefix.prefix.family
        })
        .collect();
    let count = u32::try_from(rows.len()).unwrap();
    let header = TableHeader {
        next_cursor: 0,
        generation: 1,
        count,
        total: count,
    };
    [header.as_bytes(), rows.as_slice().as_bytes()].concat()
}

fn bytes_of(route: &Route) -> Vec<u8> {
    MibIpForwardRow2::from(route).as_bytes().to_vec()
}
