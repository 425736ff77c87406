//! The device with a fake driver.

use std::collections::VecDeque;

use abi::{ControlCode, ExplainRequest, NtStatus, TableHeader, TableRequest};
use zerocopy::IntoBytes;

use super::*;
use crate::batch::{Batch, Entry};
use crate::diagnosis::Diagnosis;
use crate::driver_error::DriverError;
use crate::error::Malformed;
use crate::error::TransportError;

mod apply;
#[cfg(feature = "async")]
mod asynchronous;
mod leases;
mod names;
mod refusals;
mod typed;
mod watch;

type FakeAnswer = Result<Vec<u8>, NtStatus>;

/// A fake driver that returns the given answers in order and records the calls.
#[derive(Default)]
struct FakeDriver {
    answers: Mutex<VecDeque<FakeAnswer>>,
    requests: Mutex<Vec<(ControlCode, Vec<u8>, usize)>>,
}

impl Transport for &'static FakeDriver {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        self.requests
            .lock()
            .unwrap()
            .push((code, input.to_vec(), output.len()));
        let answer = self.answers.lock().unwrap().pop_front().unwrap();
        let bytes =
            answer.map_err(|status| TransportError::Refused(DriverError::from_status(status)))?;
        output[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// An open device that answers the next calls with `answers`.
fn device(answers: impl IntoIterator<Item = FakeAnswer>) -> (Device, &'static FakeDriver) {
    let version = Version {
        abi_version: ABI_VERSION,
        ..Version::default()
    };
    let driver: &'static FakeDriver = Box::leak(Box::default());
    driver
        .answers
        .lock()
        .unwrap()
        .extend([Ok(version.as_bytes().to_vec())].into_iter().chain(answers));
    let device = Device::with_transport(driver).unwrap();
    driver.requests.lock().unwrap().clear();
    (device, driver)
}

fn route(octet: u8) -> Route {
    Route::new(
        ipnet::IpNet::new_assert([10, octet, 0, 0].into(), 16),
        Interface::Known { luid: 1, index: 7 },
    )
}

fn page(next_cursor: u64, total: u32, routes: &[Route]) -> Vec<u8> {
    let rows: Vec<_> = routes.iter().map(MibIpForwardRow2::from).collect();
    page_of(next_cursor, total, &rows)
}

fn page_of<Row: abi::Wire>(next_cursor: u64, total: u32, rows: &[Row]) -> Vec<u8> {
    let header = TableHeader {
        next_cursor,
        generation: 1,
        count: u32::try_from(rows.len()).unwrap(),
        total,
        sequence: 40,
    };
    [header.as_bytes(), rows.as_bytes()].concat()
}

#[test]
fn a_device_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Device>();
}

#[test]
fn another_contract_version_is_an_error_at_any_length() {
    for answer in [
        vec![9, 0, 0, 0],
        [vec![9, 0, 0, 0], vec![0xA5; 400]].concat(),
    ] {
        let driver: &'static FakeDriver = Box::leak(Box::default());
        driver.answers.lock().unwrap().push_back(Ok(answer));
        assert_eq!(
            Device::with_transport(driver).unwrap_err(),
            Error::VersionMismatch {
                driver: 9,
                client: ABI_VERSION
            }
        );
    }
}

#[test]
fn a_call_sends_what_the_operation_table_says() {
    let (device, driver) = device([Ok(Vec::new())]);
    device.create_route(&route(20)).unwrap();
    let description = Operation::CreateRoute.description();
    let expected = MibIpForwardRow2::from(&route(20)).as_bytes().to_vec();
    assert_eq!(
        *driver.requests.lock().unwrap(),
        [(description.code, expected, description.output_length)]
    );
}

#[test]
fn an_answer_of_another_length_is_malformed() {
    let (device, _) = device([Ok(vec![0; 103])]);
    assert_eq!(
        device.get_route(&route(20).key()),
        Err(Error::Malformed {
            operation: Operation::GetRoute,
            cause: Malformed::Length {
                expected: 104,
                actual: 103
            }
        })
    );
}

#[test]
fn a_table_is_read_to_its_last_page() {
    let (device, driver) = device([
        Ok(page(77, 3, &[route(1), route(2)])),
        Ok(page(0, 3, &[route(3)])),
    ]);
    assert_eq!(
        device.routes(AddressFamily::IPV4),
        Ok(vec![route(1), route(2), route(3)])
    );
    let requests = driver.requests.lock().unwrap();
    let cursors = requests.iter().map(|(_, input, _)| {
        let request = TableRequest::read_from_bytes(input).unwrap();
        (request.cursor, request.family)
    });
    assert_eq!(cursors.collect::<Vec<_>>(), [(0, 2), (77, 2)]);
}

#[test]
fn a_visitor_is_handed_each_page_with_the_total() {
    let (device, _) = device([
        Ok(page(77, 3, &[route(1), route(2)])),
        Ok(page(0, 3, &[route(3)])),
    ]);
    let mut pages = Vec::new();
    let sequence = device.visit_routes(AddressFamily::IPV4, |routes, total| {
        pages.push((routes.to_vec(), total));
    });
    assert_eq!(sequence, Ok(Some(40)));
    assert_eq!(pages, [(vec![route(1), route(2)], 3), (vec![route(3)], 3)]);
}

#[test]
fn a_visit_does_not_begin_again() {
    let (device, driver) = device([
        Ok(page(77, 3, &[route(1), route(2)])),
        Err(NtStatus::REQUEST_OUT_OF_SEQUENCE),
    ]);
    let error = device
        .visit_routes(AddressFamily::IPV4, |_, _| {})
        .unwrap_err();
    assert_eq!(error.status(), Some(NtStatus::REQUEST_OUT_OF_SEQUENCE));
    assert_eq!(driver.requests.lock().unwrap().len(), 2);
}

#[test]
fn a_replaced_snapshot_is_read_again() {
    let (device, _) = device([
        Ok(page(77, 3, &[route(1), route(2)])),
        Err(NtStatus::REQUEST_OUT_OF_SEQUENCE),
        Ok(page(0, 1, &[route(4)])),
    ]);
    assert_eq!(device.routes(AddressFamily::IPV4), Ok(vec![route(4)]));
}

#[test]
fn a_snapshot_that_is_replaced_each_time_is_an_error() {
    let (device, _) = device(vec![Err(NtStatus::REQUEST_OUT_OF_SEQUENCE); 16]);
    let error = device.routes(AddressFamily::IPV4).unwrap_err();
    assert_eq!(error.status(), Some(NtStatus::REQUEST_OUT_OF_SEQUENCE));
}

#[test]
fn not_found_means_an_empty_table_too() {
    let (device, _) = device([Ok(page(0, 0, &[])), Err(NtStatus::NOT_FOUND)]);
    assert_eq!(device.routes(AddressFamily::IPV6), Ok(Vec::new()));
    assert_eq!(device.routes(AddressFamily::IPV6), Ok(Vec::new()));
}

#[test]
fn a_table_that_does_not_end_is_malformed() {
    let endless = |total| {
        Err(Error::Malformed {
            operation: Operation::GetTable,
            cause: Malformed::Endless { total },
        })
    };
    let (device, _) = device([Ok(page(77, 9, &[])), Ok(page(77, 1, &[route(1), route(2)]))]);
    assert_eq!(device.routes(AddressFamily::IPV4), endless(9));
    assert_eq!(device.routes(AddressFamily::IPV4), endless(1));
}

#[test]
fn a_table_that_ends_within_a_row_is_malformed() {
    let mut half = page(0, 1, &[route(1)]);
    half.truncate(100);
    let (device, _) = device([Ok(half)]);
    assert_eq!(
        device.routes(AddressFamily::IPV4),
        Err(Error::Malformed {
            operation: Operation::GetTable,
            cause: Malformed::Length {
                expected: size_of::<TableHeader>(),
                actual: 100
            }
        })
    );
}

/// A transport that claims a byte more than there is room for.
struct TooLong;

impl Transport for TooLong {
    fn device_control(
        &self,
        _: ControlCode,
        _: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        Ok(output.len() + 1)
    }
}

#[test]
fn an_answer_longer_than_its_room_is_malformed() {
    let is_malformed = |error: Option<Error>| match error {
        Some(Error::Malformed {
            cause: Malformed::Length { expected, actual },
            ..
        }) => actual == expected + 1,
        _ => false,
    };
    assert!(is_malformed(Device::with_transport(TooLong).err()));
    let device = Device::over_transport(TooLong);
    let batch = Batch::new().with(Entry::create(&Route::new(
        "10.0.0.0/8".parse().unwrap(),
        Interface::Index(7),
    )));
    // The memory of the first batch is used for the second one.
    for _ in 0..2 {
        assert!(is_malformed(device.apply(&batch).err()));
    }
    assert!(is_malformed(device.routes(AddressFamily::IPV4).err()));
    assert!(is_malformed(device.version().err()));
}

#[test]
fn a_raw_call_is_not_checked() {
    let (device, driver) = device([Ok(vec![1, 2, 3]), Err(NtStatus::INVALID_DEVICE_REQUEST)]);
    let code = ControlCode(0xDEAD_BEEF);
    assert_eq!(device.raw_device_control(code, b"in", 8), Ok(vec![1, 2, 3]));
    assert_eq!(
        driver.requests.lock().unwrap().pop(),
        Some((code, b"in".to_vec(), 8))
    );
    assert_eq!(
        device.raw_device_control(code, &[], 0),
        Err(TransportError::Refused(DriverError::from_status(
            NtStatus::INVALID_DEVICE_REQUEST
        )))
    );
}
