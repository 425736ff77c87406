/* Windows Management Instrumentation: providers and their instances. */

#ifndef _WDFWMI_H_
#define _WDFWMI_H_

#include "wdfobject.h"

typedef enum _WDF_WMI_PROVIDER_CONTROL {
    WdfWmiControlInvalid = 0,
    WdfWmiEventControl = 1,
    WdfWmiInstanceControl = 2
} WDF_WMI_PROVIDER_CONTROL;

typedef enum _WDF_WMI_PROVIDER_FLAGS {
    WdfWmiProviderEventOnly = 1,
    WdfWmiProviderExpensive = 2,
    WdfWmiProviderTracing = 4,
    WdfWmiProviderValidFlags = 7
} WDF_WMI_PROVIDER_FLAGS;

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE(
    WDFWMIINSTANCE WmiInstance, ULONG OutBufferSize, PVOID OutBuffer, PULONG BufferUsed);
typedef EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE *PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE;

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_WMI_INSTANCE_SET_INSTANCE(
    WDFWMIINSTANCE WmiInstance, ULONG InBufferSize, PVOID InBuffer);
typedef EVT_WDF_WMI_INSTANCE_SET_INSTANCE *PFN_WDF_WMI_INSTANCE_SET_INSTANCE;

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_WMI_INSTANCE_SET_ITEM(
    WDFWMIINSTANCE WmiInstance, ULONG DataItemId, ULONG InBufferSize, PVOID InBuffer);
typedef EVT_WDF_WMI_INSTANCE_SET_ITEM *PFN_WDF_WMI_INSTANCE_SET_ITEM;

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD(
    WDFWMIINSTANCE WmiInstance, ULONG MethodId, ULONG InBufferSize, ULONG OutBufferSize,
    PVOID Buffer, PULONG BufferUsed);
typedef EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD *PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD;

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL(
    WDFWMIPROVIDER WmiProvider, WDF_WMI_PROVIDER_CONTROL Control, BOOLEAN Enable);
typedef EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL *PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL;

typedef struct _WDF_WMI_PROVIDER_CONFIG {
    ULONG Size;
    GUID Guid;
    ULONG Flags;
    ULONG MinInstanceBufferSize;
    PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL EvtWmiProviderFunctionControl;
} WDF_WMI_PROVIDER_CONFIG, *PWDF_WMI_PROVIDER_CONFIG;

FORCEINLINE VOID WDF_WMI_PROVIDER_CONFIG_INIT(PWDF_WMI_PROVIDER_CONFIG Config, CONST GUID *Guid)
{
    RtlZeroMemory(Config, sizeof(WDF_WMI_PROVIDER_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_WMI_PROVIDER_CONFIG);
    Config->Guid = *Guid;
}

typedef struct _WDF_WMI_INSTANCE_CONFIG {
    ULONG Size;
    WDFWMIPROVIDER Provider;
    PWDF_WMI_PROVIDER_CONFIG ProviderConfig;
    BOOLEAN UseContextForQuery;
    BOOLEAN Register;
    PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE EvtWmiInstanceQueryInstance;
    PFN_WDF_WMI_INSTANCE_SET_INSTANCE EvtWmiInstanceSetInstance;
    PFN_WDF_WMI_INSTANCE_SET_ITEM EvtWmiInstanceSetItem;
    PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD EvtWmiInstanceExecuteMethod;
} WDF_WMI_INSTANCE_CONFIG, *PWDF_WMI_INSTANCE_CONFIG;

FORCEINLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(
    PWDF_WMI_INSTANCE_CONFIG Config, WDFWMIPROVIDER Provider)
{
    RtlZeroMemory(Config, sizeof(WDF_WMI_INSTANCE_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_WMI_INSTANCE_CONFIG);
    Config->Provider = Provider;
}

FORCEINLINE VOID WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(
    PWDF_WMI_INSTANCE_CONFIG Config, PWDF_WMI_PROVIDER_CONFIG ProviderConfig)
{
    RtlZeroMemory(Config, sizeof(WDF_WMI_INSTANCE_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_WMI_INSTANCE_CONFIG);
    Config->ProviderConfig = ProviderConfig;
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEASSIGNMOFRESOURCENAME)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PCUNICODE_STRING MofResourceName);
FORCEINLINE NTSTATUS WdfDeviceAssignMofResourceName(
    WDFDEVICE Device, PCUNICODE_STRING MofResourceName)
{
    return WDF_FUNCTION(WdfDeviceAssignMofResourceName, PFN_WDFDEVICEASSIGNMOFRESOURCENAME)(
        WdfDriverGlobals, Device, MofResourceName);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFWMIPROVIDERCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_WMI_PROVIDER_CONFIG WmiProviderConfig,
    PWDF_OBJECT_ATTRIBUTES ProviderAttributes, WDFWMIPROVIDER *WmiProvider);
FORCEINLINE NTSTATUS WdfWmiProviderCreate(
    WDFDEVICE Device, PWDF_WMI_PROVIDER_CONFIG WmiProviderConfig, PWDF_OBJECT_ATTRIBUTES
    ProviderAttributes, WDFWMIPROVIDER *WmiProvider)
{
    return WDF_FUNCTION(WdfWmiProviderCreate, PFN_WDFWMIPROVIDERCREATE)(
        WdfDriverGlobals, Device, WmiProviderConfig, ProviderAttributes, WmiProvider);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFWMIINSTANCECREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_WMI_INSTANCE_CONFIG InstanceConfig,
    PWDF_OBJECT_ATTRIBUTES InstanceAttributes, WDFWMIINSTANCE *Instance);
FORCEINLINE NTSTATUS WdfWmiInstanceCreate(
    WDFDEVICE Device, PWDF_WMI_INSTANCE_CONFIG InstanceConfig, PWDF_OBJECT_ATTRIBUTES
    InstanceAttributes, WDFWMIINSTANCE *Instance)
{
    return WDF_FUNCTION(WdfWmiInstanceCreate, PFN_WDFWMIINSTANCECREATE)(
        WdfDriverGlobals, Device, InstanceConfig, InstanceAttributes, Instance);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFWMIINSTANCEREGISTER)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance);
FORCEINLINE NTSTATUS WdfWmiInstanceRegister(WDFWMIINSTANCE WmiInstance)
{
    return WDF_FUNCTION(WdfWmiInstanceRegister, PFN_WDFWMIINSTANCEREGISTER)(
        WdfDriverGlobals, WmiInstance);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFWMIINSTANCEDEREGISTER)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance);
FORCEINLINE VOID WdfWmiInstanceDeregister(WDFWMIINSTANCE WmiInstance)
{
    WDF_FUNCTION(WdfWmiInstanceDeregister, PFN_WDFWMIINSTANCEDEREGISTER)(
        WdfDriverGlobals, WmiInstance);
}

/* IRQL <= DISPATCH */
typedef WDFDEVICE (NTAPI *PFN_WDFWMIINSTANCEGETDEVICE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance);
FORCEINLINE WDFDEVICE WdfWmiInstanceGetDevice(WDFWMIINSTANCE WmiInstance)
{
    return WDF_FUNCTION(WdfWmiInstanceGetDevice, PFN_WDFWMIINSTANCEGETDEVICE)(
        WdfDriverGlobals, WmiInstance);
}

/* IRQL <= APC */
typedef NTSTATUS (NTAPI *PFN_WDFWMIINSTANCEFIREEVENT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE WmiInstance, ULONG EventDataSize, PVOID
    EventData);
FORCEINLINE NTSTATUS WdfWmiInstanceFireEvent(
    WDFWMIINSTANCE WmiInstance, ULONG EventDataSize, PVOID EventData)
{
    return WDF_FUNCTION(WdfWmiInstanceFireEvent, PFN_WDFWMIINSTANCEFIREEVENT)(
        WdfDriverGlobals, WmiInstance, EventDataSize, EventData);
}

#endif /* _WDFWMI_H_ */
