/* The driver object, the device and its opens. */

#include "pipe.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, PipeUnload)
#pragma alloc_text(PAGE, PipeAddDevice)
#endif

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    DriverObject->DriverUnload = PipeUnload;
    DriverObject->DriverExtension->AddDevice = PipeAddDevice;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PipeDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = PipeDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PipeDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_READ] = PipeDispatchRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = PipeDispatchWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PipeDispatchControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = PipeDispatchPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = PipeDispatchPower;
    return STATUS_SUCCESS;
}

VOID PipeUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS PipeAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PipeWdm");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\PipeWdm");
    PDEVICE_OBJECT device;
    PIPE *pipe;
    NTSTATUS status;

    PAGED_CODE();
    status = IoCreateDevice(
        DriverObject, sizeof(PIPE), &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
        &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    pipe = device->DeviceExtension;
    RtlZeroMemory(pipe, sizeof(PIPE));
    IoInitializeRemoveLock(&pipe->RemoveLock, PIPE_TAG, 0, 0);
    KeInitializeSpinLock(&pipe->Lock);
    status = PipeInitializeReaders(pipe);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    pipe->Lower = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    if (pipe->Lower == NULL) {
        (VOID) IoDeleteSymbolicLink(&link);
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* A handle has no state of its own; its reads end with it. */
NTSTATUS PipeDispatchFile(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIPE *pipe = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&pipe->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        /* A file is closed after the removal of its device, too. */
        return PipeRefuse(Irp, stack->MajorFunction == IRP_MJ_CREATE ? status : STATUS_SUCCESS);
    }
    if (stack->MajorFunction == IRP_MJ_CLEANUP) {
        PipeCancelReaders(pipe, stack->FileObject);
    }
    return PipeComplete(pipe, Irp, STATUS_SUCCESS, 0);
}
