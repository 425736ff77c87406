/* Start, removal and power. */

#include "pipe.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PipeDispatchPnp)
#endif

static IO_COMPLETION_ROUTINE SignalCompletion;

static NTSTATUS SignalCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        KeSetEvent((PKEVENT) Context, IO_NO_INCREMENT, FALSE);
    }
    /* The dispatch routine completes the IRP. */
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Sends the IRP down, and waits for the drivers below. */
static NTSTATUS ForwardAndWait(PIPE *Pipe, PIRP Irp)
{
    KEVENT done;
    NTSTATUS status;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, SignalCompletion, &done, TRUE, TRUE, TRUE);
    status = IoCallDriver(Pipe->Lower, Irp);
    if (status == STATUS_PENDING) {
        (VOID) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = Irp->IoStatus.Status;
    }
    return status;
}

static NTSTATUS Remove(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\PipeWdm");
    PIPE *pipe = DeviceObject->DeviceExtension;
    NTSTATUS status;

    PipeCancelReaders(pipe, NULL);
    IoReleaseRemoveLockAndWait(&pipe->RemoveLock, Irp);
    (VOID) IoDeleteSymbolicLink(&link);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(pipe->Lower, Irp);
    IoDetachDevice(pipe->Lower);
    IoDeleteDevice(DeviceObject);
    return status;
}

NTSTATUS PipeDispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIPE *pipe = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status;

    PAGED_CODE();
    status = IoAcquireRemoveLock(&pipe->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PipeRefuse(Irp, status);
    }
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = ForwardAndWait(pipe, Irp);
        return PipeComplete(pipe, Irp, status, Irp->IoStatus.Information);
    case IRP_MN_REMOVE_DEVICE:
        return Remove(DeviceObject, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
        PipeCancelReaders(pipe, NULL);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default:
        /* The status stays as it came. */
        break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(pipe->Lower, Irp);
    IoReleaseRemoveLock(&pipe->RemoveLock, Irp);
    return status;
}

NTSTATUS PipeDispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIPE *pipe = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&pipe->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        PoStartNextPowerIrp(Irp);
        return PipeRefuse(Irp, status);
    }
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(pipe->Lower, Irp);
    IoReleaseRemoveLock(&pipe->RemoveLock, Irp);
    return status;
}
