/* IRPs of IoBuildAsynchronousFsdRequest: built and freed as they have to be, and not. */

#include "faulty.h"

/* A device of this driver's, which refuses the writes that it gets. */
static PDEVICE_OBJECT CreateTarget(PDEVICE_OBJECT DeviceObject)
{
    PDEVICE_OBJECT target = CreateOther(DeviceObject);

    if (target != NULL) {
        target->Flags |= DO_BUFFERED_IO;
    }
    return target;
}

/* A write of five bytes, which the kernel copies to a system buffer. */
static PIRP BuildWrite(PDEVICE_OBJECT Target)
{
    static CHAR bytes[] = "bytes";
    LARGE_INTEGER offset = {0};

    return IoBuildAsynchronousFsdRequest(
        IRP_MJ_WRITE, Target, bytes, sizeof(bytes) - 1, &offset, NULL);
}

static IO_COMPLETION_ROUTINE FreeBuffer;
static IO_COMPLETION_ROUTINE FreeAll;

/* Frees the system buffer, and keeps the IRP. */
static NTSTATUS FreeBuffer(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS FreeAll(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    (VOID) FreeBuffer(DeviceObject, Irp, Context);
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Builds a write and sends it with this completion routine, NULL for none. The status is the write's. */
static NTSTATUS SendWrite(PDEVICE_OBJECT DeviceObject, PIO_COMPLETION_ROUTINE Routine)
{
    PDEVICE_OBJECT target = CreateTarget(DeviceObject);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    PIRP write;

    if (target == NULL) {
        return status;
    }
    write = BuildWrite(target);
    if (write != NULL) {
        if (Routine != NULL) {
            IoSetCompletionRoutine(write, Routine, NULL, TRUE, TRUE, TRUE);
        }
        status = IoCallDriver(target, write);
    }
    IoDeleteDevice(target);
    return status;
}

NTSTATUS BuiltAndFreed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return Complete(Irp, SendWrite(DeviceObject, FreeAll));
}

NTSTATUS BuiltAndLeft(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return Complete(Irp, SendWrite(DeviceObject, FreeBuffer));
}

NTSTATUS BuiltAndNeverSent(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT target = CreateTarget(DeviceObject);

    IoFreeIrp(BuildWrite(target));
    IoDeleteDevice(target);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS BuiltAndNotTakenBack(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return Complete(Irp, SendWrite(DeviceObject, NULL));
}
