/* Files, reads, writes and device controls. */

#include "filter.h"

static IO_COMPLETION_ROUTINE ReleaseAtCompletion;

NTSTATUS FilterDispatchOther(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&filter->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        return FilterComplete(Irp, status, 0);
    }
    return FilterPassOn(filter, Irp);
}

/* The filter has no state for a file; the drivers below have. */
NTSTATUS FilterDispatchFile(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    UCHAR major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    NTSTATUS status = IoAcquireRemoveLock(&filter->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        /* A file is closed after the removal of its device, too. */
        return FilterComplete(Irp, major == IRP_MJ_CREATE ? status : STATUS_SUCCESS, 0);
    }
    (VOID) InterlockedIncrement(&filter->Counts.Files);
    return FilterPassOn(filter, Irp);
}

/* The drivers below have completed the IRP: the device may go. */
static NTSTATUS ReleaseAtCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    FILTER *filter = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    IoReleaseRemoveLock(&filter->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS AnswerCounts(FILTER *Filter, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_BUFFER_TOO_SMALL;
    ULONG_PTR information = 0;

    if (stack->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(FILTER_COUNTS)) {
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Filter->Counts, sizeof(FILTER_COUNTS));
        status = STATUS_SUCCESS;
        information = sizeof(FILTER_COUNTS);
    }
    status = FilterComplete(Irp, status, information);
    IoReleaseRemoveLock(&Filter->RemoveLock, Irp);
    return status;
}

/* What is written, in capitals, if the driver below takes it from a system buffer. */
static VOID Capitalize(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PUCHAR bytes = Irp->AssociatedIrp.SystemBuffer;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;

    if ((DeviceObject->Flags & DO_BUFFERED_IO) == 0) {
        return;
    }
    for (ULONG i = 0; i < length; i++) {
        if (bytes[i] >= 'a' && bytes[i] <= 'z') {
            bytes[i] -= 'a' - 'A';
        }
    }
}

NTSTATUS FilterDispatchRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&filter->RemoveLock, Irp);
    ULONG code = 0;

    if (!NT_SUCCESS(status)) {
        return FilterComplete(Irp, status, 0);
    }
    (VOID) InterlockedIncrement(&filter->Counts.Requests);
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        code = stack->Parameters.DeviceIoControl.IoControlCode;
    }
    if (code == IOCTL_FILTER_COUNTS) {
        return AnswerCounts(filter, Irp);
    }
    if (stack->MajorFunction == IRP_MJ_WRITE) {
        Capitalize(DeviceObject, Irp);
    }
    IoCopyCurrentIrpStackLocationToNext(Irp);
    if (code == IOCTL_FILTER_ALIAS) {
        IoGetNextIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode =
            IOCTL_PIPE_QUERY;
    }
    IoSetCompletionRoutine(Irp, ReleaseAtCompletion, filter, TRUE, TRUE, TRUE);
    return IoCallDriver(filter->Lower, Irp);
}
