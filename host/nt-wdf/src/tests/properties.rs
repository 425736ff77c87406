//! Properties of a device, and its lists of resources.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_io::device_property::PropertyKey;
use nt_types::Guid;
use nt_types::status::NtStatus;

use crate::device_init::{InitHandle, PnpCallbacks};
use crate::device_property::PropertyData;
use crate::driver::DriverConfig;
use crate::handle::{WdfDevice, WdfDriver, WdfMemory, WdfResourceList};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::status;
use crate::test_driver::{Globals, TestDriver, attributes, bytes, non_pnp, wdf};

static GLOBALS: AtomicUsize = AtomicUsize::new(0);
static DEVICE: AtomicUsize = AtomicUsize::new(0);

/// `DevicePropertyEnumeratorName`.
const ENUMERATOR: u32 = 0xF;
/// `NonPagedPoolNx`.
const NON_PAGED: i32 = 512;
/// A property of the driver's own.
const OWN: PropertyKey = PropertyKey {
    category: Guid {
        data1: 7,
        data2: 7,
        data3: 7,
        data4: [7; 8],
    },
    number: 2,
};

fn globals() -> Globals {
    core::ptr::with_exposed_provenance_mut(GLOBALS.load(Ordering::SeqCst))
}

fn data() -> PropertyData {
    PropertyData {
        size: 24,
        key: In::from(&OWN),
        locale: 0,
        flags: 0,
    }
}

/// `"ROOT"` with its end.
fn root() -> Vec<u8> {
    "ROOT\0".encode_utf16().flat_map(u16::to_le_bytes).collect()
}

extern "win64" fn prepare(
    _: WdfDevice,
    raw: WdfResourceList,
    translated: WdfResourceList,
) -> NtStatus {
    for list in [raw, translated] {
        let count = wdf!(globals(), 304, list => WdfResourceList; u32);
        let first = wdf!(globals(), 305, list => WdfResourceList, 0 => u32; usize);
        assert_eq!((count, first), (0, 0));
        let descriptor = [0_u32; 5];
        let refused = wdf!(globals(), 302, list => WdfResourceList,
            descriptor.as_ptr() => *const u32; NtStatus);
        assert_eq!(refused, NtStatus::ACCESS_DENIED);
    }
    NtStatus::SUCCESS
}

extern "win64" fn device_add(_: WdfDriver, init: usize) -> NtStatus {
    let mut init = InitHandle(init);
    let (mut buffer, mut length) = ([0; 10], 0);
    let status = wdf!(globals(), 126, init => InitHandle, ENUMERATOR => u32, 10 => u32,
        buffer.as_mut_ptr() => *mut u8, Out::from(&mut length) => Out<u32>; NtStatus);
    assert_eq!((status, length), (NtStatus::SUCCESS, 10));
    assert_eq!(buffer.as_slice(), root());
    let callbacks = PnpCallbacks {
        size: 144,
        prepare_hardware: Some(prepare),
        ..PnpCallbacks::default()
    };
    wdf!(globals(), 55, init => InitHandle, In::from(&callbacks) => In<PnpCallbacks>; ());
    let mut device = WdfDevice::NULL;
    let status = wdf!(globals(), 75, Out::from(&mut init) => Out<InitHandle>,
        In::from(&attributes()) => In<ObjectAttributes>,
        Out::from(&mut device) => Out<WdfDevice>; NtStatus);
    DEVICE.store(device.0, Ordering::SeqCst);
    status
}

fn query(device: WdfDevice, length: u32) -> (NtStatus, u32) {
    let (mut buffer, mut needed) = ([0; 16], 77);
    let status = wdf!(globals(), 81, device => WdfDevice, ENUMERATOR => u32, length => u32,
        buffer.as_mut_ptr() => *mut u8, Out::from(&mut needed) => Out<u32>; NtStatus);
    (status, needed)
}

fn query_own(device: WdfDevice) -> (NtStatus, u32, u32) {
    let (mut value, mut needed, mut kind) = (0_u32, 0, 0);
    let status = wdf!(globals(), 433, device => WdfDevice,
        In::from(&data()) => In<PropertyData>, 4 => u32,
        core::ptr::from_mut(&mut value).cast() => *mut u8,
        Out::from(&mut needed) => Out<u32>, Out::from(&mut kind) => Out<u32>; NtStatus);
    (status, kind, value)
}

fn assign_own(device: WdfDevice, value: Option<&u32>) -> NtStatus {
    const UINT32: u32 = 7;
    let bytes = value.map_or(core::ptr::null(), core::ptr::from_ref);
    wdf!(globals(), 435, device => WdfDevice, In::from(&data()) => In<PropertyData>,
        UINT32 => u32, 4 => u32, bytes.cast() => *const u8; NtStatus)
}

// One test: the device is shared.
#[test]
fn a_device_has_properties_and_no_resources() {
    let driver = TestDriver::with_config(&DriverConfig {
        device_add: Some(device_add),
        init_flags: 0,
        ..non_pnp()
    });
    GLOBALS.store(driver.globals.expose_provenance(), Ordering::SeqCst);
    assert_eq!(driver.start(0), Ok(true));
    let device = WdfDevice::new(DEVICE.load(Ordering::SeqCst));
    assert_eq!(query(device, 9), (NtStatus::BUFFER_TOO_SMALL, 10));
    assert_eq!(query(device, 10), (NtStatus::SUCCESS, 10));
    a_property_is_copied_to_memory(&driver, device);
    assert_eq!(query_own(device).0, NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(assign_own(device, Some(&5)), NtStatus::SUCCESS);
    assert_eq!(query_own(device), (NtStatus::SUCCESS, 7, 5));
    assert_eq!(assign_own(device, None), NtStatus::SUCCESS);
    assert_eq!(query_own(device).0, NtStatus::OBJECT_NAME_NOT_FOUND);
    assert_eq!(nt_io::pnp::remove(driver.object, 0), Ok(()));
    driver.unload();
}

fn a_property_is_copied_to_memory(driver: &TestDriver, device: WdfDevice) {
    let mut memory = WdfMemory::NULL;
    let mut allocate = |property: u32| {
        wdf!(globals(), 82, device => WdfDevice, property => u32, NON_PAGED => i32,
            In::NULL => In<ObjectAttributes>, Out::from(&mut memory) => Out<WdfMemory>; NtStatus)
    };
    assert_eq!(allocate(0x17), status::INVALID_PARAMETER_2);
    assert_eq!(allocate(ENUMERATOR), NtStatus::SUCCESS);
    let mut size = 0;
    let buffer = wdf!(globals(), 194, memory => WdfMemory, Out::from(&mut size) => Out<usize>;
        usize);
    assert_eq!(bytes(buffer, size), root());
    driver.delete(memory);
}

#[test]
fn a_control_device_has_no_properties() {
    let driver = TestDriver::new();
    let device = driver.device_from(driver.init(), &attributes()).unwrap();
    let (mut buffer, mut needed) = ([0; 16], 0);
    let status = wdf!(driver.globals, 81, device => WdfDevice, ENUMERATOR => u32, 16 => u32,
        buffer.as_mut_ptr() => *mut u8, Out::from(&mut needed) => Out<u32>; NtStatus);
    assert_eq!(status, NtStatus::INVALID_DEVICE_REQUEST);
    driver.unload();
}
