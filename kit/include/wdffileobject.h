/* File objects: one for each open of a device. */

#ifndef _WDFFILEOBJECT_H_
#define _WDFFILEOBJECT_H_

#include "wdfobject.h"

/* IRQL <= PASSIVE */
typedef VOID EVT_WDF_DEVICE_FILE_CREATE(
    WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject);
typedef EVT_WDF_DEVICE_FILE_CREATE *PFN_WDF_DEVICE_FILE_CREATE;

/* IRQL <= PASSIVE */
typedef VOID EVT_WDF_FILE_CLEANUP(WDFFILEOBJECT FileObject);
typedef EVT_WDF_FILE_CLEANUP *PFN_WDF_FILE_CLEANUP;

/* IRQL <= PASSIVE */
typedef VOID EVT_WDF_FILE_CLOSE(WDFFILEOBJECT FileObject);
typedef EVT_WDF_FILE_CLOSE *PFN_WDF_FILE_CLOSE;

typedef enum _WDF_FILEOBJECT_CLASS {
    WdfFileObjectInvalid = 0,
    WdfFileObjectNotRequired = 1,
    WdfFileObjectWdfCanUseFsContext = 2,
    WdfFileObjectWdfCanUseFsContext2 = 3,
    WdfFileObjectWdfCannotUseFsContexts = 4,
    WdfFileObjectCanBeOptional = 0x80000000
} WDF_FILEOBJECT_CLASS;

typedef struct _WDF_FILEOBJECT_CONFIG {
    ULONG Size;
    PFN_WDF_DEVICE_FILE_CREATE EvtDeviceFileCreate;
    PFN_WDF_FILE_CLOSE EvtFileClose;
    PFN_WDF_FILE_CLEANUP EvtFileCleanup;
    WDF_TRI_STATE AutoForwardCleanupClose;
    WDF_FILEOBJECT_CLASS FileObjectClass;
} WDF_FILEOBJECT_CONFIG, *PWDF_FILEOBJECT_CONFIG;

FORCEINLINE VOID WDF_FILEOBJECT_CONFIG_INIT(PWDF_FILEOBJECT_CONFIG FileEventCallbacks,
    PFN_WDF_DEVICE_FILE_CREATE EvtDeviceFileCreate, PFN_WDF_FILE_CLOSE EvtFileClose,
    PFN_WDF_FILE_CLEANUP EvtFileCleanup)
{
    RtlZeroMemory(FileEventCallbacks, sizeof(WDF_FILEOBJECT_CONFIG));
    FileEventCallbacks->Size = WDF_STRUCTURE_SIZE(WDF_FILEOBJECT_CONFIG);
    FileEventCallbacks->EvtDeviceFileCreate = EvtDeviceFileCreate;
    FileEventCallbacks->EvtFileClose = EvtFileClose;
    FileEventCallbacks->EvtFileCleanup = EvtFileCleanup;
    FileEventCallbacks->AutoForwardCleanupClose = WdfUseDefault;
    FileEventCallbacks->FileObjectClass = WdfFileObjectWdfCannotUseFsContexts;
}

/* IRQL <= PASSIVE */
typedef PUNICODE_STRING (NTAPI *PFN_WDFFILEOBJECTGETFILENAME)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject);
FORCEINLINE PUNICODE_STRING WdfFileObjectGetFileName(WDFFILEOBJECT FileObject)
{
    return WDF_FUNCTION(WdfFileObjectGetFileName, PFN_WDFFILEOBJECTGETFILENAME)(
        WdfDriverGlobals, FileObject);
}

/* IRQL <= DISPATCH */
typedef ULONG (NTAPI *PFN_WDFFILEOBJECTGETFLAGS)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject);
FORCEINLINE ULONG WdfFileObjectGetFlags(WDFFILEOBJECT FileObject)
{
    return WDF_FUNCTION(WdfFileObjectGetFlags, PFN_WDFFILEOBJECTGETFLAGS)(
        WdfDriverGlobals, FileObject);
}

/* IRQL <= DISPATCH */
typedef WDFDEVICE (NTAPI *PFN_WDFFILEOBJECTGETDEVICE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject);
FORCEINLINE WDFDEVICE WdfFileObjectGetDevice(WDFFILEOBJECT FileObject)
{
    return WDF_FUNCTION(WdfFileObjectGetDevice, PFN_WDFFILEOBJECTGETDEVICE)(
        WdfDriverGlobals, FileObject);
}

/* IRQL <= DISPATCH */
typedef PFILE_OBJECT (NTAPI *PFN_WDFFILEOBJECTWDMGETFILEOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject);
FORCEINLINE PFILE_OBJECT WdfFileObjectWdmGetFileObject(WDFFILEOBJECT FileObject)
{
    return WDF_FUNCTION(WdfFileObjectWdmGetFileObject, PFN_WDFFILEOBJECTWDMGETFILEOBJECT)(
        WdfDriverGlobals, FileObject);
}

/* IRQL <= DISPATCH */
typedef ULONG (NTAPI *PFN_WDFFILEOBJECTGETINITIATORPROCESSID)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject);
FORCEINLINE ULONG WdfFileObjectGetInitiatorProcessId(WDFFILEOBJECT FileObject)
{
    return WDF_FUNCTION(WdfFileObjectGetInitiatorProcessId, PFN_WDFFILEOBJECTGETINITIATORPROCESSID)(
        WdfDriverGlobals, FileObject);
}

#endif /* _WDFFILEOBJECT_H_ */
