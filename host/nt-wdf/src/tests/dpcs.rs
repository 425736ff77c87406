//! DPCs.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::dpc::DpcConfig;
use crate::handle::{Handle, WdfDpc, WdfObject};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::status;
use crate::test_driver::{TestDriver, attributes, wdf};

const TIMEOUT: Duration = Duration::from_secs(10);

fn dpc(
    driver: &TestDriver,
    function: extern "win64" fn(WdfDpc),
    attributes: &ObjectAttributes,
) -> Result<WdfDpc, NtStatus> {
    let config = DpcConfig {
        size: 24,
        function: Some(function),
        automatic_serialization: 0,
    };
    let mut dpc = Handle::NULL;
    let status = wdf!(driver.globals, 111, In::from(&config) => In<DpcConfig>,
        In::from(attributes) => In<ObjectAttributes>,
        Out::from(&mut dpc) => Out<WdfDpc>; NtStatus);
    status.into_result().map(|()| dpc)
}

fn below_a_device(driver: &TestDriver) -> ObjectAttributes {
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    ObjectAttributes {
        parent: Handle::new(device.0),
        ..attributes()
    }
}

#[test]
fn a_dpc_runs_at_dispatch_level_once_for_each_enqueue() {
    static LEVELS: Mutex<Option<Sender<Irql>>> = Mutex::new(None);
    extern "win64" fn called(_dpc: WdfDpc) {
        if let Some(levels) = &*LEVELS.lock() {
            levels.send(irql::current()).unwrap();
        }
    }
    let (sender, levels) = mpsc::channel();
    *LEVELS.lock() = Some(sender);
    let driver = TestDriver::new();
    let below = below_a_device(&driver);
    let dpc = dpc(&driver, called, &below).unwrap();
    let parent = wdf!(driver.globals, 114, dpc => WdfDpc; WdfObject);
    assert_eq!(parent.0, below.parent.0);
    for _ in 0..2 {
        assert_eq!(wdf!(driver.globals, 112, dpc => WdfDpc; u8), 1);
        assert_eq!(levels.recv_timeout(TIMEOUT), Ok(Irql::DISPATCH));
    }
    let cancelled = wdf!(driver.globals, 113, dpc => WdfDpc, 1 => u8; u8);
    assert_eq!(cancelled, 0, "it was not queued");
    driver.unload();
}

#[test]
fn a_dpc_needs_a_parent() {
    extern "win64" fn called(_dpc: WdfDpc) {}
    let driver = TestDriver::new();
    let orphan = dpc(&driver, called, &attributes()).map(|dpc| dpc.0);
    assert_eq!(orphan, Err(status::WDF_PARENT_NOT_SPECIFIED));
    driver.unload();
}
