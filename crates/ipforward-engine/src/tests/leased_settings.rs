//! Settings of interfaces: set for good, or leased and put back.

extern crate std;

use std::vec::Vec;

use abi::interface_request::{
    INTERFACE_AUTOMATIC_METRIC, INTERFACE_DISABLE_DEFAULT_ROUTES, INTERFACE_ENABLE_DEFAULT_ROUTES,
    INTERFACE_METRIC,
};
use abi::lease::{LEASE_ENDING, LEASE_MINE};
use abi::{AddressFamily, InterfaceLeaseRow, LeaseHeader, MibIpInterfaceRow};
use zerocopy::FromBytes;

use super::*;
use crate::compartment::CompartmentId;
use crate::interface_settings::{InterfaceMetric, InterfaceSettings, SettingsChange};
use crate::leases::listing::LeasePage;
use crate::network_stack::NetworkStack;

const AUTOMATIC: InterfaceSettings = InterfaceSettings {
    metric: Some(InterfaceMetric::Automatic),
    default_routes: None,
};

/// The settings of a fresh interface.
const FRESH: InterfaceSettings = InterfaceSettings {
    default_routes: Some(true),
    ..AUTOMATIC
};

const fn manual(metric: u32) -> InterfaceSettings {
    InterfaceSettings {
        metric: Some(InterfaceMetric::Manual(metric)),
        default_routes: None,
    }
}

const fn default_routes(enabled: bool) -> InterfaceSettings {
    InterfaceSettings {
        metric: None,
        default_routes: Some(enabled),
    }
}

fn interface(index: u32) -> MibIpInterfaceRow {
    MibIpInterfaceRow {
        family: AddressFamily::IPV4.0,
        interface_index: index,
        ..MibIpInterfaceRow::default()
    }
}

fn change(is_lease: bool, settings: InterfaceSettings) -> Command<'static> {
    Command::SetInterface(SettingsChange {
        keys: interface(7),
        settings,
        is_lease,
    })
}

impl TestDriver {
    fn set(&self, client: &Client, settings: InterfaceSettings) -> Result<(), NoAnswer> {
        self.serve(client, change(false, settings), &mut [])
            .map(drop)
    }

    fn lease_settings(&self, client: &Client, settings: InterfaceSettings) -> Result<(), NoAnswer> {
        self.serve(client, change(true, settings), &mut [])
            .map(drop)
    }

    /// The settings of interface 7.
    fn settings(&self) -> InterfaceSettings {
        let stack = &self.stack;
        InterfaceSettings::of(&stack.interface(&interface(7)).unwrap())
    }

    /// Another program changes settings of interface 7, without the driver.
    fn change_elsewhere(&self, settings: InterfaceSettings) {
        let mut stack = &self.stack;
        let row = stack.interface(&interface(7)).unwrap();
        stack.set_interface(&settings.written_to(&row)).unwrap();
    }

    fn sleep_and_resume(&self, meanwhile: impl FnOnce()) {
        worker::on_sleep(&self.state.watch, &mut ());
        meanwhile();
        worker::on_resume(&self.state.watch, &mut (), &self.state);
    }
}

#[test]
fn settings_without_a_lease_stay() {
    let (driver, client) = (TestDriver::default(), Client::default());
    assert_eq!(driver.settings(), FRESH);
    let settings = manual(5).or(default_routes(false));
    driver.set(&client, settings).unwrap();
    assert_eq!(driver.settings(), settings);
    driver.set(&client, default_routes(true)).unwrap();
    assert!(!driver.close(&client));
    assert_eq!(driver.settings(), manual(5).or(default_routes(true)));
}

#[test]
fn leased_settings_are_put_back_when_the_handle_closes() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let settings = manual(5).or(default_routes(false));
    driver.lease_settings(&client, settings).unwrap();
    assert_eq!(driver.settings(), settings);
    assert!(!driver.close(&client));
    assert_eq!(driver.settings(), FRESH);
    assert_eq!(driver.handles(), 0);
}

#[test]
fn the_values_before_the_first_lease_are_put_back() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    driver.lease_settings(&client, manual(6)).unwrap();
    driver
        .lease_settings(&client, default_routes(false))
        .unwrap();
    driver.set(&client, manual(7)).unwrap();
    assert!(!driver.close(&client));
    assert_eq!(driver.settings(), FRESH);
}

#[test]
fn a_setting_that_is_not_leased_stays_beside_one_that_is() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    driver.set(&client, default_routes(false)).unwrap();
    assert!(!driver.close(&client));
    assert_eq!(driver.settings(), AUTOMATIC.or(default_routes(false)));
}

#[test]
fn values_that_another_program_has_set_stay() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let settings = manual(5).or(default_routes(false));
    driver.lease_settings(&client, settings).unwrap();
    driver.change_elsewhere(manual(9));
    assert!(!driver.close(&client));
    assert_eq!(driver.settings(), manual(9).or(default_routes(true)));
}

#[test]
fn a_second_handle_is_refused_until_the_first_one_closes() {
    let driver = TestDriver::default();
    let (first, second) = (Client::default(), Client::default());
    driver.lease_settings(&first, manual(5)).unwrap();
    let refused = Err(NoAnswer::Refused(NtStatus::SHARING_VIOLATION));
    assert_eq!(driver.lease_settings(&second, manual(6)), refused);
    assert_eq!(
        driver.lease_settings(&second, default_routes(false)),
        refused
    );
    assert_eq!(driver.settings().among(manual(0)), manual(5));
    assert!(!driver.close(&first));
    driver.lease_settings(&second, manual(6)).unwrap();
    assert!(!driver.close(&second));
    assert_eq!(driver.settings(), FRESH);
}

#[test]
fn what_another_handle_sets_without_a_lease_stays() {
    let driver = TestDriver::default();
    let (holder, other) = (Client::default(), Client::default());
    driver.lease_settings(&holder, manual(5)).unwrap();
    driver.set(&other, manual(6)).unwrap();
    assert!(!driver.close(&holder));
    assert_eq!(driver.settings().among(manual(0)), manual(6));
}

#[test]
fn settings_are_put_back_after_the_leased_routes_are_gone() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    for number in 0..200 {
        driver.must(&client, lease(route(number)));
    }
    assert!(!driver.close(&client));
    assert_eq!((driver.leases(), driver.handles()), (0, 0));
    assert_eq!(driver.settings(), FRESH);
}

#[test]
fn another_adapter_with_the_luid_is_left_alone() {
    let driver = TestDriver::default();
    let (holder, other) = (Client::default(), Client::default());
    driver.lease_settings(&holder, manual(5)).unwrap();
    driver.stack.replace_adapters(1);
    driver
        .lease_settings(&other, default_routes(false))
        .unwrap();
    assert!(!driver.close(&holder));
    assert_eq!(driver.settings(), manual(5).or(default_routes(false)));
    assert!(!driver.close(&other));
    assert_eq!(driver.settings(), manual(5).or(default_routes(true)));
}

#[test]
fn an_adapter_that_the_stack_does_not_name_is_no_other_one() {
    let driver = TestDriver::default();
    let (holder, other) = (Client::default(), Client::default());
    driver.lease_settings(&holder, manual(5)).unwrap();
    // Call 0 reads the interface, call 1 asks for its adapter.
    driver.stack.fail_with(1, 1, NtStatus::INVALID_PARAMETER);
    assert_eq!(
        driver.lease_settings(&other, manual(6)),
        Err(NoAnswer::Refused(NtStatus::SHARING_VIOLATION))
    );
    assert!(driver.stack.heal());
    assert!(!driver.close(&holder));
    assert_eq!(driver.settings(), FRESH);
}

#[test]
fn settings_of_an_interface_that_is_gone_end_with_the_handle() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    driver.stack.remove_interfaces();
    assert!(!driver.close(&client));
    assert_eq!(driver.handles(), 0);
}

#[test]
fn each_call_may_fail_for_lack_of_memory() {
    for call in 0..12 {
        let (driver, client) = (TestDriver::default(), Client::default());
        driver.stack.fail(call, 1);
        let leased = driver.lease_settings(&client, manual(5));
        if leased.is_err() {
            assert_eq!(leased, Err(NoAnswer::Refused(NtStatus::NO_MEMORY)));
            driver.stack.heal();
            assert_eq!(driver.settings(), FRESH, "call {call}");
        }
        driver.close(&client);
        driver.work();
        driver.stack.heal();
        assert_eq!(driver.settings(), FRESH, "call {call}");
        assert_eq!(driver.handles(), 0, "call {call}");
    }
}

#[test]
fn settings_that_the_stack_never_takes_back_are_reported() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    driver.stack.fail(0, u64::MAX);
    assert!(driver.close(&client));
    let mut stack = &driver.stack;
    worker::release_remaining(&mut stack, &driver.state.leases, &driver.state);
    let losses = driver.state.losses.read();
    assert_eq!((losses.settings_left, losses.leases_left), (1, 0));
}

#[test]
fn settings_are_put_back_in_their_compartment() {
    const OTHER: CompartmentId = CompartmentId::from_number(2);
    // No call fails, then the one that enters the compartment, then those in it.
    for failing in [None, Some(0), Some(1), Some(2), Some(3)] {
        let (driver, client) = (TestDriver::default(), Client::default());
        driver.stack.move_interface(FakeStack::LUID, OTHER);
        let mut stack = &driver.stack;
        stack
            .in_compartment(OTHER, |_| {
                driver.lease_settings(&client, manual(5)).unwrap();
            })
            .unwrap();
        if let Some(call) = failing {
            driver.stack.fail(call, 1);
        }
        assert_eq!(driver.close(&client), failing.is_some());
        driver.work();
        assert_eq!(driver.handles(), 0);
        let settings = stack.in_compartment(OTHER, |_| driver.settings());
        assert_eq!(settings, Ok(FRESH), "{failing:?}");
        assert_eq!(stack.compartment(), CompartmentId::DEFAULT);
    }
}

#[test]
fn settings_that_are_lost_in_a_sleep_are_written_again() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let settings = manual(5).or(default_routes(false));
    driver.lease_settings(&client, settings).unwrap();
    driver.sleep_and_resume(|| driver.change_elsewhere(FRESH));
    assert_eq!(driver.work(), None);
    assert_eq!(driver.settings(), settings);
    assert!(!driver.close(&client));
    assert_eq!(driver.settings(), FRESH);
}

#[test]
fn settings_that_are_changed_in_a_sleep_stay() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    driver.sleep_and_resume(|| driver.change_elsewhere(manual(9)));
    driver.work();
    let writes = driver.stack.writes();
    driver.sleep_and_resume(|| {});
    driver.work();
    assert_eq!(driver.stack.writes(), writes);
    assert_eq!(driver.settings().among(manual(0)), manual(9));
}

#[test]
fn lost_settings_wait_for_an_interface_that_returns_later() {
    let (driver, client) = (TestDriver::default(), Client::default());
    driver.lease_settings(&client, manual(5)).unwrap();
    driver.sleep_and_resume(|| {
        driver.change_elsewhere(AUTOMATIC);
        driver.stack.remove_interfaces();
    });
    assert_eq!(driver.work(), None);
    driver.stack.restore_interfaces();
    driver.interface_arrives();
    driver.work();
    assert_eq!(driver.settings().among(manual(0)), manual(5));
}

#[test]
fn each_call_of_a_resume_may_fail_for_lack_of_memory() {
    for call in 0..6 {
        let (driver, client) = (TestDriver::default(), Client::default());
        driver.lease_settings(&client, manual(5)).unwrap();
        driver.sleep_and_resume(|| driver.change_elsewhere(AUTOMATIC));
        driver.stack.fail(call, 1);
        let again = driver.work();
        if driver.stack.heal() {
            driver.state.now.set(again.unwrap());
            driver.work();
        }
        assert_eq!(driver.settings().among(manual(0)), manual(5), "call {call}");
    }
}

/// A page of the leases of settings, with room for so many.
fn page(
    driver: &TestDriver,
    client: &Client,
    first_slot: usize,
    room: usize,
) -> Result<(LeaseHeader, Vec<InterfaceLeaseRow>), NoAnswer> {
    let page = Command::GetInterfaceLeases(LeasePage { first_slot });
    let mut output = std::vec![0xA5; size_of::<LeaseHeader>() + 48 * room];
    let written = driver.serve(client, page, &mut output)?;
    let (header, rest) = LeaseHeader::read_from_prefix(&output[..written]).unwrap();
    let rows = rest.chunks_exact(48);
    let rows = rows.map(|row| InterfaceLeaseRow::read_from_bytes(row).unwrap());
    Ok((header, rows.collect()))
}

#[test]
fn leased_settings_are_listed_with_their_holder() {
    let (driver, other) = (TestDriver::default(), Client::default());
    let holder = Client {
        state: TestLock::new(FakeHandleState::opened_by(4711)),
        ..Client::default()
    };
    let rows = |client| page(&driver, client, 0, 9).unwrap().1;
    driver.set(&holder, manual(9)).unwrap();
    assert_eq!(rows(&other), [], "nothing is leased");
    driver.lease_settings(&holder, manual(5)).unwrap();
    let row = InterfaceLeaseRow {
        interface_luid: FakeStack::LUID,
        handle: holder.state.with(|state| state.id().number()),
        process_id: 4711,
        flags: 0,
        settings: INTERFACE_METRIC,
        metric: 5,
        settings_before: INTERFACE_METRIC,
        metric_before: 9,
        compartment: 1,
        family: AddressFamily::IPV4.0,
        reserved: 0,
    };
    assert_eq!(rows(&other), [row]);
    driver
        .lease_settings(&holder, AUTOMATIC.or(default_routes(false)))
        .unwrap();
    let extended = InterfaceLeaseRow {
        flags: LEASE_MINE,
        settings: INTERFACE_AUTOMATIC_METRIC | INTERFACE_DISABLE_DEFAULT_ROUTES,
        metric: 0,
        settings_before: INTERFACE_METRIC | INTERFACE_ENABLE_DEFAULT_ROUTES,
        ..row
    };
    assert_eq!(rows(&holder), [extended]);
    driver.stack.fail(0, u64::MAX);
    assert!(driver.close(&holder));
    assert_eq!(rows(&other)[0].flags, LEASE_ENDING);
    driver.stack.heal();
    driver.work();
    assert_eq!(rows(&other), []);
}

#[test]
fn leases_of_settings_come_in_pages_of_one_generation() {
    let (driver, client) = (TestDriver::default(), Client::default());
    let families = [AddressFamily::IPV4, AddressFamily::IPV6];
    driver
        .stack
        .set_interfaces(families.map(|it| FakeStack::interface_row(it, 7, 25)));
    for family in families {
        let mut keys = interface(7);
        keys.family = family.0;
        let change = SettingsChange {
            keys,
            settings: manual(5),
            is_lease: true,
        };
        driver
            .serve(&client, Command::SetInterface(change), &mut [])
            .unwrap();
    }
    let (first, one) = page(&driver, &client, 0, 1).unwrap();
    assert_eq!((first.count, first.total, first.next_cursor), (1, 2, 1));
    let (second, other) = page(&driver, &client, 1, 1).unwrap();
    assert_eq!(
        (second.next_cursor, second.generation),
        (0, first.generation)
    );
    assert_eq!([one[0].family, other[0].family], families.map(|it| it.0));
    let refused = page(&driver, &client, 0, 0);
    assert_eq!(refused.err(), Some(NtStatus::BUFFER_TOO_SMALL.into()));
    driver.set(&client, manual(6)).unwrap();
    let (later, rows) = page(&driver, &client, 0, 9).unwrap();
    assert_ne!(later.generation, first.generation);
    assert_eq!(rows[0].metric, 6);
}
