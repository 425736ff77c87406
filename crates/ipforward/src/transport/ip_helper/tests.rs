//! The operations over an IP Helper API in memory.

mod batches;
mod watching;

use std::net::IpAddr;
use std::sync::Mutex;

use abi::operation::OPERATIONS;
use abi::watch::{EVENT_ADDED, EVENT_CHANGED, EVENT_REMOVED};
use abi::{SockaddrInet, TableRequest};
use zerocopy::IntoBytes;

use super::change_log::SystemChange;
use super::*;
use crate::batch::{Batch, RouteSet};
use crate::device::Device;
use crate::error::Error;
use crate::reason::Reason;
use crate::route::{Interface, Route};
use crate::watch::WatchFilter;

const ERROR_FILE_NOT_FOUND: Win32 = 2;
const ERROR_ACCESS_DENIED: Win32 = 5;
const ERROR_NOT_ENOUGH_MEMORY: Win32 = 8;
const ERROR_NOT_SUPPORTED: Win32 = 50;
const ERROR_INVALID_PARAMETER: Win32 = 87;
const ERROR_NOT_FOUND: Win32 = 1168;
const ERROR_NETWORK_UNREACHABLE: Win32 = 1231;
const ERROR_OBJECT_ALREADY_EXISTS: Win32 = 5010;

/// A system whose only interface has LUID 1, index 7 and the alias `Ethernet`.
#[derive(Default)]
struct SystemInMemory {
    rows: Mutex<Vec<MibIpForwardRow2>>,
    /// Where changes are notified.
    log: Mutex<Option<Arc<ChangeLog>>>,
    /// What a read of a route answers instead.
    read_error: Option<Win32>,
}

impl SystemInMemory {
    fn notify_change(&self, change: SystemChange) {
        if let Some(log) = &*self.log.lock().unwrap() {
            log.push(change);
        }
    }

    fn position(&self, row: &MibIpForwardRow2) -> Option<usize> {
        let key = |row: &MibIpForwardRow2| Route::try_from(row).unwrap().key();
        let rows = self.rows.lock().unwrap();
        rows.iter().position(|other| key(other) == key(row))
    }
}

impl RouteApi for SystemInMemory {
    fn initial_route(&self) -> MibIpForwardRow2 {
        MibIpForwardRow2::default()
    }

    fn create_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32> {
        match (row.interface_luid, self.position(row)) {
            (1, None) => {
                self.rows.lock().unwrap().push(*row);
                self.notify_change(SystemChange::Route(EVENT_ADDED, *row));
                Ok(())
            }
            (1, Some(_)) => Err(ERROR_OBJECT_ALREADY_EXISTS),
            _ => Err(ERROR_FILE_NOT_FOUND),
        }
    }

    fn set_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32> {
        let position = self.position(row).ok_or(ERROR_NOT_FOUND)?;
        self.rows.lock().unwrap()[position] = *row;
        self.notify_change(SystemChange::Route(EVENT_CHANGED, *row));
        Ok(())
    }

    fn delete_route(&self, row: &MibIpForwardRow2) -> Result<(), Win32> {
        let position = self.position(row).ok_or(ERROR_NOT_FOUND)?;
        self.rows.lock().unwrap().remove(position);
        self.notify_change(SystemChange::Route(EVENT_REMOVED, *row));
        Ok(())
    }

    fn route(&self, key: &MibIpForwardRow2) -> Result<MibIpForwardRow2, Win32> {
        if let Some(error) = self.read_error {
            return Err(error);
        }
        let position = self.position(key).ok_or(ERROR_NOT_FOUND)?;
        Ok(self.rows.lock().unwrap()[position])
    }

    fn routes(&self, family: AddressFamily) -> Result<Vec<MibIpForwardRow2>, Win32> {
        match family {
            AddressFamily::IPV4 | AddressFamily::UNSPECIFIED => {
                Ok(self.rows.lock().unwrap().clone())
            }
            AddressFamily::IPV6 => Ok(Vec::new()),
            _ => Err(ERROR_INVALID_PARAMETER),
        }
    }

    fn best_route(&self, request: &BestRouteRequest) -> Result<BestRoute, Win32> {
        let rows = self.rows.lock().unwrap();
        let route = rows.first().ok_or(ERROR_NETWORK_UNREACHABLE)?;
        Ok(BestRoute {
            route: *route,
            source: request.source,
            reserved: 0,
        })
    }

    fn interface(&self, key: &MibIpInterfaceRow) -> Result<MibIpInterfaceRow, Win32> {
        if key.interface_luid != 1 && key.interface_index != 7 {
            return Err(ERROR_FILE_NOT_FOUND);
        }
        Ok(MibIpInterfaceRow {
            interface_luid: 1,
            interface_index: 7,
            connected: 1,
            metric: 25,
            ..*key
        })
    }

    fn interfaces(&self, _family: AddressFamily) -> Result<Vec<MibIpInterfaceRow>, Win32> {
        let key = MibIpInterfaceRow {
            family: 2,
            interface_luid: 1,
            ..MibIpInterfaceRow::default()
        };
        Ok(vec![self.interface(&key)?])
    }

    fn notify(&self, log: &Arc<ChangeLog>) -> Result<SystemRegistration, Win32> {
        *self.log.lock().unwrap() = Some(Arc::clone(log));
        Ok(Box::new(()))
    }

    fn luid_of_alias(&self, alias: &str) -> Option<u64> {
        alias.eq_ignore_ascii_case("Ethernet").then_some(1)
    }

    fn luid_of_guid(&self, _guid: Guid) -> Option<u64> {
        None
    }

    fn alias_of_luid(&self, luid: u64) -> Option<String> {
        (luid == 1).then(|| "Ethernet".to_owned())
    }
}

fn device() -> Device {
    Device::with_route_api(SystemInMemory::default())
}

fn route() -> Route {
    Route::new("10.20.0.0/16".parse().unwrap(), Interface::Luid(1)).via([192, 0, 2, 254])
}

/// A route that no test creates first.
fn other() -> Route {
    Route::new("10.30.0.0/16".parse().unwrap(), Interface::Luid(1))
}

#[test]
fn a_route_is_created_changed_read_and_deleted() {
    let device = device();
    device.create_route(&route()).unwrap();
    device.set_route(&route().metric(5)).unwrap();
    assert_eq!(device.get_route(&route().key()), Ok(route().metric(5)));
    let with_metric = &device.routes_with_metrics(AddressFamily::IPV4).unwrap()[0];
    assert_eq!(with_metric.complete_metric(), Some(30));
    device.delete_route(&route().key()).unwrap();
    assert_eq!(device.routes(AddressFamily::UNSPECIFIED), Ok(Vec::new()));
}

#[test]
fn an_alias_names_the_interface() {
    let device = device();
    let named = Route {
        interface: Interface::alias("ethernet"),
        ..route()
    };
    device.create_route(&named).unwrap();
    assert_eq!(device.get_route(&named.key()), Ok(route()));
    let error = device.interface_named("Ethernt").unwrap_err();
    assert!(
        error.to_string().contains("did you mean `Ethernet`?"),
        "{error}"
    );
}

#[test]
fn a_packet_finds_its_best_route_by_any_interface() {
    let device = device();
    let to = IpAddr::from([10, 20, 0, 1]);
    let error = device.find_best_route(to).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Unreachable));
    device.create_route(&route()).unwrap();
    assert_eq!(device.find_best_route(to).unwrap().route, route());
    assert_eq!(device.best_route(to).unwrap().route, route());
}

#[test]
fn a_win32_error_has_the_reason_of_the_drivers_status() {
    for (win32, reason) in [
        (ERROR_FILE_NOT_FOUND, Reason::NotFound),
        (ERROR_ACCESS_DENIED, Reason::AccessDenied),
        (ERROR_NOT_SUPPORTED, Reason::NotSupported),
        (ERROR_INVALID_PARAMETER, Reason::InvalidParameter),
        (ERROR_NOT_FOUND, Reason::NotFound),
        (ERROR_NETWORK_UNREACHABLE, Reason::Unreachable),
        (ERROR_OBJECT_ALREADY_EXISTS, Reason::Duplicate),
    ] {
        let TransportError::Refused(driver_error) = of_win32(win32) else {
            panic!("{win32} is a refusal");
        };
        assert_eq!(driver_error.reason(), reason, "{win32}");
        assert_eq!(driver_error.win32(), Some(win32));
    }
}

#[test]
fn a_refusal_names_the_route_and_the_reason() {
    let device = device();
    device.create_route(&route()).unwrap();
    let error = device.create_route(&route()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "CREATE_ROUTE was refused for 10.20.0.0/16 via 192.0.2.254 dev luid:0x0000000000000001: the \
         route exists already; Win32 5010 ERROR_OBJECT_ALREADY_EXISTS"
    );
    let elsewhere = Route {
        interface: Interface::Luid(9),
        ..route()
    };
    let error = device.create_route(&elsewhere).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NotFound));
    let error = device.routes(AddressFamily(99)).unwrap_err();
    assert_eq!(error.reason(), Some(Reason::InvalidParameter));
}

#[test]
fn what_user_mode_cannot_do_needs_the_driver() {
    let device = device();
    let needs = |error: Error, operation: Operation, text: &str| {
        assert_eq!(error, Error::NeedsDriver { operation });
        assert!(error.to_string().contains(text), "{error}");
    };
    for error in [
        device.lease(&route()).unwrap_err(),
        device.apply(&Batch::new().atomic()).unwrap_err(),
        device.apply(&Batch::new().dry_run()).unwrap_err(),
        device
            .declare(&RouteSet::new().with_guarded(&route()))
            .unwrap_err(),
    ] {
        let text = "APPLY needs the IpForward driver: the IP Helper API has no atomic batches, dry runs, leases";
        needs(error, Operation::Apply, text);
    }
    needs(
        device.leases().unwrap_err(),
        Operation::GetLeases,
        "GET_LEASES needs the IpForward driver: the IP Helper API has no leases or owners",
    );
    for filter in [
        WatchFilter::new().not_mine(),
        WatchFilter::new().all_guards(),
        WatchFilter::new().only_guards(),
    ] {
        needs(
            device.watch(&filter).unwrap_err(),
            Operation::Watch,
            "WATCH needs the IpForward driver: the IP Helper API has no guards",
        );
    }
    needs(
        device.version().unwrap_err(),
        Operation::QueryVersion,
        "driver version",
    );
    needs(
        device.statistics().unwrap_err(),
        Operation::QueryStatistics,
        "counters",
    );
    needs(
        device.explain_route(&route(), None).unwrap_err(),
        Operation::ExplainRoute,
        "diagnoses",
    );
}

#[test]
fn every_operation_is_answered_or_needs_the_driver() {
    let helper = IpHelper::new(SystemInMemory::default());
    for description in OPERATIONS {
        let mut output = vec![0; description.output_length];
        let request = match description.operation {
            Operation::CreateRoute
            | Operation::SetRoute
            | Operation::DeleteRoute
            | Operation::GetRoute => MibIpForwardRow2::from(&route()).as_bytes().to_vec(),
            _ => vec![0; description.input_length],
        };
        let result = helper.device_control(description.code, &request, &mut output);
        let is_offered = !matches!(result, Err(TransportError::NeedsDriver));
        let writes_one_row = description.input.starts_with("MIB_");
        let reads = description.name.starts_with("GET_") && !description.name.ends_with("LEASES");
        let is_initial = description.operation == Operation::InitializeRoute;
        let is_of_several = matches!(description.operation, Operation::Apply | Operation::Watch);
        assert_eq!(
            is_offered,
            writes_one_row || reads || is_initial || is_of_several,
            "{}",
            description.name
        );
    }
}

#[test]
fn a_wrong_code_or_length_is_refused() {
    let helper = IpHelper::new(SystemInMemory::default());
    let status =
        |code, input: &[u8], room| match helper.device_control(code, input, &mut vec![0; room]) {
            Err(TransportError::Refused(driver_error)) => driver_error.status().unwrap(),
            other => panic!("{other:?}"),
        };
    let code = |operation: Operation| operation.description().code;
    assert_eq!(
        status(ControlCode(1), &[], 0),
        NtStatus::INVALID_DEVICE_REQUEST
    );
    assert_eq!(
        status(code(Operation::CreateRoute), &[0; 103], 0),
        NtStatus::INVALID_BUFFER_SIZE
    );
    assert_eq!(
        status(code(Operation::InitializeRoute), &[], 103),
        NtStatus::BUFFER_TOO_SMALL
    );
    assert_eq!(
        status(code(Operation::GetTable), &[0; 16], 31),
        NtStatus::BUFFER_TOO_SMALL
    );
    let later = TableRequest {
        cursor: 1,
        ..TableRequest::default()
    };
    assert_eq!(
        status(code(Operation::GetTable), later.as_bytes(), 32),
        NtStatus::REQUEST_OUT_OF_SEQUENCE
    );
}

#[test]
fn a_large_table_is_read_in_pages() {
    let system = SystemInMemory::default();
    let rows: Vec<_> = (0..9_000_u32)
        .map(|number| {
            let address = IpAddr::V4((0x0A00_0000 | number).into());
            MibIpForwardRow2::from(&Route::new(address.into(), Interface::Luid(1)))
        })
        .collect();
    system.rows.lock().unwrap().extend(&rows);
    let device = Device::with_route_api(system);
    let read = device.routes(AddressFamily::IPV4).unwrap();
    assert!(read.iter().map(MibIpForwardRow2::from).eq(rows));
}

#[test]
fn the_source_of_a_search_reaches_the_system() {
    let device = device();
    device.create_route(&route()).unwrap();
    let to = crate::Destination::new([10, 20, 0, 1].into()).source([192, 0, 2, 10].into());
    let best = device.best_route(to).unwrap();
    assert_eq!(
        best.source,
        SockaddrInet::from(IpAddr::from([192, 0, 2, 10])).address()
    );
}
