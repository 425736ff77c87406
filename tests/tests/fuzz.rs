//! Random control codes with random buffers: the driver completes each request with a status,
//! returns no byte that it did not write, and leaks nothing.
//!
//! A run takes a second, or as many as `FUZZ_SECONDS` says; `FUZZ_SEED` repeats one.

use std::env;
use std::time::{Duration, Instant};

use abi::apply::{ENTRY_LEASE, ENTRY_UPSERT};
use abi::interface_request::{INTERFACE_LEASE, INTERFACE_METRIC};
use abi::operation::{Description, OPERATIONS};
use abi::watch::WATCH_NO_WAIT;
use abi::{
    AddressFamily, ApplyEntry, ApplyHeader, BestRouteRequest, ControlCode, InterfaceRequest,
    MibIpForwardRow2, MibIpInterfaceRow, Operation, WatchRequest,
};
use fastrand::Rng;
use ipforward::Device;
use ipforward::TransportError;
use tests::{Host, Process, start_host, start_host_with, valid_row};
use zerocopy::{FromBytes, IntoBytes};

fn number(variable: &str) -> Option<u64> {
    env::var(variable)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

/// A row that is nearly valid, which random bytes rarely are.
fn row(random: &mut Rng) -> MibIpForwardRow2 {
    let mut row = MibIpForwardRow2 {
        interface_index: *random.choice(&[0, 1, 7, 9, 99]).expect("not empty"),
        destination_prefix: abi::IpAddressPrefix::new(
            [10, random.u8(..4), 0, 0].into(),
            random.u8(14..19),
        ),
        next_hop: std::net::IpAddr::from([192, 0, 2, random.u8(..)]).into(),
        valid_lifetime: u32::MAX,
        preferred_lifetime: u32::MAX,
        metric: random.u32(..300),
        protocol: 3,
        ..MibIpForwardRow2::default()
    };
    for _ in 0..random.usize(..3) {
        let bytes = row.as_mut_bytes();
        let place = random.usize(..bytes.len());
        bytes[place] = random.u8(..);
    }
    row
}

/// An input: mostly of the right length, with rows in it or with anything.
fn input(random: &mut Rng, operation: &Description) -> Vec<u8> {
    let length = match random.u8(..8) {
        0 => random.usize(..300),
        1 => random.usize(..70_000),
        _ => operation.input_length,
    };
    let mut input = vec![0; length];
    match random.u8(..4) {
        0 => random.fill(&mut input),
        1 => {}
        _ => {
            let row = row(random);
            for (place, byte) in input.iter_mut().zip(row.as_bytes()) {
                *place = *byte;
            }
        }
    }
    input
}

/// Gives an APPLY request valid entries, and keeps a WATCH request from waiting.
fn shape(random: &mut Rng, code: ControlCode, input: &mut Vec<u8>) {
    match Operation::from_code(code) {
        Some(Operation::Apply) if input.len() == size_of::<ApplyHeader>() => {
            let count = random.u32(..6);
            let header = ApplyHeader {
                flags: random.u32(..16),
                count,
                reserved: 0,
            };
            input.copy_from_slice(header.as_bytes());
            for _ in 0..count {
                let entry = ApplyEntry {
                    operation: random.u32(..6),
                    flags: random.u32(..8),
                    row: row(random),
                    expected: MibIpForwardRow2::default(),
                };
                input.extend(entry.as_bytes());
            }
        }
        Some(Operation::Watch) => {
            if let Ok((request, _)) = WatchRequest::mut_from_prefix(input) {
                request.flags |= WATCH_NO_WAIT;
            }
        }
        _ => {}
    }
}

fn output_length(random: &mut Rng, operation: &Description) -> usize {
    match random.u8(..8) {
        0 => random.usize(..300),
        1 => random.usize(..1_000_000),
        2 => operation.output_length.saturating_sub(1),
        _ => operation.output_length + random.usize(..4) * 104,
    }
}

fn code(random: &mut Rng, operation: &Description) -> ControlCode {
    match random.u8(..10) {
        0 => ControlCode(random.u32(..)),
        1 => ControlCode(operation.code.0 ^ 1 << random.u8(..32)),
        _ => operation.code,
    }
}

/// One request.
struct Request {
    code: ControlCode,
    input: Vec<u8>,
    room: usize,
}

impl Request {
    fn any(random: &mut Rng) -> Self {
        let operation = random.choice(OPERATIONS).expect("not empty");
        let (code, mut input) = (code(random, operation), input(random, operation));
        shape(random, code, &mut input);
        Self {
            code,
            input,
            room: output_length(random, operation),
        }
    }

    fn send(&self, device: &Device) -> Result<Vec<u8>, TransportError> {
        device.raw_device_control(self.code, &self.input, self.room)
    }
}

/// A random source with a printed seed, and the end of the run.
fn begin() -> (Rng, Instant) {
    let seed = number("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    let limit = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(1));
    println!("FUZZ_SEED={seed} repeats this run");
    (Rng::with_seed(seed), Instant::now() + limit)
}

#[test]
fn every_random_request_is_answered_and_leaks_nothing() {
    let (mut random, end) = begin();
    let host = start_host();
    let mut devices = [
        Device::open(host.socket()).unwrap(),
        Device::open(host.socket()).unwrap(),
    ];
    let mut requests = 0_u64;
    while Instant::now() < end {
        let request = Request::any(&mut random);
        let device = random.choice(&devices).expect("not empty");
        let (code, room) = (request.code, request.room);
        match request.send(device) {
            Ok(output) => assert!(output.len() <= room, "{code:?} answered more than it may"),
            Err(TransportError::Refused(_)) => {}
            Err(other) => panic!("after {requests} requests: {code:?}: {other:?}"),
        }
        requests += 1;
        if random.u16(..) == 0 {
            let place = random.usize(..devices.len());
            devices[place] = Device::open(host.socket()).unwrap();
        }
    }
    println!("{requests} requests");
    drop(devices);
    host.stop_clean();
}

/// An input with which the operation succeeds while the valid row's route exists.
fn valid_input(operation: &Description) -> Vec<u8> {
    let row = valid_row();
    match operation.operation {
        Operation::CreateRoute
        | Operation::SetRoute
        | Operation::GetRoute
        | Operation::DeleteRoute => row.as_bytes().to_vec(),
        Operation::GetBestRoute => BestRouteRequest {
            interface_index: 7,
            destination: row.destination_prefix.prefix,
            ..BestRouteRequest::default()
        }
        .as_bytes()
        .to_vec(),
        Operation::GetInterface => MibIpInterfaceRow {
            family: AddressFamily::IPV4.0,
            interface_index: 7,
            ..MibIpInterfaceRow::default()
        }
        .as_bytes()
        .to_vec(),
        Operation::SetInterface => InterfaceRequest {
            interface_index: 7,
            family: AddressFamily::IPV4.0,
            flags: INTERFACE_METRIC | INTERFACE_LEASE,
            metric: 5,
            ..InterfaceRequest::default()
        }
        .as_bytes()
        .to_vec(),
        Operation::Watch => WatchRequest {
            flags: WATCH_NO_WAIT,
            ..WatchRequest::default()
        }
        .as_bytes()
        .to_vec(),
        Operation::Apply => {
            let header = ApplyHeader {
                count: 1,
                ..ApplyHeader::default()
            };
            let entry = ApplyEntry {
                operation: ENTRY_UPSERT,
                flags: ENTRY_LEASE,
                row,
                ..ApplyEntry::default()
            };
            [header.as_bytes(), entry.as_bytes()].concat()
        }
        _ => vec![0; operation.input_length],
    }
}

/// A request of each operation that succeeds; the route is deleted last.
fn valid_requests() -> Vec<Request> {
    let (last, others): (Vec<_>, Vec<_>) = OPERATIONS
        .iter()
        .partition(|operation| operation.operation == Operation::DeleteRoute);
    let request = |operation: &Description| Request {
        code: operation.code,
        input: valid_input(operation),
        room: operation.output_length + 16 * operation.row_length,
    };
    others.into_iter().chain(last).map(request).collect()
}

/// A host whose clock stands still, so that the same requests have the same answers.
struct FrozenHost {
    host: Host,
    process: Process,
    devices: [Device; 2],
}

impl FrozenHost {
    fn start(arguments: &[&str]) -> Self {
        let host = start_host_with(arguments);
        let mut process = host.connect();
        process.pass_time(Duration::ZERO);
        let devices = [(); 2].map(|()| Device::open(host.socket()).unwrap());
        Self {
            host,
            process,
            devices,
        }
    }

    /// The answer, once nothing is under way any more.
    fn answer(&mut self, request: &Request, device: usize) -> Result<Vec<u8>, TransportError> {
        let answer = request.send(&self.devices[device]);
        self.process.quiesce();
        answer
    }

    fn stop(self) {
        drop((self.process, self.devices));
        self.host.stop_clean();
    }
}

/// Two hosts fill uninitialized memory with different bytes; the answers must be equal. The tests of
/// the faulty driver show that the hosts differ, and that a single byte is found.
#[test]
fn no_answer_contains_uninitialized_memory() {
    let (mut random, end) = begin();
    let mut one = FrozenHost::start(&[]);
    let mut other = FrozenHost::start(&["--second-poison"]);
    // A watch reports events only after its first request, so each request is sent twice.
    for request in valid_requests().iter().chain(&valid_requests()) {
        let answer = one.answer(request, 0);
        assert!(answer.is_ok(), "{:?}: {answer:?}", request.code);
        assert_eq!(answer, other.answer(request, 0), "{:?}", request.code);
    }
    let mut requests = 0_u64;
    while Instant::now() < end {
        let request = Request::any(&mut random);
        let device = random.usize(..2);
        let answer = one.answer(&request, device);
        let code = request.code;
        assert_eq!(
            answer,
            other.answer(&request, device),
            "{requests}: {code:?}"
        );
        requests += 1;
    }
    println!("{requests} requests, each twice");
    one.stop();
    other.stop();
}
