//! A caller at `DISPATCH_LEVEL`: only a driver in the kernel can be one, so this test is one. It
//! runs the image in its own process and sends the request by itself.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use abi::{MibIpForwardRow2, NtStatus, Operation};
use nthost::io::{self, Call};
use nthost::kernel::irql::{self, Irql};
use nthost::machine::{Machine, Parts};
use nthost::netio::{self, Knobs, Memory};
use nthost::process::Process;
use tests::{Reading, driver_image};
use zerocopy::{FromBytes, IntoBytes};

const READ_AND_WRITE: u32 = 3;

/// A row that `CREATE_ROUTE` takes: 10.20.0.0/16 via 192.0.2.254 at interface 7.
fn row() -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_index: 7,
        destination_prefix: abi::IpAddressPrefix::new([10, 20, 0, 0].into(), 16),
        next_hop: std::net::IpAddr::from([192, 0, 2, 254]).into(),
        valid_lifetime: u32::MAX,
        preferred_lifetime: u32::MAX,
        metric: 5,
        protocol: 3,
        ..MibIpForwardRow2::default()
    }
}

/// Sends a request from this thread at `level` and waits for its answer at `PASSIVE_LEVEL`.
fn send(handle: &Arc<io::FileHandle>, level: Irql, operation: Operation) -> io::Completion {
    let description = operation.description();
    let (done, answer) = mpsc::channel();
    let call = Call::DeviceControl {
        code: description.code.0,
        input: row().as_bytes()[..description.input_length].to_vec(),
        output_length: u32::try_from(description.output_length).unwrap(),
    };
    let before = irql::raise(level);
    let irp = io::request(
        handle,
        call,
        Box::new(move |completion| done.send(completion).expect("the test waits")),
    );
    io::send(&irp.expect("the handle may do anything"));
    assert_eq!(
        irql::current(),
        level,
        "the request left the level as it was"
    );
    irql::lower(before);
    answer
        .recv_timeout(Duration::from_secs(10))
        .expect("the request is answered")
}

/// The host checks the level of every call of the network stack and would stop the machine, so
/// that the calls succeed shows that each was made at `PASSIVE_LEVEL`.
#[test]
fn a_request_at_dispatch_level_is_deferred_to_passive_level_before_the_stack_is_entered() {
    let knobs: Knobs = Reading::of_this_run().name().parse().expect("a reading");
    let network = Memory::new(&netio::Machine::default(), knobs);
    let parts = Parts {
        driver: driver_image(),
        service: None,
        network: Arc::new(network),
        devices: 1,
    };
    let machine = Machine::start(parts).expect("the driver starts");
    let handle = io::open(&Process::system(), abi::device::USER_PATH, READ_AND_WRITE).unwrap();

    let created = send(&handle, Irql::DISPATCH, Operation::CreateRoute);
    assert_eq!(created.status, NtStatus::SUCCESS);
    let found = send(&handle, Irql::DISPATCH, Operation::GetRoute);
    let found = MibIpForwardRow2::read_from_bytes(&found.output).expect("a row");
    assert_eq!((found.metric, found.interface_index), (5, 7));
    let deleted = send(&handle, Irql::PASSIVE, Operation::DeleteRoute);
    assert_eq!(deleted.status, NtStatus::SUCCESS);

    io::close(handle);
    assert_eq!(machine.stop(), Vec::<String>::new());
}
