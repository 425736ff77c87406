//! Properties of the devices that the root bus has found: those that the `PnP` manager knows, and those
//! that drivers assign.
//!
//! A property has a key, as `DEVPROPKEY` says; the older numbers of `DEVICE_REGISTRY_PROPERTY` stand for
//! some of the keys.

use std::collections::HashMap;
use std::sync::LazyLock;

use nt_types::{Guid, NtStatus};
use parking_lot::Mutex;

use crate::device::Device;
use crate::instance_path;

/// `STATUS_INVALID_PARAMETER_2`: there is no property of this number.
const INVALID_PARAMETER_2: NtStatus = NtStatus::new(0xC000_00F0);

/// `DEVPROPKEY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PropertyKey {
    /// `fmtid`: the category.
    pub category: Guid,
    /// `pid`.
    pub number: u32,
}

const _: () = assert!(size_of::<PropertyKey>() == 20);

/// What a property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyValue {
    /// Its `DEVPROPTYPE`.
    pub kind: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// `DEVPROP_TYPE_UINT32`.
const UINT32: u32 = 7;
/// `DEVPROP_TYPE_STRING`.
const STRING: u32 = 0x12;
/// `DEVPROP_TYPE_STRING_LIST`.
const STRING_LIST: u32 = 0x2012;

impl PropertyValue {
    fn number(number: u32) -> Self {
        Self {
            kind: UINT32,
            bytes: number.to_le_bytes().to_vec(),
        }
    }

    /// A string with its end.
    fn string(text: &str) -> Self {
        let units = text.encode_utf16().chain([0]);
        Self {
            kind: STRING,
            bytes: units.flat_map(u16::to_le_bytes).collect(),
        }
    }

    /// A list of one string.
    fn list(text: &str) -> Self {
        let mut value = Self::string(text);
        value.kind = STRING_LIST;
        value.bytes.extend([0; 2]);
        value
    }
}

/// The category of most `DEVPKEY_Device_…`: what `SPDRP_…` and `DevicePropertyXxx` stand for.
const DEVICE: Guid = Guid {
    data1: 0xA45C_254E,
    data2: 0xDF1C,
    data3: 0x4EFD,
    data4: [0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0],
};
/// `DEVPKEY_Device_InstanceId`.
const INSTANCE_ID: PropertyKey = PropertyKey {
    category: Guid {
        data1: 0x78C3_4FC8,
        data2: 0x104A,
        data3: 0x4ACA,
        data4: [0x9E, 0xA4, 0x52, 0x4D, 0x52, 0x99, 0x6E, 0x57],
    },
    number: 256,
};

/// The numbers of `DEVPKEY_Device_…` by those of `DEVICE_REGISTRY_PROPERTY`; 0 for what a device without
/// hardware never has: resources and a container.
const BY_REGISTRY_PROPERTY: [u32; 0x17] = [
    2, 3, 4, 0, 0, 9, 10, 11, 13, 14, 15, 16, 21, 22, 23, 24, 30, 18, 36, 33, 0, 0, 0,
];

/// A property that a driver has assigned.
struct Assigned {
    value: PropertyValue,
    is_persistent: bool,
}

/// The name of a property: the device's instance path, the category, the number, the locale.
type Name = (String, String, u32, u32);

/// What drivers have assigned.
static ASSIGNED: LazyLock<Mutex<HashMap<Name, Assigned>>> = LazyLock::new(Mutex::default);

/// The property of `physical` with this number of `DEVICE_REGISTRY_PROPERTY`.
///
/// # Errors
///
/// `STATUS_INVALID_PARAMETER_2`: there is no such number. Otherwise those of [`query`].
pub fn query_by_number(physical: &Device, number: u32) -> Result<PropertyValue, NtStatus> {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    match BY_REGISTRY_PROPERTY.get(index) {
        None => Err(INVALID_PARAMETER_2),
        Some(0) => path(physical).and(Err(NtStatus::OBJECT_NAME_NOT_FOUND)),
        Some(number) => {
            let key = PropertyKey {
                category: DEVICE,
                number: *number,
            };
            query(physical, key, 0)
        }
    }
}

/// The property of `physical` with this key: in the language `locale`, or 0.
///
/// # Errors
///
/// `STATUS_INVALID_DEVICE_REQUEST`: the bus has no such device. `STATUS_OBJECT_NAME_NOT_FOUND`: the device
/// has no such property.
pub fn query(physical: &Device, key: PropertyKey, locale: u32) -> Result<PropertyValue, NtStatus> {
    let path = path(physical)?;
    let assigned = ASSIGNED.lock();
    let assigned = assigned.get(&name(&path, key, locale));
    let value = match assigned {
        Some(assigned) => Some(assigned.value.clone()),
        None => of_the_system(physical, &path, key),
    };
    value.ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)
}

/// Assigns a property, or deletes it. One that is not persistent goes with the device.
///
/// # Errors
///
/// `STATUS_INVALID_DEVICE_REQUEST`: the bus has no such device. `STATUS_OBJECT_NAME_NOT_FOUND`: there is
/// nothing to be deleted. `STATUS_ACCESS_DENIED`: the `PnP` manager alone sets this property.
pub fn assign(
    physical: &Device,
    (key, locale): (PropertyKey, u32),
    is_persistent: bool,
    value: Option<PropertyValue>,
) -> Result<(), NtStatus> {
    let path = path(physical)?;
    if of_the_system(physical, &path, key).is_some() {
        return Err(NtStatus::ACCESS_DENIED);
    }
    let name = name(&path, key, locale);
    let mut assigned = ASSIGNED.lock();
    let Some(value) = value else {
        let old = assigned.remove(&name);
        return old.map(drop).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND);
    };
    assigned.insert(
        name,
        Assigned {
            value,
            is_persistent,
        },
    );
    Ok(())
}

/// The device with this instance path has gone, and what was assigned for its time only.
pub(crate) fn forget(path: &str) {
    let goes = |name: &Name, assigned: &Assigned| name.0 == path && !assigned.is_persistent;
    ASSIGNED
        .lock()
        .retain(|name, assigned| !goes(name, assigned));
}

fn name(path: &str, key: PropertyKey, locale: u32) -> Name {
    let category = key.category.to_string();
    (path.to_owned(), category, key.number, locale)
}

fn path(physical: &Device) -> Result<String, NtStatus> {
    instance_path::of(physical.address()).ok_or(NtStatus::INVALID_DEVICE_REQUEST)
}

/// What the `PnP` manager knows of a device whose service was installed without an INF: nothing that one
/// would give, such as a class or a description.
fn of_the_system(physical: &Device, path: &str, key: PropertyKey) -> Option<PropertyValue> {
    /// `RemovalPolicyExpectNoRemoval`.
    const NO_REMOVAL: u32 = 1;
    /// `InstallStateInstalled`.
    const INSTALLED: u32 = 0;
    let service = instance_path::service(path);
    if key == INSTANCE_ID {
        return Some(PropertyValue::string(&instance_path::id(path)));
    }
    let number = (key.category == DEVICE).then_some(key.number)?;
    Some(match number {
        3 => PropertyValue::list(&format!(r"ROOT\{service}")),
        6 => PropertyValue::string(service),
        16 => PropertyValue::string(physical.name()?),
        // The bus has given neither a number for users nor an address.
        18 | 30 => PropertyValue::number(u32::MAX),
        24 => PropertyValue::string("ROOT"),
        33 => PropertyValue::number(NO_REMOVAL),
        36 => PropertyValue::number(INSTALLED),
        _ => return None,
    })
}
