//! Routes with an alias in place of an interface.

use std::sync::atomic::{AtomicUsize, Ordering};

use abi::apply::{NO_ENTRY, OUTCOME_DONE};
use abi::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer, Guid};

use super::*;
use crate::batch::{Batch, Entry, RouteSet};

/// The GUID of the adapter of `Ethernet 2`.
const GUID: &str = "{12345678-9abc-def0-1234-56789abcdef0}";

/// A driver on a system with the interfaces `Ethernet 2` (LUID 1) and `Wi-Fi` (LUID 2).
struct NamedInterfaces {
    driver: &'static FakeDriver,
    lookups: &'static AtomicUsize,
}

impl Transport for NamedInterfaces {
    fn device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, TransportError> {
        self.driver.device_control(code, input, output)
    }

    fn luid_of_alias(&self, alias: &str) -> Result<Option<u64>, TransportError> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        Ok(match alias.to_lowercase().as_str() {
            "ethernet 2" => Some(1),
            "wi-fi" => Some(2),
            _ => None,
        })
    }

    fn luid_of_guid(&self, guid: Guid) -> Result<Option<u64>, TransportError> {
        Ok((guid.to_string() == GUID).then_some(1))
    }

    fn alias_of_luid(&self, luid: u64) -> Result<Option<String>, TransportError> {
        let aliases = ["Ethernet 2", "Wi-Fi"];
        let index = usize::try_from(luid).unwrap() - 1;
        Ok(aliases.get(index).map(|&alias| alias.to_owned()))
    }
}

struct NamedDevice {
    device: Device,
    driver: &'static FakeDriver,
    lookups: &'static AtomicUsize,
}

fn named(answers: impl IntoIterator<Item = FakeAnswer>) -> NamedDevice {
    let (_, driver) = device([]);
    let version = Version {
        abi_version: ABI_VERSION,
        ..Version::default()
    };
    let version = Ok(version.as_bytes().to_vec());
    let answers = [version].into_iter().chain(answers);
    driver.answers.lock().unwrap().extend(answers);
    let lookups = Box::leak(Box::default());
    let device = Device::with_transport(NamedInterfaces { driver, lookups }).unwrap();
    driver.requests.lock().unwrap().clear();
    NamedDevice {
        device,
        driver,
        lookups,
    }
}

fn on(alias: &str) -> Route {
    Route {
        interface: Interface::alias(alias),
        ..route(20)
    }
}

/// A page of the interface table with the interfaces of these LUIDs.
fn interfaces(luids: &[u64]) -> Vec<u8> {
    let rows: Vec<_> = luids
        .iter()
        .map(|&luid| MibIpInterfaceRow {
            family: 2,
            interface_luid: luid,
            ..MibIpInterfaceRow::default()
        })
        .collect();
    page_of(0, u32::try_from(rows.len()).unwrap(), &rows)
}

fn applied(count: u32) -> Vec<u8> {
    let header = ApplyAnswer {
        outcome: OUTCOME_DONE,
        failed_index: NO_ENTRY,
        applied: count,
        count,
        ..ApplyAnswer::default()
    };
    let entries = vec![EntryAnswer::default(); count as usize];
    [header.as_bytes(), entries.as_slice().as_bytes()].concat()
}

/// The LUIDs in the entries of a call.
fn luids_of_entries(driver: &FakeDriver, call: usize) -> Vec<u64> {
    let requests = driver.requests.lock().unwrap();
    let (_, rest) = ApplyHeader::read_from_prefix(&requests[call].1).unwrap();
    let entries = rest.chunks(size_of::<ApplyEntry>());
    let luid = |bytes| {
        ApplyEntry::read_from_bytes(bytes)
            .unwrap()
            .row
            .interface_luid
    };
    entries.map(luid).collect()
}

#[test]
fn an_alias_or_guid_is_sent_as_the_luid() {
    for name in ["Ethernet 2", "ETHERNET 2", GUID] {
        let row = MibIpForwardRow2::from(&route(20));
        let NamedDevice { device, driver, .. } = named([
            Ok(Vec::new()),
            Ok(Vec::new()),
            Ok(row.as_bytes().to_vec()),
            Ok(Vec::new()),
        ]);
        let route = on(name);
        device.create_route(&route).unwrap();
        device.set_route(&route).unwrap();
        device.get_route(&route.key()).unwrap();
        device.delete_route(&route.key()).unwrap();
        for (_, input, _) in &*driver.requests.lock().unwrap() {
            let row = MibIpForwardRow2::read_from_bytes(input).unwrap();
            assert_eq!((row.interface_luid, row.interface_index), (1, 0), "{name}");
        }
    }
}

#[test]
fn an_unknown_alias_is_an_error_with_the_names_like_it() {
    let NamedDevice { device, driver, .. } = named([
        Ok(interfaces(&[1, 2, 2])),
        Ok(interfaces(&[1])),
        Err(NtStatus::INSUFFICIENT_RESOURCES),
    ]);
    let error = device.create_route(&on("wifi")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no such interface `wifi`: did you mean `Wi-Fi`?"
    );
    assert_eq!(error.reason(), Some(crate::Reason::NotFound));
    let error = device.interface_named("tun0").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no such interface `tun0`: expected the alias of an interface of this system"
    );
    // The names that are like it cannot be read.
    let error = device.delete_route(&on("wifi").key()).unwrap_err();
    assert!(matches!(error, Error::UnknownInterface(_)), "{error}");
    let sent = driver.requests.lock().unwrap();
    let table = Operation::GetInterfaceTable.description().code;
    assert!(sent.iter().all(|(code, ..)| *code == table));
}

#[test]
fn a_batch_looks_up_each_alias_once() {
    let NamedDevice {
        device,
        driver,
        lookups,
    } = named([Ok(applied(4)), Ok(applied(1)), Ok(interfaces(&[1, 2]))]);
    let (one, other) = (on("Ethernet 2"), on("Wi-Fi"));
    let batch = Batch::new()
        .with(Entry::upsert(&one))
        .with(Entry::delete(&one.key()))
        .with(Entry::compare_and_set(&other, &other.metric(5)))
        .with(Entry::create(&route(30)));
    assert!(device.apply(&batch).unwrap().is_success());
    assert_eq!(luids_of_entries(driver, 0), [1, 1, 2, 1]);
    assert_eq!(lookups.load(Ordering::Relaxed), 2);
    let set = RouteSet::new().with(&other);
    assert!(device.declare(&set).unwrap().is_success());
    assert_eq!(luids_of_entries(driver, 1), [2]);
    let unknown = Batch::new().with(Entry::create(&on("Ethernet")));
    let error = device.apply(&unknown).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `Ethernet 2`?"),
        "{error}"
    );
}

#[test]
fn a_failed_entry_has_its_route_as_it_was_given() {
    let failed = EntryAnswer {
        status: NtStatus::ACCESS_DENIED.bits(),
        ..EntryAnswer::default()
    };
    let header = ApplyAnswer {
        count: 1,
        ..ApplyAnswer::default()
    };
    let answer = [header.as_bytes(), failed.as_bytes()].concat();
    let NamedDevice { device, .. } = named([Ok(answer)]);
    let batch = Batch::new().with(Entry::create(&on("Ethernet 2")));
    let error = device.apply(&batch).unwrap().into_result().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("10.20.0.0/16 dev \"Ethernet 2\": "), "{text}");
}

#[test]
fn a_lease_ends_on_the_interface_that_it_was_taken_on() {
    let NamedDevice {
        device,
        driver,
        lookups,
    } = named([Ok(applied(1)), Ok(applied(1))]);
    let lease = device.lease(&on("Ethernet 2")).unwrap();
    assert_eq!(lease.route(), &on("Ethernet 2"));
    drop(lease);
    assert_eq!(luids_of_entries(driver, 1), [1]);
    assert_eq!(lookups.load(Ordering::Relaxed), 1);
}

#[test]
fn a_search_is_limited_to_the_interface_of_an_alias() {
    let best = abi::BestRoute {
        route: MibIpForwardRow2::from(&route(20)),
        ..abi::BestRoute::default()
    };
    let row = MibIpInterfaceRow {
        family: 2,
        interface_luid: 2,
        ..MibIpInterfaceRow::default()
    };
    let NamedDevice { device, driver, .. } = named([
        Ok(best.as_bytes().to_vec()),
        Ok(row.as_bytes().to_vec()),
        Ok(Vec::new()),
    ]);
    let to = Destination::new([10, 20, 0, 1].into()).interface(Interface::alias("wi-fi"));
    device.best_route(to).unwrap();
    let alias = Interface::alias("Wi-Fi");
    device.interface(AddressFamily::IPV4, alias).unwrap();
    let change = crate::InterfaceChange::new().metric(5);
    device
        .set_interface(AddressFamily::IPV4, alias, change)
        .unwrap();
    let requests = driver.requests.lock().unwrap();
    let request = abi::BestRouteRequest::read_from_bytes(&requests[0].1).unwrap();
    let row = MibIpInterfaceRow::read_from_bytes(&requests[1].1).unwrap();
    assert_eq!((request.interface_luid, row.interface_luid), (2, 2));
    let change = abi::InterfaceRequest::read_from_bytes(&requests[2].1).unwrap();
    assert_eq!(change.interface_luid, 2);
}

#[test]
fn without_lookups_every_alias_is_unknown() {
    let (device, _) = device([Ok(interfaces(&[1]))]);
    let error = device.create_route(&on("Ethernet 2")).unwrap_err();
    assert!(matches!(error, Error::UnknownInterface(_)), "{error}");
}
