/* Properties of devices that drivers mean by keys. */

#ifndef _WDFPROPERTY_H_
#define _WDFPROPERTY_H_

#include "wdfmemory.h"

/* A unified property, which a driver means by its key. */
typedef struct _WDF_DEVICE_PROPERTY_DATA {
    ULONG Size;
    const DEVPROPKEY *PropertyKey;
    LCID Lcid;
    ULONG Flags;
} WDF_DEVICE_PROPERTY_DATA, *PWDF_DEVICE_PROPERTY_DATA;

FORCEINLINE VOID WDF_DEVICE_PROPERTY_DATA_INIT(
    PWDF_DEVICE_PROPERTY_DATA PropertyData, const DEVPROPKEY *PropertyKey)
{
    RtlZeroMemory(PropertyData, sizeof(WDF_DEVICE_PROPERTY_DATA));
    PropertyData->Size = WDF_STRUCTURE_SIZE(WDF_DEVICE_PROPERTY_DATA);
    PropertyData->PropertyKey = PropertyKey;
}

/* IRQL <= APC */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEQUERYPROPERTYEX)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
    ULONG BufferLength, PVOID PropertyBuffer, PULONG RequiredSize, PDEVPROPTYPE Type);
FORCEINLINE NTSTATUS WdfDeviceQueryPropertyEx(
    WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength, PVOID
    PropertyBuffer, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    return WDF_FUNCTION(WdfDeviceQueryPropertyEx, PFN_WDFDEVICEQUERYPROPERTYEX)(
        WdfDriverGlobals, Device, DeviceProperty, BufferLength, PropertyBuffer, RequiredSize, Type);
}

/* IRQL <= APC */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEALLOCANDQUERYPROPERTYEX)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
    POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory,
    PDEVPROPTYPE Type);
FORCEINLINE NTSTATUS WdfDeviceAllocAndQueryPropertyEx(
    WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory, PDEVPROPTYPE Type)
{
    return WDF_FUNCTION(WdfDeviceAllocAndQueryPropertyEx, PFN_WDFDEVICEALLOCANDQUERYPROPERTYEX)(
        WdfDriverGlobals, Device, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory,
        Type);
}

/* IRQL <= APC. No data removes the property. */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEASSIGNPROPERTY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty,
    DEVPROPTYPE Type, ULONG Size, PVOID Data);
FORCEINLINE NTSTATUS WdfDeviceAssignProperty(
    WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, DEVPROPTYPE Type, ULONG Size, PVOID
    Data)
{
    return WDF_FUNCTION(WdfDeviceAssignProperty, PFN_WDFDEVICEASSIGNPROPERTY)(
        WdfDriverGlobals, Device, DeviceProperty, Type, Size, Data);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFFDOINITQUERYPROPERTYEX)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA
    DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength, PDEVPROPTYPE Type);
FORCEINLINE NTSTATUS WdfFdoInitQueryPropertyEx(
    PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength, PVOID
    PropertyBuffer, PULONG ResultLength, PDEVPROPTYPE Type)
{
    return WDF_FUNCTION(WdfFdoInitQueryPropertyEx, PFN_WDFFDOINITQUERYPROPERTYEX)(
        WdfDriverGlobals, DeviceInit, DeviceProperty, BufferLength, PropertyBuffer, ResultLength, Type);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFFDOINITALLOCANDQUERYPROPERTYEX)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA
    DeviceProperty, POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY
    *PropertyMemory, PDEVPROPTYPE Type);
FORCEINLINE NTSTATUS WdfFdoInitAllocAndQueryPropertyEx(
    PWDFDEVICE_INIT DeviceInit, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory, PDEVPROPTYPE Type)
{
    return WDF_FUNCTION(WdfFdoInitAllocAndQueryPropertyEx, PFN_WDFFDOINITALLOCANDQUERYPROPERTYEX)(
        WdfDriverGlobals, DeviceInit, DeviceProperty, PoolType, PropertyMemoryAttributes,
        PropertyMemory, Type);
}

#endif /* _WDFPROPERTY_H_ */
