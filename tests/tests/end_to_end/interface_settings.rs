//! The settings of interfaces: set for good, or leased until the handle closes.

use std::net::IpAddr;

use abi::NtStatus;
use ipforward::{
    Access, AddressFamily, Device, Interface, InterfaceChange, IpInterface, IpNet, Route,
};
use tests::{Sleep, device_in_compartment, start_host};

/// The interface whose settings are changed.
const INTERFACE: Interface = Interface::Index(7);

const METRIC: InterfaceChange = InterfaceChange::new().metric(5);

fn settings(device: &Device) -> IpInterface {
    device.interface(AddressFamily::IPV4, INTERFACE).unwrap()
}

fn set(device: &Device, change: InterfaceChange) {
    device
        .set_interface(AddressFamily::IPV4, INTERFACE, change)
        .unwrap();
}

fn lease(device: &Device, change: InterfaceChange) {
    device
        .lease_interface(AddressFamily::IPV4, INTERFACE, change)
        .unwrap();
}

#[test]
fn settings_that_are_set_stay_after_the_handle() {
    let host = start_host();
    let [device, other] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    let before = settings(&other);
    assert!(before.has_automatic_metric() && before.uses_default_routes());
    set(&device, METRIC.default_routes(false));
    drop(device);
    let after = settings(&other);
    assert_eq!((after.metric, after.uses_default_routes()), (5, false));
    assert!(!after.has_automatic_metric());
    let automatic = InterfaceChange::new().automatic_metric();
    set(&other, automatic.default_routes(true));
    assert_eq!(settings(&other), before);
    let ipv6 = other.interface(AddressFamily::IPV6, INTERFACE).unwrap();
    assert!(ipv6.has_automatic_metric(), "IPv6 has settings of its own");
    let counted = other.statistics().unwrap();
    assert_eq!(counted.total.interfaces_set, 2);
    assert_eq!(counted.handle.interfaces_set, 1);
    drop(other);
    host.stop_clean();
}

#[test]
fn a_metric_and_disabled_default_routes_decide_the_route() {
    let host = start_host();
    let device = Device::open(host.socket()).unwrap();
    let ways: [(u32, IpAddr); 2] = [
        (7, [192, 0, 2, 254].into()),
        (9, [198, 51, 100, 254].into()),
    ];
    let prefix: IpNet = "0.0.0.0/0".parse().unwrap();
    for (index, next_hop) in ways {
        let route = Route::new(prefix, Interface::Index(index)).via(next_hop);
        device.create_route(&route.metric(5)).unwrap();
    }
    let used = || {
        let best = device.find_best_route(IpAddr::from([203, 0, 113, 5]));
        best.unwrap().route.interface.index()
    };
    set(&device, InterfaceChange::new().metric(1));
    assert_eq!(used(), Some(7));
    set(&device, InterfaceChange::new().metric(1_000));
    assert_eq!(used(), Some(9));
    set(
        &device,
        InterfaceChange::new().metric(1).default_routes(false),
    );
    assert_eq!(used(), Some(9));
    set(&device, InterfaceChange::new().default_routes(true));
    assert_eq!(used(), Some(7));
    drop(device);
    host.stop_clean();
}

#[test]
fn leased_settings_are_put_back_when_the_handle_closes() {
    let host = start_host();
    let [holder, other] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    let before = settings(&other);
    lease(&holder, METRIC.default_routes(false));
    assert_eq!(settings(&other).metric, 5);
    let refused = other
        .lease_interface(AddressFamily::IPV4, INTERFACE, METRIC)
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::SHARING_VIOLATION));
    drop(holder);
    assert_eq!(settings(&other), before);
    lease(&other, METRIC);
    drop(other);
    host.stop_clean();
}

#[test]
fn leased_settings_are_listed_with_their_holder() {
    let host = start_host();
    let [holder, other] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    lease(&holder, METRIC.default_routes(false));
    let leases = other.interface_leases().unwrap();
    let [lease] = leases[..] else {
        panic!("{leases:?} is not one lease");
    };
    assert_eq!(lease.interface.index(), INTERFACE.index());
    assert_eq!((lease.family, lease.compartment), (AddressFamily::IPV4, 1));
    let expected = [
        "metric 5, default routes no",
        "automatic metric, default routes yes",
    ];
    assert_eq!(
        [lease.settings, lease.before].map(|it| it.to_string()),
        expected
    );
    assert_eq!(lease.owner.process_id, std::process::id());
    assert!(!lease.owner.is_me);
    assert!(holder.interface_leases().unwrap()[0].owner.is_me);
    drop(holder);
    assert_eq!(other.interface_leases(), Ok(Vec::new()));
    drop(other);
    host.stop_clean();
}

#[test]
fn a_setting_that_another_program_has_changed_stays() {
    let host = start_host();
    let [holder, other] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    lease(&holder, METRIC.default_routes(false));
    set(&other, InterfaceChange::new().metric(9));
    drop(holder);
    let after = settings(&other);
    assert_eq!((after.metric, after.uses_default_routes()), (9, true));
    drop(other);
    host.stop_clean();
}

#[test]
fn settings_are_put_back_in_the_compartment_of_the_lease() {
    const OTHER: u32 = 2;
    let there = Interface::Index(20);
    let host = start_host();
    let [holder, reader] = [(); 2].map(|()| device_in_compartment(&host.socket(), OTHER).unwrap());
    let settings = || reader.interface(AddressFamily::IPV4, there).unwrap();
    let before = settings();
    holder
        .lease_interface(AddressFamily::IPV4, there, METRIC)
        .unwrap();
    assert_eq!(settings().metric, 5);
    drop(holder);
    assert_eq!(settings(), before);
    drop(reader);
    host.stop_clean();
}

#[test]
fn leased_settings_that_a_sleep_has_lost_are_written_again() {
    let host = start_host();
    let mut control = host.connect();
    let [holder, other] = [(); 2].map(|()| Device::open(host.socket()).unwrap());
    let before = settings(&other);
    lease(&holder, METRIC);
    let sleep = Sleep {
        lose_routes: false,
        fast_startup: false,
    };
    assert_eq!(control.sleep(sleep), NtStatus::SUCCESS);
    set(&other, InterfaceChange::new().automatic_metric());
    control.quiesce();
    assert_eq!(settings(&other), before);
    assert_eq!(control.wake(), NtStatus::SUCCESS);
    control.quiesce();
    assert_eq!(settings(&other).metric, 5);
    drop(holder);
    assert_eq!(settings(&other), before);
    drop((other, control));
    host.stop_clean();
}

#[test]
fn a_read_only_handle_cannot_change_settings() {
    let host = start_host();
    let options = Device::options().access(Access::ReadOnly);
    let device = options.open(host.socket()).unwrap();
    let refused = device
        .set_interface(AddressFamily::IPV4, INTERFACE, METRIC)
        .unwrap_err();
    assert_eq!(refused.status(), Some(NtStatus::ACCESS_DENIED));
    drop(device);
    host.stop_clean();
}
