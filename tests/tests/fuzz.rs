//! Any control code with any buffers: the driver answers each with a status, gives out nothing
//! that it did not write, and leaves nothing behind.
//!
//! A run takes a second, or as many as `FUZZ_SECONDS` says; `FUZZ_SEED` repeats one.

use std::env;
use std::time::{Duration, Instant};

use abi::operation::{Description, OPERATIONS};
use abi::watch::WATCH_NO_WAIT;
use abi::{ApplyEntry, ApplyHeader, ControlCode, MibIpForwardRow2, Operation, WatchRequest};
use fastrand::Rng;
use ipforward::Device;
use ipforward::transport::Failure;
use tests::Host;
use zerocopy::{FromBytes, IntoBytes};

fn number(variable: &str) -> Option<u64> {
    env::var(variable)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

/// A row near to a sound one: what is hit by chance too seldom.
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

/// What makes a request for many changes, and what keeps one for events from waiting for ever.
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

#[test]
fn any_request_is_answered_and_nothing_is_left_behind() {
    let seed = number("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    let limit = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(1));
    println!("FUZZ_SEED={seed} repeats this run");
    let mut random = Rng::with_seed(seed);
    let host = Host::start();
    let mut devices = [
        Device::open(host.socket()).unwrap(),
        Device::open(host.socket()).unwrap(),
    ];
    let started = Instant::now();
    let mut requests = 0_u64;
    while started.elapsed() < limit {
        let operation = random.choice(OPERATIONS).expect("not empty");
        let (code, mut input) = (code(&mut random, operation), input(&mut random, operation));
        shape(&mut random, code, &mut input);
        let room = output_length(&mut random, operation);
        let device = random.choice(&devices).expect("not empty");
        match device.raw_device_control(code, &input, room) {
            Ok(output) => assert!(output.len() <= room, "{code:?} answered more than it may"),
            Err(Failure::Refused(_)) => {}
            Err(other) => panic!("after {requests} requests: {code:?}: {other:?}"),
        }
        requests += 1;
        if random.u16(..) == 0 {
            let place = random.usize(..devices.len());
            devices[place] = Device::open(host.socket()).unwrap();
        }
    }
    println!("{requests} requests in {:?}", started.elapsed());
    drop(devices);
    host.stop_clean();
}
