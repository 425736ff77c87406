/* The library as a driver: its registration, and the clients that bind. */

#include "library.h"

FAULT LibraryFault = FaultNone;

static PDEVICE_OBJECT OwnDevice;
static ULONG Commissions;

static LIBRARY_COMMISSION Commission;
static LIBRARY_COMMISSION Decommission;
static LIBRARY_REGISTER_CLIENT RegisterClient;
static LIBRARY_UNREGISTER_CLIENT UnregisterClient;

/* A value that the host gives; 0 without one. */
static ULONG Diagnostics(PCWSTR Name)
{
    UNICODE_STRING name;
    ULONG value = 0;

    RtlInitUnicodeString(&name, Name);
    (VOID) WdfLdrDiagnosticsValueByNameAsULONG(&name, &value);
    return value;
}

static NTSTATUS Commission(VOID)
{
    Commissions++;
    LibraryFillTable();
    return LibraryFault == FaultCommissionFails ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS Decommission(VOID)
{
    Commissions--;
    DbgPrint("decommissioned\n");
    return STATUS_SUCCESS;
}

static NTSTATUS RegisterClient(WDF_BIND_INFO *Info, PWDF_DRIVER_GLOBALS *Globals, PVOID *Context)
{
    CLIENT_INFO *info = *Context;
    CLIENT *client;

    if (LibraryFault == FaultRefusesClients) {
        return STATUS_REVISION_MISMATCH;
    }
    if (Info->FuncCount != LIBRARY_FUNCTIONS) {
        return STATUS_INVALID_PARAMETER;
    }
    *Info->FuncTable = LibraryTable(LibraryFault == FaultShortTable);
    if (LibraryFault == FaultNoGlobals) {
        return STATUS_SUCCESS;
    }
    client = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(CLIENT), LIBRARY_TAG);
    if (client == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    client->Report.ClientInfoSize = info->Size;
    client->Report.Commissions = Commissions;
    if (info->Size >= sizeof(CLIENT_INFO)) {
        client->DriverObject = info->DriverObject;
    }
    *Globals = &client->Globals;
    *Context = client;
    DbgPrint("%wZ is bound\n", info->RegistryPath);
    return STATUS_SUCCESS;
}

static NTSTATUS UnregisterClient(WDF_BIND_INFO *Info, PWDF_DRIVER_GLOBALS Globals)
{
    UNREFERENCED_PARAMETER(Info);
    ExFreePoolWithTag(CONTAINING_RECORD(Globals, CLIENT, Globals), LIBRARY_TAG);
    DbgPrint("a client is unbound\n");
    return STATUS_SUCCESS;
}

static NTSTATUS Register(PUNICODE_STRING ServicePath, PCUNICODE_STRING DeviceName)
{
    UNICODE_STRING nowhere = RTL_CONSTANT_STRING(L"\\Device\\Nowhere");
    ULONG minor = Diagnostics(L"Minor");
    WDF_LIBRARY_INFO info = {
        sizeof(WDF_LIBRARY_INFO), Commission, Decommission, RegisterClient, UnregisterClient,
        {1, minor == 0 ? 31 : minor, 0}};

    switch (LibraryFault) {
    case FaultInfoSize:
        info.Size -= sizeof(ULONG);
        break;
    case FaultNoFunction:
        info.LibraryUnregisterClient = NULL;
        break;
    case FaultNoDevice:
        DeviceName = &nowhere;
        break;
    case FaultMajorVersion:
        info.Version.Major = 2;
        break;
    case FaultNeverRegisters:
        return STATUS_SUCCESS;
    default:
        break;
    }
    return WdfRegisterLibrary(&info, ServicePath, DeviceName);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KMDF0");
    NTSTATUS status;

    LibraryFault = (FAULT) Diagnostics(L"Fault");
    DriverObject->DriverUnload = LibraryUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = LibraryDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = LibraryDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LibraryDispatch;
    status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &OwnDevice);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    OwnDevice->Flags &= ~DO_DEVICE_INITIALIZING;
    status = Register(RegistryPath, &name);
    if (NT_SUCCESS(status) && LibraryFault == FaultRegistersTwice) {
        status = Register(RegistryPath, &name);
    }
    if (NT_SUCCESS(status) && LibraryFault == FaultFailsAfterRegistration) {
        status = STATUS_UNSUCCESSFUL;
    }
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(OwnDevice);
    }
    return status;
}

VOID LibraryUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteDevice(OwnDevice);
}

/* Only the kernel opens the device of the library itself. */
NTSTATUS LibraryDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    NTSTATUS status =
        Irp->RequestorMode == KernelMode ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;

    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}
