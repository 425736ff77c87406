/* Devices: creation, names, security, interfaces. */

#ifndef _WDFDEVICE_H_
#define _WDFDEVICE_H_

#include "wdffileobject.h"
#include "wdfio.h"
#include "wdfpnppower.h"

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_IN_CALLER_CONTEXT(WDFDEVICE Device, WDFREQUEST Request);
typedef EVT_WDF_IO_IN_CALLER_CONTEXT *PFN_WDF_IO_IN_CALLER_CONTEXT;

/* IRQL <= PASSIVE */
typedef VOID EVT_WDF_DEVICE_SHUTDOWN_NOTIFICATION(WDFDEVICE Device);
typedef EVT_WDF_DEVICE_SHUTDOWN_NOTIFICATION *PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION;

/* IRQL <= DISPATCH */
typedef NTSTATUS EVT_WDFDEVICE_WDM_IRP_PREPROCESS(WDFDEVICE Device, PIRP Irp);
typedef EVT_WDFDEVICE_WDM_IRP_PREPROCESS *PFN_WDFDEVICE_WDM_IRP_PREPROCESS;

typedef enum _WDF_DEVICE_IO_TYPE {
    WdfDeviceIoUndefined = 0,
    WdfDeviceIoNeither = 1,
    WdfDeviceIoBuffered = 2,
    WdfDeviceIoDirect = 3,
    WdfDeviceIoBufferedOrDirect = 4,
    WdfDeviceIoMaximum = 5
} WDF_DEVICE_IO_TYPE;

typedef enum _WDF_DEVICE_FAILED_ACTION {
    WdfDeviceFailedUndefined = 0,
    WdfDeviceFailedAttemptRestart = 1,
    WdfDeviceFailedNoRestart = 2
} WDF_DEVICE_FAILED_ACTION;

typedef enum _WDF_DEVICE_SHUTDOWN_FLAGS {
    WdfDeviceShutdown = 1,
    WdfDeviceLastChanceShutdown = 2
} WDF_DEVICE_SHUTDOWN_FLAGS;

typedef struct _WDF_IO_TYPE_CONFIG {
    ULONG Size;
    WDF_DEVICE_IO_TYPE ReadWriteIoType;
    WDF_DEVICE_IO_TYPE DeviceControlIoType;
    ULONG DirectTransferThreshold;
} WDF_IO_TYPE_CONFIG, *PWDF_IO_TYPE_CONFIG;

typedef enum _WDF_REMOVE_LOCK_OPTIONS_FLAGS {
    WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO = 1
} WDF_REMOVE_LOCK_OPTIONS_FLAGS;

typedef struct _WDF_REMOVE_LOCK_OPTIONS {
    ULONG Size;
    ULONG Flags;
} WDF_REMOVE_LOCK_OPTIONS, *PWDF_REMOVE_LOCK_OPTIONS;

#define WDF_REGKEY_DEVICE_SUBKEY 0
#define WDF_REGKEY_DRIVER_SUBKEY 0

/* IRQL <= PASSIVE */
typedef PWDFDEVICE_INIT (NTAPI *PFN_WDFCONTROLDEVICEINITALLOCATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, CONST UNICODE_STRING *SDDLString);
FORCEINLINE PWDFDEVICE_INIT WdfControlDeviceInitAllocate(
    WDFDRIVER Driver, CONST UNICODE_STRING *SDDLString)
{
    return WDF_FUNCTION(WdfControlDeviceInitAllocate, PFN_WDFCONTROLDEVICEINITALLOCATE)(
        WdfDriverGlobals, Driver, SDDLString);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFCONTROLDEVICEINITSETSHUTDOWNNOTIFICATION)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification, UCHAR Flags);
FORCEINLINE VOID WdfControlDeviceInitSetShutdownNotification(
    PWDFDEVICE_INIT DeviceInit, PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification, UCHAR Flags)
{
    WDF_FUNCTION(
        WdfControlDeviceInitSetShutdownNotification,
        PFN_WDFCONTROLDEVICEINITSETSHUTDOWNNOTIFICATION)(
        WdfDriverGlobals, DeviceInit, Notification, Flags);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFCONTROLFINISHINITIALIZING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE VOID WdfControlFinishInitializing(WDFDEVICE Device)
{
    WDF_FUNCTION(WdfControlFinishInitializing, PFN_WDFCONTROLFINISHINITIALIZING)(
        WdfDriverGlobals, Device);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICESETDEVICESTATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState);
FORCEINLINE VOID WdfDeviceSetDeviceState(WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState)
{
    WDF_FUNCTION(WdfDeviceSetDeviceState, PFN_WDFDEVICESETDEVICESTATE)(
        WdfDriverGlobals, Device, DeviceState);
}

/* IRQL <= DISPATCH */
typedef PDEVICE_OBJECT (NTAPI *PFN_WDFDEVICEWDMGETDEVICEOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE PDEVICE_OBJECT WdfDeviceWdmGetDeviceObject(WDFDEVICE Device)
{
    return WDF_FUNCTION(WdfDeviceWdmGetDeviceObject, PFN_WDFDEVICEWDMGETDEVICEOBJECT)(
        WdfDriverGlobals, Device);
}

/* IRQL <= DISPATCH */
typedef PDEVICE_OBJECT (NTAPI *PFN_WDFDEVICEWDMGETATTACHEDDEVICE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE PDEVICE_OBJECT WdfDeviceWdmGetAttachedDevice(WDFDEVICE Device)
{
    return WDF_FUNCTION(WdfDeviceWdmGetAttachedDevice, PFN_WDFDEVICEWDMGETATTACHEDDEVICE)(
        WdfDriverGlobals, Device);
}

/* IRQL <= DISPATCH */
typedef PDEVICE_OBJECT (NTAPI *PFN_WDFDEVICEWDMGETPHYSICALDEVICE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE PDEVICE_OBJECT WdfDeviceWdmGetPhysicalDevice(WDFDEVICE Device)
{
    return WDF_FUNCTION(WdfDeviceWdmGetPhysicalDevice, PFN_WDFDEVICEWDMGETPHYSICALDEVICE)(
        WdfDriverGlobals, Device);
}

/* IRQL <= DISPATCH */
typedef WDFDRIVER (NTAPI *PFN_WDFDEVICEGETDRIVER)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE WDFDRIVER WdfDeviceGetDriver(WDFDEVICE Device)
{
    return WDF_FUNCTION(WdfDeviceGetDriver, PFN_WDFDEVICEGETDRIVER)(WdfDriverGlobals, Device);
}

/* IRQL <= DISPATCH */
typedef WDFIOTARGET (NTAPI *PFN_WDFDEVICEGETIOTARGET)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE WDFIOTARGET WdfDeviceGetIoTarget(WDFDEVICE Device)
{
    return WDF_FUNCTION(WdfDeviceGetIoTarget, PFN_WDFDEVICEGETIOTARGET)(WdfDriverGlobals, Device);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEOPENREGISTRYKEY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, ULONG DeviceInstanceKeyType,
    ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key);
FORCEINLINE NTSTATUS WdfDeviceOpenRegistryKey(
    WDFDEVICE Device, ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return WDF_FUNCTION(WdfDeviceOpenRegistryKey, PFN_WDFDEVICEOPENREGISTRYKEY)(
        WdfDriverGlobals, Device, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, Key);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITFREE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit);
FORCEINLINE VOID WdfDeviceInitFree(PWDFDEVICE_INIT DeviceInit)
{
    WDF_FUNCTION(WdfDeviceInitFree, PFN_WDFDEVICEINITFREE)(WdfDriverGlobals, DeviceInit);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETPNPPOWEREVENTCALLBACKS)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks);
FORCEINLINE VOID WdfDeviceInitSetPnpPowerEventCallbacks(
    PWDFDEVICE_INIT DeviceInit, PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks)
{
    WDF_FUNCTION(
        WdfDeviceInitSetPnpPowerEventCallbacks, PFN_WDFDEVICEINITSETPNPPOWEREVENTCALLBACKS)(
        WdfDriverGlobals, DeviceInit, PnpPowerEventCallbacks);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETIOTYPE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType);
FORCEINLINE VOID WdfDeviceInitSetIoType(PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType)
{
    WDF_FUNCTION(WdfDeviceInitSetIoType, PFN_WDFDEVICEINITSETIOTYPE)(
        WdfDriverGlobals, DeviceInit, IoType);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETEXCLUSIVE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive);
FORCEINLINE VOID WdfDeviceInitSetExclusive(PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive)
{
    WDF_FUNCTION(WdfDeviceInitSetExclusive, PFN_WDFDEVICEINITSETEXCLUSIVE)(
        WdfDriverGlobals, DeviceInit, IsExclusive);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETDEVICETYPE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE DeviceType);
FORCEINLINE VOID WdfDeviceInitSetDeviceType(PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE DeviceType)
{
    WDF_FUNCTION(WdfDeviceInitSetDeviceType, PFN_WDFDEVICEINITSETDEVICETYPE)(
        WdfDriverGlobals, DeviceInit, DeviceType);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEINITASSIGNNAME)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName);
FORCEINLINE NTSTATUS WdfDeviceInitAssignName(
    PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName)
{
    return WDF_FUNCTION(WdfDeviceInitAssignName, PFN_WDFDEVICEINITASSIGNNAME)(
        WdfDriverGlobals, DeviceInit, DeviceName);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEINITASSIGNSDDLSTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING SDDLString);
FORCEINLINE NTSTATUS WdfDeviceInitAssignSDDLString(
    PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING SDDLString)
{
    return WDF_FUNCTION(WdfDeviceInitAssignSDDLString, PFN_WDFDEVICEINITASSIGNSDDLSTRING)(
        WdfDriverGlobals, DeviceInit, SDDLString);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETDEVICECLASS)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, CONST GUID *DeviceClassGuid);
FORCEINLINE VOID WdfDeviceInitSetDeviceClass(
    PWDFDEVICE_INIT DeviceInit, CONST GUID *DeviceClassGuid)
{
    WDF_FUNCTION(WdfDeviceInitSetDeviceClass, PFN_WDFDEVICEINITSETDEVICECLASS)(
        WdfDriverGlobals, DeviceInit, DeviceClassGuid);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETCHARACTERISTICS)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, ULONG DeviceCharacteristics,
    BOOLEAN OrInValues);
FORCEINLINE VOID WdfDeviceInitSetCharacteristics(
    PWDFDEVICE_INIT DeviceInit, ULONG DeviceCharacteristics, BOOLEAN OrInValues)
{
    WDF_FUNCTION(WdfDeviceInitSetCharacteristics, PFN_WDFDEVICEINITSETCHARACTERISTICS)(
        WdfDriverGlobals, DeviceInit, DeviceCharacteristics, OrInValues);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETFILEOBJECTCONFIG)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PWDF_FILEOBJECT_CONFIG FileObjectConfig, PWDF_OBJECT_ATTRIBUTES FileObjectAttributes);
FORCEINLINE VOID WdfDeviceInitSetFileObjectConfig(
    PWDFDEVICE_INIT DeviceInit, PWDF_FILEOBJECT_CONFIG FileObjectConfig,
    PWDF_OBJECT_ATTRIBUTES FileObjectAttributes)
{
    WDF_FUNCTION(WdfDeviceInitSetFileObjectConfig, PFN_WDFDEVICEINITSETFILEOBJECTCONFIG)(
        WdfDriverGlobals, DeviceInit, FileObjectConfig, FileObjectAttributes);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETREQUESTATTRIBUTES)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PWDF_OBJECT_ATTRIBUTES RequestAttributes);
FORCEINLINE VOID WdfDeviceInitSetRequestAttributes(
    PWDFDEVICE_INIT DeviceInit, PWDF_OBJECT_ATTRIBUTES RequestAttributes)
{
    WDF_FUNCTION(WdfDeviceInitSetRequestAttributes, PFN_WDFDEVICEINITSETREQUESTATTRIBUTES)(
        WdfDriverGlobals, DeviceInit, RequestAttributes);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEINITASSIGNWDMIRPPREPROCESSCALLBACK)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess, UCHAR MajorFunction,
    PUCHAR MinorFunctions, ULONG NumMinorFunctions);
FORCEINLINE NTSTATUS WdfDeviceInitAssignWdmIrpPreprocessCallback(
    PWDFDEVICE_INIT DeviceInit, PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess,
    UCHAR MajorFunction, PUCHAR MinorFunctions, ULONG NumMinorFunctions)
{
    return WDF_FUNCTION(
        WdfDeviceInitAssignWdmIrpPreprocessCallback,
        PFN_WDFDEVICEINITASSIGNWDMIRPPREPROCESSCALLBACK)(
        WdfDriverGlobals, DeviceInit, EvtDeviceWdmIrpPreprocess, MajorFunction, MinorFunctions,
        NumMinorFunctions);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEWDMDISPATCHPREPROCESSEDIRP)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PIRP Irp);
FORCEINLINE NTSTATUS WdfDeviceWdmDispatchPreprocessedIrp(WDFDEVICE Device, PIRP Irp)
{
    return WDF_FUNCTION(
        WdfDeviceWdmDispatchPreprocessedIrp, PFN_WDFDEVICEWDMDISPATCHPREPROCESSEDIRP)(
        WdfDriverGlobals, Device, Irp);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETIOINCALLERCONTEXTCALLBACK)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext);
FORCEINLINE VOID WdfDeviceInitSetIoInCallerContextCallback(
    PWDFDEVICE_INIT DeviceInit, PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext)
{
    WDF_FUNCTION(
        WdfDeviceInitSetIoInCallerContextCallback, PFN_WDFDEVICEINITSETIOINCALLERCONTEXTCALLBACK)(
        WdfDriverGlobals, DeviceInit, EvtIoInCallerContext);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICECREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT *DeviceInit,
    PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device);
FORCEINLINE NTSTATUS WdfDeviceCreate(
    PWDFDEVICE_INIT *DeviceInit, PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device)
{
    return WDF_FUNCTION(WdfDeviceCreate, PFN_WDFDEVICECREATE)(
        WdfDriverGlobals, DeviceInit, DeviceAttributes, Device);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICESETSTATICSTOPREMOVE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN Stoppable);
FORCEINLINE VOID WdfDeviceSetStaticStopRemove(WDFDEVICE Device, BOOLEAN Stoppable)
{
    WDF_FUNCTION(WdfDeviceSetStaticStopRemove, PFN_WDFDEVICESETSTATICSTOPREMOVE)(
        WdfDriverGlobals, Device, Stoppable);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICECREATEDEVICEINTERFACE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
    PCUNICODE_STRING ReferenceString);
FORCEINLINE NTSTATUS WdfDeviceCreateDeviceInterface(
    WDFDEVICE Device, CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString)
{
    return WDF_FUNCTION(WdfDeviceCreateDeviceInterface, PFN_WDFDEVICECREATEDEVICEINTERFACE)(
        WdfDriverGlobals, Device, InterfaceClassGUID, ReferenceString);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFDEVICESETDEVICEINTERFACESTATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
    PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled);
FORCEINLINE VOID WdfDeviceSetDeviceInterfaceState(
    WDFDEVICE Device, CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
    BOOLEAN IsInterfaceEnabled)
{
    WDF_FUNCTION(WdfDeviceSetDeviceInterfaceState, PFN_WDFDEVICESETDEVICEINTERFACESTATE)(
        WdfDriverGlobals, Device, InterfaceClassGUID, ReferenceString, IsInterfaceEnabled);
}

/* IRQL <= PASSIVE */
/* Before the device starts, this decides whether the start enables the interface. */
typedef VOID (NTAPI *PFN_WDFDEVICESETDEVICEINTERFACESTATEEX)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
    PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled);
FORCEINLINE VOID WdfDeviceSetDeviceInterfaceStateEx(
    WDFDEVICE Device, CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
    BOOLEAN IsInterfaceEnabled)
{
    WDF_FUNCTION(WdfDeviceSetDeviceInterfaceStateEx, PFN_WDFDEVICESETDEVICEINTERFACESTATEEX)(
        WdfDriverGlobals, Device, InterfaceClassGUID, ReferenceString, IsInterfaceEnabled);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICERETRIEVEDEVICEINTERFACESTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, CONST GUID *InterfaceClassGUID,
    PCUNICODE_STRING ReferenceString, WDFSTRING String);
FORCEINLINE NTSTATUS WdfDeviceRetrieveDeviceInterfaceString(
    WDFDEVICE Device, CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
    WDFSTRING String)
{
    return WDF_FUNCTION(
        WdfDeviceRetrieveDeviceInterfaceString, PFN_WDFDEVICERETRIEVEDEVICEINTERFACESTRING)(
        WdfDriverGlobals, Device, InterfaceClassGUID, ReferenceString, String);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICECREATESYMBOLICLINK)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PCUNICODE_STRING SymbolicLinkName);
FORCEINLINE NTSTATUS WdfDeviceCreateSymbolicLink(
    WDFDEVICE Device, PCUNICODE_STRING SymbolicLinkName)
{
    return WDF_FUNCTION(WdfDeviceCreateSymbolicLink, PFN_WDFDEVICECREATESYMBOLICLINK)(
        WdfDriverGlobals, Device, SymbolicLinkName);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICESETPNPCAPABILITIES)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
    PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities);
FORCEINLINE VOID WdfDeviceSetPnpCapabilities(
    WDFDEVICE Device, PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities)
{
    WDF_FUNCTION(WdfDeviceSetPnpCapabilities, PFN_WDFDEVICESETPNPCAPABILITIES)(
        WdfDriverGlobals, Device, PnpCapabilities);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICESETFAILED)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction);
FORCEINLINE VOID WdfDeviceSetFailed(WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction)
{
    WDF_FUNCTION(WdfDeviceSetFailed, PFN_WDFDEVICESETFAILED)(
        WdfDriverGlobals, Device, FailedAction);
}

/* IRQL <= DISPATCH */
typedef WDFFILEOBJECT (NTAPI *PFN_WDFDEVICEGETFILEOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PFILE_OBJECT FileObject);
FORCEINLINE WDFFILEOBJECT WdfDeviceGetFileObject(WDFDEVICE Device, PFILE_OBJECT FileObject)
{
    return WDF_FUNCTION(WdfDeviceGetFileObject, PFN_WDFDEVICEGETFILEOBJECT)(
        WdfDriverGlobals, Device, FileObject);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEENQUEUEREQUEST)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFREQUEST Request);
FORCEINLINE NTSTATUS WdfDeviceEnqueueRequest(WDFDEVICE Device, WDFREQUEST Request)
{
    return WDF_FUNCTION(WdfDeviceEnqueueRequest, PFN_WDFDEVICEENQUEUEREQUEST)(
        WdfDriverGlobals, Device, Request);
}

/* IRQL <= DISPATCH */
typedef WDFQUEUE (NTAPI *PFN_WDFDEVICEGETDEFAULTQUEUE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device);
FORCEINLINE WDFQUEUE WdfDeviceGetDefaultQueue(WDFDEVICE Device)
{
    return WDF_FUNCTION(WdfDeviceGetDefaultQueue, PFN_WDFDEVICEGETDEFAULTQUEUE)(
        WdfDriverGlobals, Device);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICECONFIGUREREQUESTDISPATCHING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFQUEUE Queue,
    WDF_REQUEST_TYPE RequestType);
FORCEINLINE NTSTATUS WdfDeviceConfigureRequestDispatching(
    WDFDEVICE Device, WDFQUEUE Queue, WDF_REQUEST_TYPE RequestType)
{
    return WDF_FUNCTION(
        WdfDeviceConfigureRequestDispatching, PFN_WDFDEVICECONFIGUREREQUESTDISPATCHING)(
        WdfDriverGlobals, Device, Queue, RequestType);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEMINIPORTCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, PWDF_OBJECT_ATTRIBUTES Attributes,
    PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT AttachedDeviceObject, PDEVICE_OBJECT Pdo,
    WDFDEVICE *Device);
FORCEINLINE NTSTATUS WdfDeviceMiniportCreate(
    WDFDRIVER Driver, PWDF_OBJECT_ATTRIBUTES Attributes, PDEVICE_OBJECT DeviceObject,
    PDEVICE_OBJECT AttachedDeviceObject, PDEVICE_OBJECT Pdo, WDFDEVICE *Device)
{
    return WDF_FUNCTION(WdfDeviceMiniportCreate, PFN_WDFDEVICEMINIPORTCREATE)(
        WdfDriverGlobals, Driver, Attributes, DeviceObject, AttachedDeviceObject, Pdo, Device);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETREMOVELOCKOPTIONS)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PWDF_REMOVE_LOCK_OPTIONS Options);
FORCEINLINE VOID WdfDeviceInitSetRemoveLockOptions(
    PWDFDEVICE_INIT DeviceInit, PWDF_REMOVE_LOCK_OPTIONS Options)
{
    WDF_FUNCTION(WdfDeviceInitSetRemoveLockOptions, PFN_WDFDEVICEINITSETREMOVELOCKOPTIONS)(
        WdfDriverGlobals, DeviceInit, Options);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFDEVICEINITSETIOTYPEEX)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PWDF_IO_TYPE_CONFIG IoTypeConfig);
FORCEINLINE VOID WdfDeviceInitSetIoTypeEx(
    PWDFDEVICE_INIT DeviceInit, PWDF_IO_TYPE_CONFIG IoTypeConfig)
{
    WDF_FUNCTION(WdfDeviceInitSetIoTypeEx, PFN_WDFDEVICEINITSETIOTYPEEX)(
        WdfDriverGlobals, DeviceInit, IoTypeConfig);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFPDOINITREMOVEPOWERDEPENDENCYONPARENT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit);
FORCEINLINE VOID WdfPdoInitRemovePowerDependencyOnParent(PWDFDEVICE_INIT DeviceInit)
{
    WDF_FUNCTION(
        WdfPdoInitRemovePowerDependencyOnParent, PFN_WDFPDOINITREMOVEPOWERDEPENDENCYONPARENT)(
        WdfDriverGlobals, DeviceInit);
}

/* IRQL <= DISPATCH */
typedef WDFDEVICE (NTAPI *PFN_WDFWDMDEVICEGETWDFDEVICEHANDLE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PDEVICE_OBJECT DeviceObject);
FORCEINLINE WDFDEVICE WdfWdmDeviceGetWdfDeviceHandle(PDEVICE_OBJECT DeviceObject)
{
    return WDF_FUNCTION(WdfWdmDeviceGetWdfDeviceHandle, PFN_WDFWDMDEVICEGETWDFDEVICEHANDLE)(
        WdfDriverGlobals, DeviceObject);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEQUERYPROPERTY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty,
    ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength);
FORCEINLINE NTSTATUS WdfDeviceQueryProperty(
    WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID
    PropertyBuffer, PULONG ResultLength)
{
    return WDF_FUNCTION(WdfDeviceQueryProperty, PFN_WDFDEVICEQUERYPROPERTY)(
        WdfDriverGlobals, Device, DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFDEVICEALLOCANDQUERYPROPERTY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty,
    POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory);
FORCEINLINE NTSTATUS WdfDeviceAllocAndQueryProperty(
    WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
    PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory)
{
    return WDF_FUNCTION(WdfDeviceAllocAndQueryProperty, PFN_WDFDEVICEALLOCANDQUERYPROPERTY)(
        WdfDriverGlobals, Device, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory);
}

#endif /* _WDFDEVICE_H_ */
