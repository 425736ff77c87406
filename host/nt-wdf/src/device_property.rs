//! Properties of a device: those of the `PnP` manager, and those that the driver assigns.

use std::sync::Arc;

use nt_io::Device;
use nt_io::device_property::{self, PropertyKey, PropertyValue};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device_init::InitHandle;
use crate::function_entry::functions;
use crate::handle::{WdfDevice, WdfMemory};
use crate::memory::{MemoryBody, PoolBuffer};
use crate::object::{ObjectAttributes, ParentRule, Rules};
use crate::pointer::{In, Out};
use crate::status;

functions! {
    PASSIVE WdfDeviceQueryProperty = query(
        device: WdfDevice, property: u32, length: u32, buffer: *mut u8,
        result_length: Out<u32>) -> NtStatus;
    PASSIVE WdfDeviceAllocAndQueryProperty = query_memory(
        device: WdfDevice, property: u32, pool_type: i32, attributes: In<ObjectAttributes>,
        memory: Out<WdfMemory>) -> NtStatus;
    APC WdfDeviceQueryPropertyEx = query_ex(
        device: WdfDevice, property: In<PropertyData>, length: u32, buffer: *mut u8,
        required: Out<u32>, kind: Out<u32>) -> NtStatus;
    APC WdfDeviceAllocAndQueryPropertyEx = query_memory_ex(
        device: WdfDevice, property: In<PropertyData>, pool_type: i32,
        attributes: In<ObjectAttributes>, memory: Out<WdfMemory>, kind: Out<u32>) -> NtStatus;
    APC WdfDeviceAssignProperty = assign(
        device: WdfDevice, property: In<PropertyData>, kind: u32, size: u32,
        data: *const u8) -> NtStatus;
    PASSIVE WdfFdoInitQueryProperty = query(
        init: InitHandle, property: u32, length: u32, buffer: *mut u8,
        result_length: Out<u32>) -> NtStatus;
    PASSIVE WdfFdoInitAllocAndQueryProperty = query_memory(
        init: InitHandle, property: u32, pool_type: i32, attributes: In<ObjectAttributes>,
        memory: Out<WdfMemory>) -> NtStatus;
    PASSIVE WdfFdoInitQueryPropertyEx = query_ex(
        init: InitHandle, property: In<PropertyData>, length: u32, buffer: *mut u8,
        required: Out<u32>, kind: Out<u32>) -> NtStatus;
    PASSIVE WdfFdoInitAllocAndQueryPropertyEx = query_memory_ex(
        init: InitHandle, property: In<PropertyData>, pool_type: i32,
        attributes: In<ObjectAttributes>, memory: Out<WdfMemory>, kind: Out<u32>) -> NtStatus;
}

/// `WDF_DEVICE_PROPERTY_DATA` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct PropertyData {
    pub(crate) size: u32,
    pub(crate) key: In<PropertyKey>,
    pub(crate) locale: u32,
    pub(crate) flags: u32,
}

const _: () = assert!(size_of::<PropertyData>() == 24);

/// `PLUGPLAY_PROPERTY_PERSISTENT`.
const PERSISTENT: u32 = 1;

/// A property that has been looked up.
type Found = Result<PropertyValue, NtStatus>;

/// How a driver names the device whose properties it means.
trait PropertyOwner: Copy {
    /// The bus driver's device. A control device has none.
    fn physical(self, call: &FrameworkCall) -> Option<Arc<Device>>;

    /// Looks at the bus driver's device.
    fn look<R>(
        self,
        call: &FrameworkCall,
        look: impl FnOnce(&Device) -> Result<R, NtStatus>,
    ) -> Result<R, NtStatus> {
        match self.physical(call) {
            Some(physical) => look(&physical),
            None => Err(NtStatus::INVALID_DEVICE_REQUEST),
        }
    }

    /// Looks a property up by its `DEVICE_REGISTRY_PROPERTY`.
    fn find(self, call: &FrameworkCall, property: u32) -> Found {
        self.look(call, |physical| {
            device_property::query_by_number(physical, property)
        })
    }

    /// Looks a property up by its key, and writes its type.
    fn find_by_key(
        self,
        call: &FrameworkCall,
        property: In<PropertyData>,
        kind: Out<u32>,
    ) -> Found {
        let (key, locale) = call.property(property)?;
        let kind = kind.required(call, "Type");
        let value = self.look(call, |physical| {
            device_property::query(physical, key, locale)
        })?;
        kind.set(value.kind);
        Ok(value)
    }
}

impl PropertyOwner for WdfDevice {
    fn physical(self, call: &FrameworkCall) -> Option<Arc<Device>> {
        call.object(self, "Device").init().physical.clone()
    }
}

/// A device that does not exist yet.
impl PropertyOwner for InitHandle {
    fn physical(self, call: &FrameworkCall) -> Option<Arc<Device>> {
        call.init(self).physical
    }
}

impl FrameworkCall {
    /// Which property the driver means: its key and its locale.
    fn property(&self, data: In<PropertyData>) -> Result<(PropertyKey, u32), NtStatus> {
        let data = data.sized(self, "DeviceProperty")?;
        let key = data.key.required(self, "DeviceProperty->PropertyKey");
        Ok((key, data.locale))
    }

    /// Copies a property to the driver's buffer, which has to be long enough. An injected failure may say
    /// that it is not.
    fn copy(&self, found: Found, (buffer, length): (*mut u8, u32), required: Out<u32>) -> NtStatus {
        let required = required.required(self, "ResultLength");
        let injected = self.fails();
        let value = match (found, injected) {
            (Err(status), None) => return status,
            (_, Some(status)) if status != NtStatus::BUFFER_TOO_SMALL => return status,
            (found, _) => found.unwrap_or(PropertyValue {
                kind: 0,
                bytes: Vec::new(),
            }),
        };
        required.set(u32::try_from(value.bytes.len()).unwrap_or(u32::MAX));
        if injected.is_some() || (length as usize) < value.bytes.len() || buffer.is_null() {
            return NtStatus::BUFFER_TOO_SMALL;
        }
        // SAFETY: the driver promises that its buffer has `length` bytes, and these are not more.
        unsafe { buffer.copy_from(value.bytes.as_ptr(), value.bytes.len()) };
        NtStatus::SUCCESS
    }

    /// Copies a property to memory of its own.
    fn allocate(
        &self,
        found: Found,
        pool_type: i32,
        attributes: In<ObjectAttributes>,
        memory: Out<WdfMemory>,
    ) -> NtStatus {
        let memory = memory.required(self, "PropertyMemory");
        let filled = found.and_then(|value| {
            let length = value.bytes.len();
            let buffer = PoolBuffer::new(pool_type, length.max(1), self.binding.pool_tag())?;
            buffer.fill(&value.bytes);
            Ok(MemoryBody::owned(buffer, length))
        });
        match filled {
            Ok(body) => {
                let rules = Rules::plain(ParentRule::Optional);
                self.create(attributes, rules, body, memory)
            }
            Err(status) => status,
        }
    }
}

fn query(
    call: &FrameworkCall,
    owner: impl PropertyOwner,
    property: u32,
    length: u32,
    buffer: *mut u8,
    result_length: Out<u32>,
) -> NtStatus {
    let found = owner.find(call, property);
    call.copy(found, (buffer, length), result_length)
}

fn query_memory(
    call: &FrameworkCall,
    owner: impl PropertyOwner,
    property: u32,
    pool_type: i32,
    attributes: In<ObjectAttributes>,
    memory: Out<WdfMemory>,
) -> NtStatus {
    let found = owner.find(call, property);
    call.allocate(found, pool_type, attributes, memory)
}

fn query_ex(
    call: &FrameworkCall,
    owner: impl PropertyOwner,
    property: In<PropertyData>,
    length: u32,
    buffer: *mut u8,
    required: Out<u32>,
    kind: Out<u32>,
) -> NtStatus {
    let found = owner.find_by_key(call, property, kind);
    call.copy(found, (buffer, length), required)
}

fn query_memory_ex(
    call: &FrameworkCall,
    owner: impl PropertyOwner,
    property: In<PropertyData>,
    pool_type: i32,
    attributes: In<ObjectAttributes>,
    memory: Out<WdfMemory>,
    kind: Out<u32>,
) -> NtStatus {
    let found = owner.find_by_key(call, property, kind);
    call.allocate(found, pool_type, attributes, memory)
}

fn assign(
    call: &FrameworkCall,
    device: WdfDevice,
    property: In<PropertyData>,
    kind: u32,
    size: u32,
    data: *const u8,
) -> NtStatus {
    let named = match call.property(property) {
        Ok(named) => named,
        Err(status) => return status,
    };
    let flags = property.required(call, "DeviceProperty").flags;
    let value = (!data.is_null()).then(|| {
        // SAFETY: the driver promises that its buffer has `size` bytes.
        let bytes = unsafe { std::slice::from_raw_parts(data, size as usize) }.to_vec();
        PropertyValue { kind, bytes }
    });
    status::from_result(device.look(call, |physical| {
        device_property::assign(physical, named, flags & PERSISTENT != 0, value)
    }))
}
