//! What is true of every operation: it is served, and what a handle does through it is counted.

use abi::{NtStatus, Operation};
use ipforward::{Device, Interface, IpNet, Route};
use tests::start_host;
use zerocopy::IntoBytes;

#[test]
fn operations_are_counted_per_handle_and_in_total() {
    let host = start_host();
    let (mine, other) = (
        Device::open(host.socket()).unwrap(),
        Device::open(host.socket()).unwrap(),
    );
    let prefix: IpNet = "10.20.0.0/16".parse().unwrap();
    let route = Route::new(prefix, Interface::Index(7));
    mine.create_route(&route).unwrap();
    mine.create_route(&route).unwrap_err();
    other.delete_route(&route.key()).unwrap();
    let statistics = mine.statistics().unwrap();
    assert_eq!(
        (
            statistics.handle.routes_created,
            statistics.handle.routes_deleted
        ),
        (1, 0)
    );
    assert_eq!(
        (
            statistics.total.routes_created,
            statistics.total.routes_deleted
        ),
        (1, 1)
    );
    assert_eq!(statistics.handle.refused, 1);
    // Opening asks for the version once; then come two creates, the question for the cause of the
    // second's refusal, and this query.
    assert_eq!(statistics.handle.requests, 5);
    drop((mine, other));
    host.stop_clean();
}

#[test]
fn every_operation_of_the_table_is_served() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    for operation in abi::operation::OPERATIONS {
        let mut input = vec![0; operation.input_length];
        if operation.operation == Operation::Watch {
            let request = abi::WatchRequest {
                flags: abi::watch::WATCH_NO_WAIT,
                ..abi::WatchRequest::default()
            };
            input.copy_from_slice(request.as_bytes());
        }
        let output = operation.output_length + 4096;
        let answer = device.raw_device_control(operation.code, &input, output);
        let unknown = ipforward::TransportError::Refused(ipforward::DriverError::from_status(
            NtStatus::INVALID_DEVICE_REQUEST,
        ));
        assert_ne!(answer, Err(unknown), "{} is not served", operation.name);
    }
    drop(device);
    host.stop_clean();
}
