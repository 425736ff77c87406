//! The device is removed while clients have open handles, pending requests and running requests: in
//! order, by surprise, and by unloading the driver. Each time the leases end, and the table is
//! unchanged.

use std::thread;

use abi::apply::{ENTRY_CREATE, ENTRY_LEASE, ENTRY_UPSERT, OUTCOME_DONE};
use abi::device::USER_PATH;
use abi::{
    AddressFamily, ApplyAnswer, ApplyEntry, ApplyHeader, MibIpForwardRow2, NtStatus, Operation,
    WatchRequest,
};
use ipforward::{Interface, Route};
use tests::{Host, Process, RawClient, Reply, eventually, host_routes, start_host};
use zerocopy::{FromBytes, IntoBytes};

/// `STATUS_PLUGPLAY_QUERY_VETOED`.
const VETOED: NtStatus = NtStatus::new(0x8000_0028);
/// `STATUS_NO_SUCH_DEVICE`.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);
/// Leases of a client.
const LEASES: u32 = 200;
/// How many routes a batch has created when it is held.
const HALF_WAY: u32 = 100;
/// 10.NET.N.0/24 at interface 7.
fn route(net: u8, number: u32) -> Route {
    let [.., number] = number.to_be_bytes();
    let prefix = ipnet::Ipv4Net::new([10, net, number, 0].into(), 24).unwrap();
    Route::new(prefix.into(), Interface::Index(7))
}

/// A client with an open handle.
struct Client(RawClient);

impl Client {
    fn start(host: &Host) -> Self {
        Self(RawClient::open(&host.socket()).unwrap())
    }

    fn begin(&mut self, operation: Operation, input: &[u8]) -> u64 {
        self.0.begin(operation, input, 1 << 17)
    }

    /// Begins to lease routes of 10.NET.0.0/16.
    fn begin_leases(&mut self, net: u8, operation: u32) -> u64 {
        let header = ApplyHeader {
            count: LEASES,
            ..ApplyHeader::default()
        };
        let entry = |number| ApplyEntry {
            operation,
            flags: ENTRY_LEASE,
            row: MibIpForwardRow2::from(&route(net, number)),
            ..ApplyEntry::default()
        };
        let entries: Vec<_> = (0..LEASES).map(entry).collect();
        let input = [header.as_bytes(), entries.as_bytes()].concat();
        self.begin(Operation::Apply, &input)
    }

    fn lease(&mut self, net: u8, operation: u32) {
        let id = self.begin_leases(net, operation);
        assert_eq!(outcome(&self.0.wait(id)), OUTCOME_DONE);
    }

    /// Waits for changes of a family that does not change.
    fn begin_watch(&mut self) -> u64 {
        let request = WatchRequest {
            family: AddressFamily::IPV6.0,
            ..WatchRequest::default()
        };
        self.begin(Operation::Watch, request.as_bytes())
    }

    fn query_version(&mut self) -> NtStatus {
        let id = self.begin(Operation::QueryVersion, &[]);
        self.0.wait(id).status
    }
}

fn outcome(reply: &Reply) -> u32 {
    assert_eq!(reply.status, NtStatus::SUCCESS);
    let (answer, _) = ApplyAnswer::read_from_prefix(&reply.output).unwrap();
    answer.outcome
}

/// Active clients: one holds leases, one waits for changes, one is in the middle of a batch.
struct Load {
    before: Vec<Route>,
    control: Process,
    owner: Client,
    watcher: Client,
    watch: u64,
    worker: Client,
    batch: u64,
}

impl Load {
    fn on(host: &Host) -> Self {
        // The displaced row has to be restored as well.
        let mut maker = Client::start(host);
        let row = MibIpForwardRow2::from(&route(1, 1).metric(77));
        let id = maker.begin(Operation::CreateRoute, row.as_bytes());
        assert_eq!(maker.0.wait(id).status, NtStatus::SUCCESS);
        let before = host_routes(host);

        let mut owner = Client::start(host);
        owner.lease(1, ENTRY_UPSERT);
        let mut watcher = Client::start(host);
        let watch = watcher.begin_watch();
        let mut control = host.connect();
        eventually("the watch waits", || {
            control.list_in_flight().lines().count() == 1
        });
        let mut worker = Client::start(host);
        control.pause_at("CreateIpForwardEntry2", HALF_WAY.into());
        let batch = worker.begin_leases(2, ENTRY_CREATE);
        eventually("the batch is half way", || control.is_paused());
        assert!(host_routes(host).len() > before.len() + HALF_WAY as usize);
        Self {
            before,
            control,
            owner,
            watcher,
            watch,
            worker,
            batch,
        }
    }
}

/// Checks that the driver is unloaded without a leak, and that the table is unchanged.
fn nothing_is_left(host: Host, before: &[Route]) {
    let unloaded = host.unload().unwrap();
    assert_eq!(unloaded.left, 0, "{}", unloaded.list);
    assert_eq!(host_routes(&host), before);
    let mut late = host.connect();
    assert_eq!(late.open(USER_PATH), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert_eq!(host.surprise_remove(), NO_SUCH_DEVICE);
    host.stop_clean();
}

#[test]
fn a_device_with_open_handles_vetoes_its_removal() {
    let host = start_host();
    let mut load = Load::on(&host);
    assert_eq!(host.remove_device(), VETOED);
    assert_eq!(load.owner.query_version(), NtStatus::SUCCESS);
    load.control.resume();
    let reply = load.worker.0.wait(load.batch);
    assert_eq!(outcome(&reply), OUTCOME_DONE);
    let before = load.before;
    drop((load.owner, load.worker, load.watcher));
    // The host handles the end of a process asynchronously.
    eventually("the device is removed", || {
        host.remove_device() == NtStatus::SUCCESS
    });
    assert_eq!(host_routes(&host), before);
    nothing_is_left(host, &before);
}

#[test]
fn surprise_removal_ends_the_requests_and_then_the_handles() {
    let host = start_host();
    let mut load = Load::on(&host);
    // The queue is not power-managed, so the first half of the removal does not wait for the batch.
    assert_eq!(host.surprise_remove(), NtStatus::SUCCESS);
    let watch = load.watcher.0.wait(load.watch);
    assert_eq!(watch.status, NtStatus::CANCELLED, "{:?}", watch.output);
    // New requests are refused while the batch still runs.
    assert_eq!(load.owner.query_version(), NtStatus::INVALID_DEVICE_STATE);
    load.control.resume();
    let batch = load.worker.0.wait(load.batch);
    assert_eq!(outcome(&batch), OUTCOME_DONE);
    assert_eq!(host.surprise_remove(), NO_SUCH_DEVICE);
    assert_eq!(host.remove_device(), VETOED);
    assert_eq!(load.owner.query_version(), NtStatus::INVALID_DEVICE_STATE);
    let mut late = host.connect();
    assert!(late.open(USER_PATH).is_err());
    // A lease belongs to its handle, and that is still open.
    assert!(host_routes(&host).len() > load.before.len());
    let before = load.before;
    drop((load.owner, load.worker, load.watcher));
    eventually("the leases have ended", || host_routes(&host) == before);
    nothing_is_left(host, &before);
}

#[test]
fn unload_under_load_leaves_the_table_unchanged() {
    let host = start_host();
    let mut load = Load::on(&host);
    thread::scope(|scope| {
        let unload = scope.spawn(|| host.unload());
        eventually("the batch's thread is terminating", || {
            let requests = load.control.list_in_flight();
            requests.contains("its thread is terminating")
        });
        assert!(!unload.is_finished());
        load.control.resume();
        let unloaded = unload.join().unwrap().unwrap();
        assert_eq!(unloaded.left, 0, "{}", unloaded.list);
    });
    nothing_is_left(host, &load.before);
}
