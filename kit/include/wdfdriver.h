/* The driver object. */

#ifndef _WDFDRIVER_H_
#define _WDFDRIVER_H_

#include "wdfobject.h"

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_DRIVER_DEVICE_ADD(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit);
typedef EVT_WDF_DRIVER_DEVICE_ADD *PFN_WDF_DRIVER_DEVICE_ADD;

/* IRQL <= PASSIVE */
typedef VOID EVT_WDF_DRIVER_UNLOAD(WDFDRIVER Driver);
typedef EVT_WDF_DRIVER_UNLOAD *PFN_WDF_DRIVER_UNLOAD;

/* IRQL <= PASSIVE */
typedef NTSTATUS EVT_WDF_TRACE_CALLBACK(
    UCHAR minorFunction, PVOID dataPath, ULONG bufferLength, PVOID buffer, PVOID context,
    PULONG size);
typedef EVT_WDF_TRACE_CALLBACK *PFN_WDF_TRACE_CALLBACK;

typedef enum _WDF_DRIVER_INIT_FLAGS {
    WdfDriverInitNonPnpDriver = 1,
    WdfDriverInitNoDispatchOverride = 2,
    WdfVerifyOn = 4,
    WdfVerifierOn = 8,
    WdfDriverInitCompanion = 16
} WDF_DRIVER_INIT_FLAGS;

typedef struct _WDF_DRIVER_CONFIG {
    ULONG Size;
    PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd;
    PFN_WDF_DRIVER_UNLOAD EvtDriverUnload;
    ULONG DriverInitFlags;
    ULONG DriverPoolTag;
} WDF_DRIVER_CONFIG, *PWDF_DRIVER_CONFIG;

FORCEINLINE VOID WDF_DRIVER_CONFIG_INIT(
    PWDF_DRIVER_CONFIG Config, PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd)
{
    RtlZeroMemory(Config, sizeof(WDF_DRIVER_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_DRIVER_CONFIG);
    Config->EvtDriverDeviceAdd = EvtDriverDeviceAdd;
}

typedef struct _WDF_DRIVER_VERSION_AVAILABLE_PARAMS {
    ULONG Size;
    ULONG MajorVersion;
    ULONG MinorVersion;
} WDF_DRIVER_VERSION_AVAILABLE_PARAMS, *PWDF_DRIVER_VERSION_AVAILABLE_PARAMS;

FORCEINLINE VOID WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(
    PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Params, ULONG MajorVersion, ULONG MinorVersion)
{
    RtlZeroMemory(Params, sizeof(WDF_DRIVER_VERSION_AVAILABLE_PARAMS));
    Params->Size = WDF_STRUCTURE_SIZE(WDF_DRIVER_VERSION_AVAILABLE_PARAMS);
    Params->MajorVersion = MajorVersion;
    Params->MinorVersion = MinorVersion;
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDRIVERCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
    PWDF_OBJECT_ATTRIBUTES DriverAttributes, PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver);
FORCEINLINE NTSTATUS WdfDriverCreate(
    PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
    PWDF_OBJECT_ATTRIBUTES DriverAttributes, PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver)
{
    return WDF_FUNCTION(WdfDriverCreate, PFN_WDFDRIVERCREATE)(
        WdfDriverGlobals, DriverObject, RegistryPath, DriverAttributes, DriverConfig, Driver);
}

/* IRQL <= PASSIVE */
typedef PWSTR (NTAPI *PFN_WDFDRIVERGETREGISTRYPATH)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver);
FORCEINLINE PWSTR WdfDriverGetRegistryPath(WDFDRIVER Driver)
{
    return WDF_FUNCTION(WdfDriverGetRegistryPath, PFN_WDFDRIVERGETREGISTRYPATH)(
        WdfDriverGlobals, Driver);
}

/* IRQL <= DISPATCH */
typedef PDRIVER_OBJECT (NTAPI *PFN_WDFDRIVERWDMGETDRIVEROBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver);
FORCEINLINE PDRIVER_OBJECT WdfDriverWdmGetDriverObject(WDFDRIVER Driver)
{
    return WDF_FUNCTION(WdfDriverWdmGetDriverObject, PFN_WDFDRIVERWDMGETDRIVEROBJECT)(
        WdfDriverGlobals, Driver);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDRIVEROPENPARAMETERSREGISTRYKEY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
FORCEINLINE NTSTATUS WdfDriverOpenParametersRegistryKey(
    WDFDRIVER Driver, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return WDF_FUNCTION(WdfDriverOpenParametersRegistryKey, PFN_WDFDRIVEROPENPARAMETERSREGISTRYKEY)(
        WdfDriverGlobals, Driver, DesiredAccess, KeyAttributes, Key);
}

/* IRQL <= DISPATCH */
typedef WDFDRIVER (NTAPI *PFN_WDFWDMDRIVERGETWDFDRIVERHANDLE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject);
FORCEINLINE WDFDRIVER WdfWdmDriverGetWdfDriverHandle(PDRIVER_OBJECT DriverObject)
{
    return WDF_FUNCTION(WdfWdmDriverGetWdfDriverHandle, PFN_WDFWDMDRIVERGETWDFDRIVERHANDLE)(
        WdfDriverGlobals, DriverObject);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDRIVERREGISTERTRACEINFO)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject,
    PFN_WDF_TRACE_CALLBACK EvtTraceCallback, PVOID ControlBlock);
FORCEINLINE NTSTATUS WdfDriverRegisterTraceInfo(
    PDRIVER_OBJECT DriverObject, PFN_WDF_TRACE_CALLBACK EvtTraceCallback, PVOID ControlBlock)
{
    return WDF_FUNCTION(WdfDriverRegisterTraceInfo, PFN_WDFDRIVERREGISTERTRACEINFO)(
        WdfDriverGlobals, DriverObject, EvtTraceCallback, ControlBlock);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDRIVERRETRIEVEVERSIONSTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, WDFSTRING String);
FORCEINLINE NTSTATUS WdfDriverRetrieveVersionString(WDFDRIVER Driver, WDFSTRING String)
{
    return WDF_FUNCTION(WdfDriverRetrieveVersionString, PFN_WDFDRIVERRETRIEVEVERSIONSTRING)(
        WdfDriverGlobals, Driver, String);
}

/* IRQL <= DISPATCH */
typedef BOOLEAN (NTAPI *PFN_WDFDRIVERISVERSIONAVAILABLE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
    PWDF_DRIVER_VERSION_AVAILABLE_PARAMS VersionAvailableParams);
FORCEINLINE BOOLEAN WdfDriverIsVersionAvailable(
    WDFDRIVER Driver, PWDF_DRIVER_VERSION_AVAILABLE_PARAMS VersionAvailableParams)
{
    return WDF_FUNCTION(WdfDriverIsVersionAvailable, PFN_WDFDRIVERISVERSIONAVAILABLE)(
        WdfDriverGlobals, Driver, VersionAvailableParams);
}

/* IRQL <= PASSIVE */
/* Calls the override, which the entry stub sets to unbind from the framework as well. */
typedef VOID (NTAPI *PFN_WDFDRIVERMINIPORTUNLOAD)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver);
FORCEINLINE VOID WdfDriverMiniportUnload(WDFDRIVER Driver)
{
    ((PFN_WDFDRIVERMINIPORTUNLOAD) WdfDriverMiniportUnloadOverride)(WdfDriverGlobals, Driver);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDRIVEROPENPERSISTENTSTATEREGISTRYKEY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
FORCEINLINE NTSTATUS WdfDriverOpenPersistentStateRegistryKey(
    WDFDRIVER Driver, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return WDF_FUNCTION(
        WdfDriverOpenPersistentStateRegistryKey, PFN_WDFDRIVEROPENPERSISTENTSTATEREGISTRYKEY)(
        WdfDriverGlobals, Driver, DesiredAccess, KeyAttributes, Key);
}

/* Bugchecks if the missing function returns no NTSTATUS, or if the verifier is on. */
typedef NTSTATUS (NTAPI *PFN_WDFDRIVERERRORREPORTAPIMISSING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, PCWSTR FrameworkExtensionName,
    ULONG ApiIndex, BOOLEAN DoesApiReturnNtstatus);
FORCEINLINE NTSTATUS WdfDriverErrorReportApiMissing(
    WDFDRIVER Driver, PCWSTR FrameworkExtensionName, ULONG ApiIndex, BOOLEAN DoesApiReturnNtstatus)
{
    return WDF_FUNCTION(WdfDriverErrorReportApiMissing, PFN_WDFDRIVERERRORREPORTAPIMISSING)(
        WdfDriverGlobals, Driver, FrameworkExtensionName, ApiIndex, DoesApiReturnNtstatus);
}

#endif /* _WDFDRIVER_H_ */
