/*
 * WdfDriverEntry.lib: the entry point of the image.
 *
 * It binds the driver to the framework and calls DriverEntry. It unbinds the driver at once if
 * DriverEntry fails, otherwise after the framework's unload routine.
 *
 * Class extensions, and context types that several drivers share, are not supported.
 */

#include "wdfldr.h"

#define REGISTRY_PATH_BYTES 520

DRIVER_INITIALIZE DriverEntry;

/* Written by the loader at bind. */
const WDFFUNC *WdfFunctions = NULL;
PWDF_DRIVER_GLOBALS WdfDriverGlobals = NULL;
BOOLEAN WdfClientVersionHigherThanFramework = FALSE;
ULONG WdfStructureCount = 0;
WDF_STRUCT_INFO WdfStructures = NULL;

/* Set before bind: drivers in Rust check every index against it, and a loader need not write it. */
ULONG WdfFunctionCount = WdfFunctionTableNumEntries;

/* The target of WdfDriverMiniportUnload: the framework's function, or the one below. */
WDFFUNC WdfDriverMiniportUnloadOverride = NULL;

static WDF_BIND_INFO2 BindInfo = {
    .V1 =
        {
            .Size = sizeof(WDF_BIND_INFO2),
            .Component = (PWCHAR) L"KmdfLibrary",
            .Version = {KMDF_VERSION_MAJOR, KMDF_VERSION_MINOR, 0},
            .FuncCount = WdfFunctionTableNumEntries,
            .FuncTable = &WdfFunctions,
            .Module = NULL,
        },
    .MinimumVersionRequired = &WdfMinimumVersionRequired,
    .ClientVersionHigherThanFramework = &WdfClientVersionHigherThanFramework,
    .FuncCountPtr = &WdfFunctionCount,
    .StructCountPtr = &WdfStructureCount,
    .StructTable = &WdfStructures,
};

/* A copy of the registry path: unbinding needs it after the caller's string is freed. */
static WCHAR RegistryPathBuffer[REGISTRY_PATH_BYTES / sizeof(WCHAR)];
static UNICODE_STRING ServicePath = {0, sizeof(RegistryPathBuffer), RegistryPathBuffer};

/* The unload routine that WdfDriverCreate stored in the driver object. */
static PDRIVER_UNLOAD FrameworkUnload = NULL;

/* A path that is too long is truncated after a whole character. */
static VOID CopyServicePath(PCUNICODE_STRING RegistryPath)
{
    USHORT characters = 0;

    if (RegistryPath != NULL) {
        characters = RegistryPath->Length / sizeof(WCHAR);
        if (characters > RTL_NUMBER_OF(RegistryPathBuffer)) {
            characters = RTL_NUMBER_OF(RegistryPathBuffer);
        }
    }
    for (USHORT i = 0; i < characters; i++) {
        RegistryPathBuffer[i] = RegistryPath->Buffer[i];
    }
    ServicePath.Length = characters * sizeof(WCHAR);
}

static VOID Unbind(VOID)
{
    (VOID) WdfVersionUnbind(&ServicePath, &BindInfo.V1, WdfDriverGlobals);
}

/* Replaces the framework's unload routine and calls it first. Not static, so that reports can name it. */
VOID NTAPI StubDriverUnload(PDRIVER_OBJECT DriverObject)
{
    if (FrameworkUnload != NULL) {
        FrameworkUnload(DriverObject);
    }
    Unbind();
}

/* The same for a miniport, whose driver object has no unload routine of the framework. */
VOID NTAPI StubMiniportUnload(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    WDF_FUNCTION(WdfDriverMiniportUnload, PFN_WDFDRIVERMINIPORTUNLOAD)(DriverGlobals, Driver);
    Unbind();
}

NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status;

    /* An export driver has nothing to bind. */
    if (DriverObject == NULL) {
        return DriverEntry(DriverObject, RegistryPath);
    }

    CopyServicePath(RegistryPath);
    status = WdfVersionBind(DriverObject, &ServicePath, &BindInfo.V1, &WdfDriverGlobals);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WdfDriverMiniportUnloadOverride = WdfFunctions[WdfDriverMiniportUnloadTableIndex];

    status = DriverEntry(DriverObject, RegistryPath);
    if (!NT_SUCCESS(status)) {
        Unbind();
        return status;
    }

    if (WdfDriverGlobals->DisplaceDriverUnload) {
        FrameworkUnload = DriverObject->DriverUnload;
        DriverObject->DriverUnload = StubDriverUnload;
    } else if (WdfDriverGlobals->DriverFlags & WdfDriverInitNoDispatchOverride) {
        WdfDriverMiniportUnloadOverride = (WDFFUNC) StubMiniportUnload;
    }
    return status;
}
