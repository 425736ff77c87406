//! One route's life, from the client through the driver image and back.

use ipforward::{Device, Interface, Route};
use tests::{Profile, start_host, table, without_age};

/// The interface 7 of the default fixture.
const DEV: Interface = Interface::Index(7);

fn route(prefix: &str) -> Route {
    let prefix: ipnet::IpNet = prefix.parse().expect("a prefix");
    let via: std::net::IpAddr = match prefix {
        ipnet::IpNet::V4(_) => "192.0.2.254",
        ipnet::IpNet::V6(_) => "2001:db8::1",
    }
    .parse()
    .expect("an address");
    Route::new(prefix, DEV).via(via).metric(5)
}

#[test]
fn a_created_route_is_in_the_table_and_a_deleted_one_is_not() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let before = table(&device);
    for prefix in ["10.20.0.0/16", "2001:db8:20::/48", "0.0.0.0/0"] {
        let route = route(prefix);
        device.create_route(&route).unwrap();
        let found = device.get_route(&route.key()).unwrap();
        assert_eq!(
            (found.destination, found.next_hop),
            (route.destination, route.next_hop)
        );
        assert_eq!((found.metric, found.interface.index()), (5, Some(7)));
        assert_eq!(found.interface.luid(), Some(0x0006_0080_0100_0000));
        let found = without_age(found);
        assert!(
            table(&device).contains(&found),
            "{prefix} is not in the table"
        );
    }
    assert_eq!(table(&device).len(), before.len() + 3);
    for prefix in ["10.20.0.0/16", "2001:db8:20::/48", "0.0.0.0/0"] {
        device.delete_route(&route(prefix).key()).unwrap();
        let gone = device.get_route(&route(prefix).key()).unwrap_err();
        assert_eq!(gone.status(), Some(Profile::of_this_run().absent()));
    }
    assert_eq!(table(&device), before);
    drop(device);
    host.stop_clean();
}

#[test]
fn the_driver_reports_its_version() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let version = device.version().unwrap();
    assert_eq!(version.abi_version, abi::version::ABI_VERSION);
    let [major, minor, patch] = version.driver_version;
    assert_eq!(
        format!("{major}.{minor}.{patch}"),
        env!("CARGO_PKG_VERSION")
    );
    drop(device);
    host.stop_clean();
}
