//! Values of the driver's parameters in the registry.

use core::ptr::null_mut;

use wdk_sys::{
    NTSTATUS, PWDF_OBJECT_ATTRIBUTES, ULONG, UNICODE_STRING, WDF_NO_OBJECT_ATTRIBUTES,
    WDFCOLLECTION, WDFDEVICE, WDFKEY, WDFREQUEST, call_unsafe_wdf_function_binding,
};

use crate::device::done;
use crate::queue::give;
use crate::text::{unicode, wide};

const KEY_ALL_ACCESS: ULONG = 0xF_003F;
const REG_SZ: ULONG = 1;
const REG_MULTI_SZ: ULONG = 7;

static LIST_NAME: [u16; 4] = wide("List");
static LIST: [u16; 9] = wide("one\0two\0\0");
static COUNT_NAME: [u16; 5] = wide("Count");
static TEXT_NAME: [u16; 4] = wide("Text");
static TEXT: [u16; 5] = wide("text\0");

/// The answer to `KEYS`. What is true is 1.
#[repr(C)]
struct Report {
    /// Whether the key has a handle of the kernel's.
    handle: u32,
    /// How many texts the list has, and bytes its second one.
    texts: ULONG,
    second_length: u32,
    /// How many bytes the text takes, asked without and with too little room, and its length.
    needed: [u16; 2],
    length: u16,
    first: u16,
    /// What a query of the list as a text answers, and one without enough room.
    mismatch: NTSTATUS,
    overflow: NTSTATUS,
}

/// Writes values, reads them back and gives the report.
pub(crate) fn answer(device: WDFDEVICE, request: WDFREQUEST) -> Result<usize, NTSTATUS> {
    let key = open(device)?;
    let report = fill(key).and_then(|()| read(key));
    // SAFETY: the key was opened above.
    unsafe { call_unsafe_wdf_function_binding!(WdfRegistryClose, key) };
    give(request, report?)
}

/// Counts the calls in the key for what outlasts the driver, and gives the count.
pub(crate) fn answer_state(device: WDFDEVICE, request: WDFREQUEST) -> Result<usize, NTSTATUS> {
    let mut key = null_mut();
    // SAFETY: the device is there; the key is closed after its last use.
    unsafe {
        let driver = call_unsafe_wdf_function_binding!(WdfDeviceGetDriver, device);
        done(call_unsafe_wdf_function_binding!(
            WdfDriverOpenPersistentStateRegistryKey,
            driver,
            KEY_ALL_ACCESS,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut key,
        ))?;
        let counted = count(key);
        call_unsafe_wdf_function_binding!(WdfRegistryClose, key);
        give(request, counted?)
    }
}

unsafe fn count(key: WDFKEY) -> Result<ULONG, NTSTATUS> {
    let (name, mut count) = (unicode(&COUNT_NAME), 0);
    // SAFETY: the key is open. The value is not there the first time.
    unsafe {
        let _ = call_unsafe_wdf_function_binding!(
            WdfRegistryQueryULong,
            key,
            &raw const name,
            &raw mut count,
        );
        count += 1;
        done(call_unsafe_wdf_function_binding!(
            WdfRegistryAssignULong,
            key,
            &raw const name,
            count,
        ))?;
    }
    Ok(count)
}

fn open(device: WDFDEVICE) -> Result<WDFKEY, NTSTATUS> {
    let mut key = null_mut();
    // SAFETY: the device is there.
    done(unsafe {
        let driver = call_unsafe_wdf_function_binding!(WdfDeviceGetDriver, device);
        call_unsafe_wdf_function_binding!(
            WdfDriverOpenParametersRegistryKey,
            driver,
            KEY_ALL_ACCESS,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut key,
        )
    })?;
    Ok(key)
}

fn fill(key: WDFKEY) -> Result<(), NTSTATUS> {
    let values: [(&'static [u16], ULONG, &'static [u16]); 2] = [
        (&LIST_NAME, REG_MULTI_SZ, &LIST),
        (&TEXT_NAME, REG_SZ, &TEXT),
    ];
    for (name, kind, value) in values {
        let name = unicode(name);
        // SAFETY: the key is open; the value is read only.
        done(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfRegistryAssignValue,
                key,
                &raw const name,
                kind,
                size_of_val(value) as ULONG,
                value.as_ptr().cast_mut().cast(),
            )
        })?;
    }
    Ok(())
}

fn read(key: WDFKEY) -> Result<Report, NTSTATUS> {
    let (texts, second_length) = read_list(key)?;
    let mut room = [0_u16; 8];
    let (_, needed) = query(key, &TEXT_NAME, None);
    let mut short = place(&mut room[..2]);
    let (overflow, needed_for_short) = query(key, &TEXT_NAME, Some(&mut short));
    let mut long = place(&mut room);
    let (status, _) = query(key, &TEXT_NAME, Some(&mut long));
    done(status)?;
    let length = long.Length;
    let mut list = place(&mut room);
    let (mismatch, _) = query(key, &LIST_NAME, Some(&mut list));
    Ok(Report {
        // SAFETY: the key is open.
        handle: unsafe {
            u32::from(!call_unsafe_wdf_function_binding!(WdfRegistryWdmGetHandle, key).is_null())
        },
        texts,
        second_length,
        needed: [needed, needed_for_short],
        length,
        first: room[0],
        mismatch,
        overflow,
    })
}

/// How many texts the list has, and bytes its second one.
fn read_list(key: WDFKEY) -> Result<(ULONG, u32), NTSTATUS> {
    let (name, mut collection): (_, WDFCOLLECTION) = (unicode(&LIST_NAME), null_mut());
    let attributes: PWDF_OBJECT_ATTRIBUTES = WDF_NO_OBJECT_ATTRIBUTES;
    // SAFETY: the key is open; collection and strings are the driver's until it unloads.
    unsafe {
        done(call_unsafe_wdf_function_binding!(
            WdfCollectionCreate,
            attributes,
            &raw mut collection,
        ))?;
        let mut of_strings = wdk_sys::WDF_OBJECT_ATTRIBUTES {
            Size: size_of::<wdk_sys::WDF_OBJECT_ATTRIBUTES>() as ULONG,
            ExecutionLevel: 1,
            SynchronizationScope: 1,
            ParentObject: collection.cast(),
            ..wdk_sys::WDF_OBJECT_ATTRIBUTES::default()
        };
        let queried = call_unsafe_wdf_function_binding!(
            WdfRegistryQueryMultiString,
            key,
            &raw const name,
            &raw mut of_strings,
            collection,
        );
        let read = done(queried).map(|()| measure(collection));
        call_unsafe_wdf_function_binding!(WdfObjectDelete, collection.cast());
        read
    }
}

unsafe fn measure(collection: WDFCOLLECTION) -> (ULONG, u32) {
    let mut text = UNICODE_STRING::default();
    // SAFETY: the collection is there, and has strings only.
    unsafe {
        let count = call_unsafe_wdf_function_binding!(WdfCollectionGetCount, collection);
        let second = call_unsafe_wdf_function_binding!(WdfCollectionGetItem, collection, 1);
        if !second.is_null() {
            call_unsafe_wdf_function_binding!(
                WdfStringGetUnicodeString,
                second.cast(),
                &raw mut text,
            );
        }
        (count, text.Length.into())
    }
}

/// Room for text.
fn place(room: &mut [u16]) -> UNICODE_STRING {
    UNICODE_STRING {
        Length: 0,
        MaximumLength: size_of_val(room) as u16,
        Buffer: room.as_mut_ptr(),
    }
}

/// `WdfRegistryQueryUnicodeString`: its status, and how many bytes it says the value has.
fn query(key: WDFKEY, name: &'static [u16], value: Option<&mut UNICODE_STRING>) -> (NTSTATUS, u16) {
    let (name, mut length) = (unicode(name), 0);
    let value = value.map_or(null_mut(), |value| &raw mut *value);
    // SAFETY: the key is open; the value has the room that it says.
    let status = unsafe {
        call_unsafe_wdf_function_binding!(
            WdfRegistryQueryUnicodeString,
            key,
            &raw const name,
            &raw mut length,
            value,
        )
    };
    (status, length)
}
