//! Timers and work items.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use abi::status::NtStatus;
use parking_lot::Mutex;

use super::super::attributes::ObjectAttributes;
use super::super::handle::{Any, Handle};
use super::super::pointer::{In, Out};
use super::super::status;
use super::super::test_driver::{TestDriver, attributes, wdf};
use super::super::timer::{Timer, TimerConfig};
use super::super::work_item::{WorkItem, WorkItemConfig};
use crate::kernel::irql::{self, Irql};

const PATIENCE: Duration = Duration::from_secs(10);

fn timer(
    driver: &TestDriver,
    config: &TimerConfig,
    attributes: &ObjectAttributes,
) -> Result<Handle<Timer>, NtStatus> {
    let mut timer = Handle::NULL;
    let status = wdf!(driver.globals, 318, In::from(config) => In<TimerConfig>,
        In::from(attributes) => In<ObjectAttributes>,
        Out::from(&mut timer) => Out<Handle<Timer>>; NtStatus);
    status.into_result().map(|()| timer)
}

fn below(driver: &TestDriver) -> ObjectAttributes {
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    ObjectAttributes {
        parent: Handle::new(device.0),
        ..attributes()
    }
}

#[test]
fn a_timer_comes_at_dispatch_level_or_passive_if_it_says_so() {
    static LEVELS: Mutex<Option<Sender<Irql>>> = Mutex::new(None);
    extern "win64" fn expired(_timer: Handle<Timer>) {
        if let Some(levels) = &*LEVELS.lock() {
            levels.send(irql::current()).unwrap();
        }
    }
    let (sender, levels) = mpsc::channel();
    *LEVELS.lock() = Some(sender);
    let driver = TestDriver::new();
    let config = TimerConfig {
        size: 40,
        function: Some(expired),
        period: 0,
        automatic_serialization: 1,
        tolerable_delay: 0,
        unused: 0,
        high_resolution: 0,
    };
    let below = below(&driver);
    let passive = ObjectAttributes {
        execution_level: 2,
        ..below
    };
    for (attributes, level) in [(below, Irql::DISPATCH), (passive, Irql::PASSIVE)] {
        let timer = timer(&driver, &config, &attributes).unwrap();
        let started = wdf!(driver.globals, 319, timer => Handle<Timer>, -10_000 => i64; u8);
        assert_eq!(
            (started, levels.recv_timeout(PATIENCE).unwrap()),
            (0, level)
        );
    }
    let periodic = TimerConfig {
        period: 10,
        ..config
    };
    let created = timer(&driver, &periodic, &passive).map(|timer| timer.0);
    assert_eq!(created, Err(NtStatus::NOT_SUPPORTED));
    let created = timer(&driver, &config, &attributes()).map(|timer| timer.0);
    assert_eq!(created, Err(status::WDF_PARENT_NOT_SPECIFIED));
    driver.unload();
}

#[test]
fn a_stopped_timer_does_not_come() {
    static COUNT: Mutex<u32> = Mutex::new(0);
    extern "win64" fn expired(_timer: Handle<Timer>) {
        *COUNT.lock() += 1;
    }
    let driver = TestDriver::new();
    let config = TimerConfig {
        size: 40,
        function: Some(expired),
        period: 0,
        automatic_serialization: 0,
        tolerable_delay: 0,
        unused: 0,
        high_resolution: 0,
    };
    let timer = timer(&driver, &config, &below(&driver)).unwrap();
    wdf!(driver.globals, 319, timer => Handle<Timer>, -10_000_000 => i64; u8);
    let again = wdf!(driver.globals, 319, timer => Handle<Timer>, -10_000_000 => i64; u8);
    let stopped = wdf!(driver.globals, 320, timer => Handle<Timer>, 1 => u8; u8);
    let twice = wdf!(driver.globals, 320, timer => Handle<Timer>, 1 => u8; u8);
    assert_eq!((again, stopped, twice), (1, 1, 0));
    driver.unload();
    assert_eq!(*COUNT.lock(), 0);
}

#[test]
fn a_work_item_runs_at_passive_level_once_for_each_time_it_was_idle() {
    static COUNT: Mutex<u32> = Mutex::new(0);
    extern "win64" fn work(_work_item: Handle<WorkItem>) {
        assert_eq!(irql::current(), Irql::PASSIVE);
        *COUNT.lock() += 1;
    }
    let driver = TestDriver::new();
    let config = WorkItemConfig {
        size: 24,
        function: Some(work),
        automatic_serialization: 0,
    };
    let create = |attributes: &ObjectAttributes| {
        let mut item = Handle::<WorkItem>::NULL;
        let status = wdf!(driver.globals, 379, In::from(&config) => In<WorkItemConfig>,
            In::from(attributes) => In<ObjectAttributes>,
            Out::from(&mut item) => Out<Handle<WorkItem>>; NtStatus);
        status.into_result().map(|()| item)
    };
    let of_driver = ObjectAttributes {
        parent: Handle::<Any>::new(driver.handle().0),
        ..attributes()
    };
    let refused = create(&of_driver).map(|item| item.0);
    assert_eq!(refused, Err(NtStatus::INVALID_DEVICE_REQUEST));
    let item = create(&below(&driver)).unwrap();
    let old = irql::raise(Irql::DISPATCH);
    wdf!(driver.globals, 380, item => Handle<WorkItem>; ());
    irql::lower(old);
    wdf!(driver.globals, 382, item => Handle<WorkItem>; ());
    assert_eq!(*COUNT.lock(), 1);
    driver.unload();
}
