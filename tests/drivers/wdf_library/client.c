/* A client: its driver, its device, and the IRPs of that device. */

#include "library.h"

static CLIENT *ClientOf(PWDF_DRIVER_GLOBALS Globals)
{
    return CONTAINING_RECORD(Globals, CLIENT, Globals);
}

NTSTATUS NTAPI LibraryDriverCreate(
    PWDF_DRIVER_GLOBALS Globals, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
    PWDF_OBJECT_ATTRIBUTES Attributes, PWDF_DRIVER_CONFIG Config, WDFDRIVER *Driver)
{
    CLIENT *client = ClientOf(Globals);
    CLIENT **extension;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    UNREFERENCED_PARAMETER(Attributes);
    client->Report.HasDriverObject = client->DriverObject == DriverObject;
    client->DriverObject = DriverObject;
    client->EvtDriverDeviceAdd = Config->EvtDriverDeviceAdd;
    if (LibraryFault == FaultLeaks) {
        (VOID) ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, LIBRARY_TAG);
    }
    DriverObject->DriverUnload = ClientUnload;
    DriverObject->DriverExtension->AddDevice = ClientAddDevice;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = ClientDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ClientDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ClientDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_READ] = ClientDispatchRead;
    DriverObject->MajorFunction[IRP_MJ_PNP] = ClientDispatchPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = ClientDispatchPower;
    /* The stub unbinds the client after ClientUnload. */
    Globals->DisplaceDriverUnload = LibraryFault != FaultKeepsClient;
    Globals->Driver = (WDFDRIVER) client;
    if (Driver != NULL) {
        *Driver = Globals->Driver;
    }
    status = IoAllocateDriverObjectExtension(
        DriverObject, (PVOID) ClientAddDevice, sizeof(CLIENT *), (PVOID *) &extension);
    if (NT_SUCCESS(status)) {
        *extension = client;
    }
    return status;
}

VOID ClientUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS ClientAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDevice)
{
    CLIENT **client = IoGetDriverObjectExtension(DriverObject, (PVOID) ClientAddDevice);
    struct WDFDEVICE_INIT init = {.Client = *client, .PhysicalDevice = PhysicalDevice};

    init.Name.Buffer = init.NameBuffer;
    init.Name.MaximumLength = sizeof(init.NameBuffer);
    return init.Client->EvtDriverDeviceAdd(init.Client->Globals.Driver, &init);
}

NTSTATUS NTAPI LibraryDeviceInitAssignName(
    PWDF_DRIVER_GLOBALS Globals, PWDFDEVICE_INIT Init, PCUNICODE_STRING Name)
{
    UNREFERENCED_PARAMETER(Globals);
    RtlCopyUnicodeString(&Init->Name, Name);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LibraryDeviceCreate(
    PWDF_DRIVER_GLOBALS Globals, PWDFDEVICE_INIT *Init, PWDF_OBJECT_ATTRIBUTES Attributes,
    WDFDEVICE *Device)
{
    PWDFDEVICE_INIT init = *Init;
    CLIENT *client = ClientOf(Globals);
    PDEVICE_OBJECT object;
    DEVICE *device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Attributes);
    if (LibraryFault == FaultBreaks) {
        DbgPrint("this library reports a broken rule\n");
        __debugbreak();
    }
    status = IoCreateDevice(
        client->DriverObject, sizeof(DEVICE), &init->Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &object);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    device = object->DeviceExtension;
    RtlZeroMemory(device, sizeof(DEVICE));
    device->Client = client;
    device->Name.Buffer = device->NameBuffer;
    device->Name.MaximumLength = sizeof(device->NameBuffer);
    RtlCopyUnicodeString(&device->Name, &init->Name);
    device->Lower = IoAttachDeviceToDeviceStack(object, init->PhysicalDevice);
    if (device->Lower == NULL) {
        IoDeleteDevice(object);
        return STATUS_NO_SUCH_DEVICE;
    }
    object->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    object->Flags &= ~DO_DEVICE_INITIALIZING;
    *Init = NULL;
    *Device = (WDFDEVICE) object;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LibraryDeviceCreateSymbolicLink(
    PWDF_DRIVER_GLOBALS Globals, WDFDEVICE Device, PCUNICODE_STRING Link)
{
    DEVICE *device = ((PDEVICE_OBJECT) Device)->DeviceExtension;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Globals);
    device->Link.Buffer = device->LinkBuffer;
    device->Link.MaximumLength = sizeof(device->LinkBuffer);
    RtlCopyUnicodeString(&device->Link, Link);
    status = IoCreateSymbolicLink(&device->Link, &device->Name);
    device->HasLink = NT_SUCCESS(status);
    return status;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS ClientDispatchFile(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS ClientDispatchRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    DEVICE *device = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    KIRQL level;

    if (LibraryFault == FaultKeepsLevel) {
        KeRaiseIrql(DISPATCH_LEVEL, &level);
    }
    if (stack->Parameters.Read.Length < sizeof(LIBRARY_REPORT)) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    RtlCopyMemory(
        Irp->AssociatedIrp.SystemBuffer, &device->Client->Report, sizeof(LIBRARY_REPORT));
    return Complete(Irp, STATUS_SUCCESS, sizeof(LIBRARY_REPORT));
}

static NTSTATUS PassOn(DEVICE *Device, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Device->Lower, Irp);
}

NTSTATUS ClientDispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    DEVICE *device = DeviceObject->DeviceExtension;
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_REMOVE_DEVICE:
        if (device->HasLink) {
            (VOID) IoDeleteSymbolicLink(&device->Link);
        }
        Irp->IoStatus.Status = STATUS_SUCCESS;
        status = PassOn(device, Irp);
        IoDetachDevice(device->Lower);
        IoDeleteDevice(DeviceObject);
        return status;
    case IRP_MN_START_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default:
        /* The status stays as it came. */
        break;
    }
    return PassOn(device, Irp);
}

NTSTATUS ClientDispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    DEVICE *device = DeviceObject->DeviceExtension;

    PoStartNextPowerIrp(Irp);
    return PassOn(device, Irp);
}
