/* A framework library of few functions, for drivers that bind to it through WDFLDR.SYS. */

#ifndef LIBRARY_H
#define LIBRARY_H

#include <ntddk.h>
/* Not the whole of wdf.h: this driver does not use the framework, it is one. */
#include <wdfglobals.h>
#include <wdfdriver.h>
#include <wdfdevice.h>

#define LIBRARY_TAG 'rbiL'
/* The functions of KMDF 1.31. */
#define LIBRARY_FUNCTIONS 458

/* The wrong things that this library does on demand: the diagnostics value `Fault`. */
typedef enum _FAULT {
    FaultNone,
    FaultInfoSize,
    FaultNoFunction,
    FaultNoDevice,
    FaultMajorVersion,
    FaultCommissionFails,
    FaultRegistersTwice,
    FaultNeverRegisters,
    FaultFailsAfterRegistration,
    FaultRefusesClients,
    FaultNoGlobals,
    FaultShortTable,
    FaultKeepsClient,
    FaultLeaks,
    FaultBreaks,
    FaultKeepsLevel
} FAULT;

typedef struct _WDF_VERSION {
    ULONG Major;
    ULONG Minor;
    ULONG Build;
} WDF_VERSION;

typedef struct _WDF_BIND_INFO {
    ULONG Size;
    PWCHAR Component;
    WDF_VERSION Version;
    ULONG FuncCount;
    const WDFFUNC **FuncTable;
    PVOID Module;
} WDF_BIND_INFO;

typedef struct _CLIENT_INFO {
    ULONG Size;
    PUNICODE_STRING RegistryPath;
    /* Since 1.33. */
    PDRIVER_OBJECT DriverObject;
} CLIENT_INFO;

typedef NTSTATUS LIBRARY_COMMISSION(VOID);
typedef NTSTATUS LIBRARY_REGISTER_CLIENT(
    WDF_BIND_INFO *Info, PWDF_DRIVER_GLOBALS *Globals, PVOID *Context);
typedef NTSTATUS LIBRARY_UNREGISTER_CLIENT(WDF_BIND_INFO *Info, PWDF_DRIVER_GLOBALS Globals);

typedef struct _WDF_LIBRARY_INFO {
    ULONG Size;
    LIBRARY_COMMISSION *LibraryCommission;
    LIBRARY_COMMISSION *LibraryDecommission;
    LIBRARY_REGISTER_CLIENT *LibraryRegisterClient;
    LIBRARY_UNREGISTER_CLIENT *LibraryUnregisterClient;
    WDF_VERSION Version;
} WDF_LIBRARY_INFO;

NTSTATUS WdfRegisterLibrary(
    WDF_LIBRARY_INFO *Info, PUNICODE_STRING ServicePath, PCUNICODE_STRING DeviceName);
NTSTATUS WdfLdrDiagnosticsValueByNameAsULONG(PUNICODE_STRING Name, PULONG Value);

/* What a read of a client's device returns. */
typedef struct _LIBRARY_REPORT {
    ULONG ClientInfoSize;
    ULONG HasDriverObject;
    ULONG Commissions;
} LIBRARY_REPORT;

/* A driver that is bound; the handle of its WDFDRIVER, too. */
typedef struct _CLIENT {
    WDF_DRIVER_GLOBALS Globals;
    PDRIVER_OBJECT DriverObject;
    PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd;
    LIBRARY_REPORT Report;
} CLIENT;

/* The extension of a client's device. */
typedef struct _DEVICE {
    CLIENT *Client;
    PDEVICE_OBJECT Lower;
    WCHAR NameBuffer[64];
    UNICODE_STRING Name;
    BOOLEAN HasLink;
    WCHAR LinkBuffer[64];
    UNICODE_STRING Link;
} DEVICE;

/* What a client sets before it creates its device. */
struct WDFDEVICE_INIT {
    CLIENT *Client;
    PDEVICE_OBJECT PhysicalDevice;
    WCHAR NameBuffer[64];
    UNICODE_STRING Name;
};

extern FAULT LibraryFault;

/* The table of functions. Those that this library lacks stop the machine with their index. */
const WDFFUNC *LibraryTable(BOOLEAN IsShort);
VOID LibraryFillTable(VOID);

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD LibraryUnload;
DRIVER_UNLOAD ClientUnload;
DRIVER_ADD_DEVICE ClientAddDevice;
DRIVER_DISPATCH LibraryDispatch;
DRIVER_DISPATCH ClientDispatchFile;
DRIVER_DISPATCH ClientDispatchRead;
DRIVER_DISPATCH ClientDispatchPnp;
DRIVER_DISPATCH ClientDispatchPower;

NTSTATUS NTAPI LibraryDriverCreate(
    PWDF_DRIVER_GLOBALS Globals, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
    PWDF_OBJECT_ATTRIBUTES Attributes, PWDF_DRIVER_CONFIG Config, WDFDRIVER *Driver);
NTSTATUS NTAPI LibraryDeviceInitAssignName(
    PWDF_DRIVER_GLOBALS Globals, PWDFDEVICE_INIT Init, PCUNICODE_STRING Name);
NTSTATUS NTAPI LibraryDeviceCreate(
    PWDF_DRIVER_GLOBALS Globals, PWDFDEVICE_INIT *Init, PWDF_OBJECT_ATTRIBUTES Attributes,
    WDFDEVICE *Device);
NTSTATUS NTAPI LibraryDeviceCreateSymbolicLink(
    PWDF_DRIVER_GLOBALS Globals, WDFDEVICE Device, PCUNICODE_STRING Link);

#endif /* LIBRARY_H */
