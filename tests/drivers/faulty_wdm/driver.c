/* The device, and the part of the driver that keeps the rules. */

#include "faulty.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_ADD_DEVICE AddDevice;
static DRIVER_DISPATCH DispatchFile;
static DRIVER_DISPATCH DispatchControl;
static DRIVER_DISPATCH DispatchPnp;
static DRIVER_DISPATCH DispatchPower;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->DriverStartIo = StartRequest;
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchFile;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = DispatchPower;
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\FaultyWdm");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\FaultyWdm");
    PDEVICE_OBJECT device;
    FAULTY *faulty;
    NTSTATUS status = IoCreateDevice(
        DriverObject, sizeof(FAULTY), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    faulty = device->DeviceExtension;
    RtlZeroMemory(faulty, sizeof(FAULTY));
    IoInitializeRemoveLock(&faulty->RemoveLock, FAULTY_TAG, 0, 0);
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    faulty->Lower = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS DispatchFile(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS DispatchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    FAULTY *faulty = DeviceObject->DeviceExtension;
    FAULT *fault;

    if (faulty->Lower == NULL) {
        /* The lower device of a fault: the request waits, and is over at once. */
        IoMarkIrpPending(Irp);
        (VOID) Complete(Irp, STATUS_SUCCESS);
        return STATUS_PENDING;
    }
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_COMMIT) {
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
    fault = FindFault(
        Irp->AssociatedIrp.SystemBuffer, stack->Parameters.DeviceIoControl.InputBufferLength);
    if (fault == NULL) {
        return Complete(Irp, STATUS_NOT_FOUND);
    }
    return fault(DeviceObject, Irp);
}

static NTSTATUS PassOn(FAULTY *Faulty, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Faulty->Lower, Irp);
}

static NTSTATUS DispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\FaultyWdm");
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    FAULTY *faulty = DeviceObject->DeviceExtension;
    NTSTATUS status;

    switch (minor) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default:
        break;
    }
    status = PassOn(faulty, Irp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        (VOID) IoDeleteSymbolicLink(&link);
        if (!faulty->Stays) {
            IoDetachDevice(faulty->Lower);
            IoDeleteDevice(DeviceObject);
        }
    }
    return status;
}

static NTSTATUS DispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FAULTY *faulty = DeviceObject->DeviceExtension;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(faulty->Lower, Irp);
}
