/* Start, removal and power: the filter follows the device, and the drivers below decide. */

#include "filter.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, FilterDispatchPnp)
#endif

static NTSTATUS Remove(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    NTSTATUS status;

    /* First the IRPs that are here, then the drivers below. */
    IoReleaseRemoveLockAndWait(&filter->RemoveLock, Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(filter->Lower, Irp);
    IoDetachDevice(filter->Lower);
    IoDeleteDevice(DeviceObject);
    return status;
}

NTSTATUS FilterDispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS status;

    PAGED_CODE();
    status = IoAcquireRemoveLock(&filter->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return FilterComplete(Irp, status, 0);
    }
    (VOID) InterlockedIncrement(&filter->Counts.Pnp);
    if (minor == IRP_MN_REMOVE_DEVICE) {
        return Remove(DeviceObject, Irp);
    }
    return FilterPassOn(filter, Irp);
}

NTSTATUS FilterDispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&filter->RemoveLock, Irp);

    PoStartNextPowerIrp(Irp);
    if (!NT_SUCCESS(status)) {
        return FilterComplete(Irp, status, 0);
    }
    (VOID) InterlockedIncrement(&filter->Counts.Power);
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(filter->Lower, Irp);
    IoReleaseRemoveLock(&filter->RemoveLock, Irp);
    return status;
}
