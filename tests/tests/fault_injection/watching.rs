//! What a handle waits for.

use std::path::Path;

use abi::watch::WATCH_NO_WAIT;
use abi::{NtStatus, Operation, WatchHeader, WatchRequest};
use ipforward::{Device, Error, Refusal};
use nthost_protocol::CallKind;
use tests::{Bench, Process, Scenario};
use zerocopy::{FromBytes, IntoBytes};

use crate::{delete, nothing, route, the_route_is_there, with_route};

/// `STATUS_WDF_BUSY`.
const WDF_BUSY: NtStatus = NtStatus::new(0xC020_0204);
/// Room for what a watch gives.
const ROOM: u32 = 1 << 12;

/// The scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            claims: true,
            ..with_route("watch that does not wait", nothing, look_twice)
        },
        Scenario {
            claims: true,
            tolerates: ends_by_cancellation,
            ..with_route("watch that waits", the_route_is_there, wait_for_the_end)
        },
    ]
}

/// What nothing wakes has to be cancelled by its caller, and what a queue does not take any more
/// is: the status is not that of the failure.
fn ends_by_cancellation(function: &str, status: NtStatus) -> bool {
    function == "WdfIoQueueRetrieveNextRequest"
        || (function == "WdfRequestForwardToIoQueue" && status == WDF_BUSY)
}

/// Looks at what has happened before and after something does.
fn look_twice(bench: &Bench) -> Result<(), Error> {
    let device = bench.device()?;
    bench.claim("nothing has happened", look(&device)? == 0);
    device.create_route(&route())?;
    bench.table_is_changed(true);
    bench.settle();
    bench.claim("the creation is told", look(&device)? == 1);
    Ok(())
}

/// How many events are new.
fn look(device: &Device) -> Result<u32, Error> {
    let request = WatchRequest {
        flags: WATCH_NO_WAIT,
        ..WatchRequest::default()
    };
    let code = Operation::Watch.description().code;
    let answer = device
        .raw_device_control(code, request.as_bytes(), ROOM as usize)
        .map_err(|failure| Error::from_failure(Operation::Watch, failure))?;
    Ok(count(&answer))
}

fn count(answer: &[u8]) -> u32 {
    let (header, _events) = WatchHeader::read_from_prefix(answer).expect("a header");
    header.count
}

/// Watches until somebody else has deleted the route.
fn wait_for_the_end(bench: &Bench) -> Result<(), Error> {
    let mut watcher = Watcher::start(bench.socket())?;
    let deleted = delete(bench);
    bench.settle();
    let told = watcher.end();
    if let Ok(events) = told {
        bench.claim("the deletion is told", events == 1);
    }
    deleted.and(told.map(|_events| ()))
}

/// A process that waits for an event.
struct Watcher {
    process: Process,
    handle: u64,
    request: u64,
}

impl Watcher {
    fn start(socket: &Path) -> Result<Self, Error> {
        let mut process = Process::start(socket);
        let handle = process.open(r"\\.\IpForward").map_err(refused)?;
        let request = process.begin(
            CallKind::DeviceControl,
            handle,
            Operation::Watch.description().code.0,
            WatchRequest::default().as_bytes(),
            ROOM,
        );
        process.settle_after(request);
        Ok(Self {
            process,
            handle,
            request,
        })
    }

    /// How many events were told. A request that was told nothing is cancelled.
    fn end(&mut self) -> Result<u32, Error> {
        self.process.cancel(self.request);
        let reply = self.process.wait(self.request);
        let closed = self.process.close(self.handle);
        assert_eq!(closed, NtStatus::SUCCESS);
        reply.status.into_result().map_err(refused)?;
        Ok(count(&reply.output))
    }
}

fn refused(status: NtStatus) -> Error {
    Error::Refused {
        operation: Operation::Watch,
        refusal: Refusal::from_status(status),
    }
}
