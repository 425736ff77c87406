/* Registry keys. */

#ifndef _WDFREGISTRY_H_
#define _WDFREGISTRY_H_

#include "wdfmemory.h"
#include "wdfobject.h"

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYOPENKEY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
    ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
FORCEINLINE NTSTATUS WdfRegistryOpenKey(
    WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return WDF_FUNCTION(WdfRegistryOpenKey, PFN_WDFREGISTRYOPENKEY)(
        WdfDriverGlobals, ParentKey, KeyName, DesiredAccess, KeyAttributes, Key);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYCREATEKEY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
    ACCESS_MASK DesiredAccess, ULONG CreateOptions, PULONG CreateDisposition,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
FORCEINLINE NTSTATUS WdfRegistryCreateKey(
    WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess, ULONG CreateOptions,
    PULONG CreateDisposition, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return WDF_FUNCTION(WdfRegistryCreateKey, PFN_WDFREGISTRYCREATEKEY)(
        WdfDriverGlobals, ParentKey, KeyName, DesiredAccess, CreateOptions, CreateDisposition,
        KeyAttributes, Key);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFREGISTRYCLOSE)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key);
FORCEINLINE VOID WdfRegistryClose(WDFKEY Key)
{
    WDF_FUNCTION(WdfRegistryClose, PFN_WDFREGISTRYCLOSE)(WdfDriverGlobals, Key);
}

/* IRQL <= PASSIVE */
typedef HANDLE (NTAPI *PFN_WDFREGISTRYWDMGETHANDLE)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key);
FORCEINLINE HANDLE WdfRegistryWdmGetHandle(WDFKEY Key)
{
    return WDF_FUNCTION(WdfRegistryWdmGetHandle, PFN_WDFREGISTRYWDMGETHANDLE)(
        WdfDriverGlobals, Key);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYQUERYVALUE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength,
    PVOID Value, PULONG ValueLengthQueried, PULONG ValueType);
FORCEINLINE NTSTATUS WdfRegistryQueryValue(
    WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength, PVOID Value,
    PULONG ValueLengthQueried, PULONG ValueType)
{
    return WDF_FUNCTION(WdfRegistryQueryValue, PFN_WDFREGISTRYQUERYVALUE)(
        WdfDriverGlobals, Key, ValueName, ValueLength, Value, ValueLengthQueried, ValueType);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYQUERYMEMORY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory, PULONG ValueType);
FORCEINLINE NTSTATUS WdfRegistryQueryMemory(
    WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory, PULONG ValueType)
{
    return WDF_FUNCTION(WdfRegistryQueryMemory, PFN_WDFREGISTRYQUERYMEMORY)(
        WdfDriverGlobals, Key, ValueName, PoolType, MemoryAttributes, Memory, ValueType);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYQUERYMULTISTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
    PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection);
FORCEINLINE NTSTATUS WdfRegistryQueryMultiString(
    WDFKEY Key, PCUNICODE_STRING ValueName, PWDF_OBJECT_ATTRIBUTES StringsAttributes,
    WDFCOLLECTION Collection)
{
    return WDF_FUNCTION(WdfRegistryQueryMultiString, PFN_WDFREGISTRYQUERYMULTISTRING)(
        WdfDriverGlobals, Key, ValueName, StringsAttributes, Collection);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYQUERYUNICODESTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
    PUSHORT ValueByteLength, PUNICODE_STRING Value);
FORCEINLINE NTSTATUS WdfRegistryQueryUnicodeString(
    WDFKEY Key, PCUNICODE_STRING ValueName, PUSHORT ValueByteLength, PUNICODE_STRING Value)
{
    return WDF_FUNCTION(WdfRegistryQueryUnicodeString, PFN_WDFREGISTRYQUERYUNICODESTRING)(
        WdfDriverGlobals, Key, ValueName, ValueByteLength, Value);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYQUERYSTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String);
FORCEINLINE NTSTATUS WdfRegistryQueryString(
    WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
    return WDF_FUNCTION(WdfRegistryQueryString, PFN_WDFREGISTRYQUERYSTRING)(
        WdfDriverGlobals, Key, ValueName, String);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYQUERYULONG)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value);
FORCEINLINE NTSTATUS WdfRegistryQueryULong(WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value)
{
    return WDF_FUNCTION(WdfRegistryQueryULong, PFN_WDFREGISTRYQUERYULONG)(
        WdfDriverGlobals, Key, ValueName, Value);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYASSIGNVALUE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
    ULONG ValueLength, PVOID Value);
FORCEINLINE NTSTATUS WdfRegistryAssignValue(
    WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, ULONG ValueLength, PVOID Value)
{
    return WDF_FUNCTION(WdfRegistryAssignValue, PFN_WDFREGISTRYASSIGNVALUE)(
        WdfDriverGlobals, Key, ValueName, ValueType, ValueLength, Value);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYASSIGNULONG)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value);
FORCEINLINE NTSTATUS WdfRegistryAssignULong(WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value)
{
    return WDF_FUNCTION(WdfRegistryAssignULong, PFN_WDFREGISTRYASSIGNULONG)(
        WdfDriverGlobals, Key, ValueName, Value);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYREMOVEKEY)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key);
FORCEINLINE NTSTATUS WdfRegistryRemoveKey(WDFKEY Key)
{
    return WDF_FUNCTION(WdfRegistryRemoveKey, PFN_WDFREGISTRYREMOVEKEY)(WdfDriverGlobals, Key);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYREMOVEVALUE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName);
FORCEINLINE NTSTATUS WdfRegistryRemoveValue(WDFKEY Key, PCUNICODE_STRING ValueName)
{
    return WDF_FUNCTION(WdfRegistryRemoveValue, PFN_WDFREGISTRYREMOVEVALUE)(
        WdfDriverGlobals, Key, ValueName);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYASSIGNMEMORY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
    WDFMEMORY Memory, PWDFMEMORY_OFFSET MemoryOffsets);
FORCEINLINE NTSTATUS WdfRegistryAssignMemory(
    WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, WDFMEMORY Memory,
    PWDFMEMORY_OFFSET MemoryOffsets)
{
    return WDF_FUNCTION(WdfRegistryAssignMemory, PFN_WDFREGISTRYASSIGNMEMORY)(
        WdfDriverGlobals, Key, ValueName, ValueType, Memory, MemoryOffsets);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYASSIGNMULTISTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
    WDFCOLLECTION StringsCollection);
FORCEINLINE NTSTATUS WdfRegistryAssignMultiString(
    WDFKEY Key, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection)
{
    return WDF_FUNCTION(WdfRegistryAssignMultiString, PFN_WDFREGISTRYASSIGNMULTISTRING)(
        WdfDriverGlobals, Key, ValueName, StringsCollection);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYASSIGNUNICODESTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
    PCUNICODE_STRING Value);
FORCEINLINE NTSTATUS WdfRegistryAssignUnicodeString(
    WDFKEY Key, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value)
{
    return WDF_FUNCTION(WdfRegistryAssignUnicodeString, PFN_WDFREGISTRYASSIGNUNICODESTRING)(
        WdfDriverGlobals, Key, ValueName, Value);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFREGISTRYASSIGNSTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String);
FORCEINLINE NTSTATUS WdfRegistryAssignString(
    WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
    return WDF_FUNCTION(WdfRegistryAssignString, PFN_WDFREGISTRYASSIGNSTRING)(
        WdfDriverGlobals, Key, ValueName, String);
}

#endif /* _WDFREGISTRY_H_ */
