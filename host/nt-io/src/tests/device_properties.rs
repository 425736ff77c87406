//! Properties of a device.

use nt_types::{Guid, NtStatus};

use crate::device_property::{PropertyKey, PropertyValue, assign, query, query_by_number};
use crate::root_bus;

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
/// `STATUS_INVALID_PARAMETER_2`.
const INVALID_PARAMETER_2: NtStatus = NtStatus::new(0xC000_00F0);

/// A string with its end.
fn string(text: &str) -> PropertyValue {
    let units = text.encode_utf16().chain([0]);
    PropertyValue {
        kind: 0x12,
        bytes: units.flat_map(u16::to_le_bytes).collect(),
    }
}

/// A list of one string.
fn list(text: &str) -> PropertyValue {
    let mut value = string(text);
    value.bytes.extend([0; 2]);
    value
}

const OWN: PropertyKey = PropertyKey {
    category: Guid {
        data1: 1,
        data2: 2,
        data3: 3,
        data4: [4; 8],
    },
    number: 2,
};

fn value(byte: u8) -> PropertyValue {
    PropertyValue {
        kind: 3,
        bytes: vec![byte],
    }
}

#[test]
fn a_device_has_the_properties_of_its_instance_path() {
    let device = root_bus::enumerate("ROOT#properties#0003").unwrap();
    let text = |number| query_by_number(&device, number).unwrap().bytes;
    assert_eq!(text(0xF), string("ROOT").bytes);
    assert_eq!(text(1), list(r"ROOT\properties").bytes);
    let id = query(&device, INSTANCE_ID, 0).unwrap();
    assert_eq!(id, string(r"ROOT\properties\0003"));
    root_bus::remove(&device);
}

#[test]
fn no_property_and_no_number_are_two_statuses() {
    let device = root_bus::enumerate("ROOT#properties#0004").unwrap();
    let description = query_by_number(&device, 0);
    assert_eq!(description, Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    let resources = query_by_number(&device, 3);
    assert_eq!(resources, Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert_eq!(query_by_number(&device, 0x17), Err(INVALID_PARAMETER_2));
    root_bus::remove(&device);
    let gone = query_by_number(&device, 0xF);
    assert_eq!(gone, Err(NtStatus::INVALID_DEVICE_REQUEST));
}

#[test]
fn what_is_not_persistent_goes_with_the_device() {
    let path = "ROOT#properties#0005";
    let device = root_bus::enumerate(path).unwrap();
    let other = PropertyKey { number: 3, ..OWN };
    assert_eq!(assign(&device, (OWN, 0), true, Some(value(1))), Ok(()));
    assert_eq!(assign(&device, (other, 0), false, Some(value(2))), Ok(()));
    assert_eq!(query(&device, other, 0), Ok(value(2)));
    root_bus::remove(&device);
    let device = root_bus::enumerate(path).unwrap();
    assert_eq!(query(&device, OWN, 0), Ok(value(1)));
    let gone = query(&device, other, 0);
    assert_eq!(gone, Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    assert_eq!(assign(&device, (OWN, 0), true, None), Ok(()));
    assert!(query(&device, OWN, 0).is_err());
    root_bus::remove(&device);
}

#[test]
fn a_driver_does_not_set_what_the_pnp_manager_sets() {
    let device = root_bus::enumerate("ROOT#properties#0006").unwrap();
    let refused = assign(&device, (INSTANCE_ID, 0), true, Some(value(1)));
    assert_eq!(refused, Err(NtStatus::ACCESS_DENIED));
    root_bus::remove(&device);
}
