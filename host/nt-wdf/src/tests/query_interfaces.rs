//! Interfaces that drivers of one stack offer each other.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_types::Guid;
use nt_types::status::NtStatus;

use crate::device_init::InitHandle;
use crate::driver::DriverConfig;
use crate::handle::{WdfDevice, WdfDriver};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::query_interface::{Interface, QueryInterfaceConfig};
use crate::test_driver::{Globals, TestDriver, attributes, non_pnp, wdf};

static GLOBALS: AtomicUsize = AtomicUsize::new(0);
static DEVICE: AtomicUsize = AtomicUsize::new(0);
/// How often the interface has been referenced.
static REFERENCES: AtomicUsize = AtomicUsize::new(0);

const OFFERED: Guid = Guid {
    data1: 0x0FFE,
    data2: 1,
    data3: 2,
    data4: [3; 8],
};

fn globals() -> Globals {
    core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst))
}

unsafe extern "win64" fn reference(context: usize) {
    REFERENCES.fetch_add(context, Ordering::SeqCst);
}

/// The driver refuses who says nothing of itself.
unsafe extern "win64" fn process(
    _: WdfDevice,
    kind: *const Guid,
    _interface: usize,
    data: usize,
) -> NtStatus {
    // SAFETY: the framework gives the type that was asked for.
    assert_eq!(unsafe { kind.read() }, OFFERED);
    if data == 0 {
        NtStatus::ACCESS_DENIED
    } else {
        NtStatus::SUCCESS
    }
}

extern "win64" fn device_add(_: WdfDriver, init: usize) -> NtStatus {
    let (mut init, mut device) = (InitHandle(init), WdfDevice::NULL);
    let status = wdf!(globals(), 75, Out::from(&mut init) => Out<InitHandle>,
        In::from(&attributes()) => In<ObjectAttributes>,
        Out::from(&mut device) => Out<WdfDevice>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    DEVICE.store(device.0, Ordering::SeqCst);
    let interface = Interface {
        size: 32,
        version: 3,
        context: 1,
        reference: Some(reference),
        dereference: None,
    };
    let config = QueryInterfaceConfig {
        size: 48,
        interface: In::from(&interface),
        kind: In::from(&OFFERED),
        to_parent: 0,
        process: Some(process),
        import: 0,
    };
    wdf!(globals(), 228, device => WdfDevice, In::from(&config) => In<QueryInterfaceConfig>;
        NtStatus)
}

fn query(device: WdfDevice, kind: Guid, version: u16, data: usize) -> (NtStatus, Interface) {
    let mut interface = Interface {
        size: 0,
        version: 0,
        context: 0,
        reference: None,
        dereference: None,
    };
    let place = core::ptr::from_mut(&mut interface);
    let status = wdf!(globals(), 131, device => WdfDevice, In::from(&kind) => In<Guid>,
        place => *mut Interface, 32 => u16, version => u16, data => usize; NtStatus);
    (status, interface)
}

#[test]
fn a_driver_of_the_stack_finds_an_interface() {
    let driver = TestDriver::with_config(&DriverConfig {
        device_add: Some(device_add),
        init_flags: 0,
        ..non_pnp()
    });
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    assert_eq!(driver.start(0), Ok(true));
    let device = WdfDevice::new(DEVICE.load(Ordering::SeqCst));
    let (status, interface) = query(device, OFFERED, 3, 1);
    assert_eq!(status, NtStatus::SUCCESS);
    assert_eq!((interface.version, interface.context), (3, 1));
    assert_eq!(REFERENCES.load(Ordering::SeqCst), 1);
    assert_eq!(query(device, OFFERED, 3, 0).0, NtStatus::ACCESS_DENIED);
    assert_eq!(query(device, OFFERED, 4, 1).0, NtStatus::NOT_SUPPORTED);
    let other = Guid {
        data1: 1,
        ..OFFERED
    };
    assert_eq!(query(device, other, 3, 1).0, NtStatus::NOT_SUPPORTED);
    assert_eq!(REFERENCES.load(Ordering::SeqCst), 1);
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    driver.unload();
}
