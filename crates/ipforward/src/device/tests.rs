//! The device over a driver in memory.

use std::collections::VecDeque;

use abi::ControlCode;
use zerocopy::IntoBytes;

use super::*;
use crate::driver_error::DriverError;
use crate::error::Malformed;
use crate::error::TransportError;

mod apply;
#[cfg(feature = "async")]
mod asynchronous;
mod leases;
mod typed;
mod watch;

type Answer = Result<Vec<u8>, NtStatus>;

/// A driver that answers what it was told to, in order, and keeps what it was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<(ControlCode, Vec<u8>, usize)>>,
}

impl Transport for &'static Script {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        self.asked
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

/// A device that is open and answers the next calls with `answers`.
fn device(answers: impl IntoIterator<Item = Answer>) -> (Device, &'static Script) {
    let version = Version {
        abi_version: ABI_VERSION,
        ..Version::default()
    };
    let script: &'static Script = Box::leak(Box::default());
    script
        .answers
        .lock()
        .unwrap()
        .extend([Ok(version.as_bytes().to_vec())].into_iter().chain(answers));
    let device = Device::with_transport(script).unwrap();
    script.asked.lock().unwrap().clear();
    (device, script)
}

fn route(octet: u8) -> Route {
    Route::new(
        ipnet::Ipv4Net::new_assert([10, octet, 0, 0].into(), 16),
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
fn another_version_of_the_contract_is_told_from_this_one_whatever_its_length() {
    for answer in [
        vec![9, 0, 0, 0],
        [vec![9, 0, 0, 0], vec![0xA5; 400]].concat(),
    ] {
        let script: &'static Script = Box::leak(Box::default());
        script.answers.lock().unwrap().push_back(Ok(answer));
        assert_eq!(
            Device::with_transport(script).unwrap_err(),
            Error::VersionMismatch {
                driver: 9,
                client: ABI_VERSION
            }
        );
    }
}

#[test]
fn a_call_sends_what_the_operation_table_says() {
    let (device, script) = device([Ok(Vec::new())]);
    device.create_route(&route(20)).unwrap();
    let description = Operation::CreateRoute.description();
    let expected = MibIpForwardRow2::from(&route(20)).as_bytes().to_vec();
    assert_eq!(
        *script.asked.lock().unwrap(),
        [(description.code, expected, description.output_length)]
    );
}

#[test]
fn a_refusal_names_the_call_and_the_status() {
    let (device, _) = device([Err(NtStatus::DUPLICATE_OBJECTID)]);
    let error = device.create_route(&route(20)).unwrap_err();
    assert_eq!(error.status(), Some(NtStatus::DUPLICATE_OBJECTID));
    assert_eq!(error.operation(), Some(Operation::CreateRoute));
    assert!(error.is_duplicate());
    assert_eq!(
        error.to_string(),
        "CREATE_ROUTE was refused: STATUS_DUPLICATE_OBJECTID (0xC000022A, Win32 5010 \
         ERROR_OBJECT_ALREADY_EXISTS)"
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
    let (device, script) = device([
        Ok(page(77, 3, &[route(1), route(2)])),
        Ok(page(0, 3, &[route(3)])),
    ]);
    assert_eq!(
        device.routes(AddressFamily::IPV4),
        Ok(vec![route(1), route(2), route(3)])
    );
    let asked = script.asked.lock().unwrap();
    let cursors = asked.iter().map(|(_, input, _)| {
        let request = TableRequest::read_from_bytes(input).unwrap();
        (request.cursor, request.family)
    });
    assert_eq!(cursors.collect::<Vec<_>>(), [(0, 2), (77, 2)]);
}

#[test]
fn a_table_whose_snapshot_was_replaced_is_read_anew() {
    let (device, _) = device([
        Ok(page(77, 3, &[route(1), route(2)])),
        Err(NtStatus::REQUEST_OUT_OF_SEQUENCE),
        Ok(page(0, 1, &[route(4)])),
    ]);
    assert_eq!(device.routes(AddressFamily::IPV4), Ok(vec![route(4)]));
}

#[test]
fn a_snapshot_that_is_replaced_for_ever_is_given_up() {
    let (device, _) = device(vec![Err(NtStatus::REQUEST_OUT_OF_SEQUENCE); 16]);
    let error = device.routes(AddressFamily::IPV4).unwrap_err();
    assert_eq!(error.status(), Some(NtStatus::REQUEST_OUT_OF_SEQUENCE));
}

#[test]
fn both_ways_to_say_that_a_table_is_empty_are_understood() {
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

#[test]
fn a_raw_call_is_passed_on_unchecked() {
    let (device, script) = device([Ok(vec![1, 2, 3]), Err(NtStatus::INVALID_DEVICE_REQUEST)]);
    let code = ControlCode(0xDEAD_BEEF);
    assert_eq!(device.raw_device_control(code, b"in", 8), Ok(vec![1, 2, 3]));
    assert_eq!(
        script.asked.lock().unwrap().pop(),
        Some((code, b"in".to_vec(), 8))
    );
    assert_eq!(
        device.raw_device_control(code, &[], 0),
        Err(TransportError::Refused(DriverError::from_status(
            NtStatus::INVALID_DEVICE_REQUEST
        )))
    );
}
