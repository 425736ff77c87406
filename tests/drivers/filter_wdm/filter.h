/* A filter without the framework, above or below a function driver: what is written passes in capitals. */

#ifndef FILTER_H
#define FILTER_H

#include <wdm.h>

#define FILTER_TAG 'tliF'

/* How many IRPs the filter has got, as FILTER_COUNTS. The filter answers it itself. */
#define IOCTL_FILTER_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_READ_ACCESS)
/* The drivers below get IOCTL_PIPE_QUERY in its place. */
#define IOCTL_FILTER_ALIAS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_READ_ACCESS)
#define IOCTL_PIPE_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

/* IRPs of one device, by their kinds. */
typedef struct _FILTER_COUNTS {
    LONG Files;
    LONG Requests;
    LONG Pnp;
    LONG Power;
} FILTER_COUNTS;

typedef struct _FILTER {
    /* The next lower device. */
    PDEVICE_OBJECT Lower;
    /* Held by each IRP, so that the device is not removed under it. */
    IO_REMOVE_LOCK RemoveLock;
    FILTER_COUNTS Counts;
} FILTER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD FilterUnload;
DRIVER_ADD_DEVICE FilterAddDevice;
DRIVER_DISPATCH FilterDispatchOther;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLEANUP) _Dispatch_type_(IRP_MJ_CLOSE)
DRIVER_DISPATCH FilterDispatchFile;
_Dispatch_type_(IRP_MJ_READ) _Dispatch_type_(IRP_MJ_WRITE) _Dispatch_type_(IRP_MJ_DEVICE_CONTROL)
DRIVER_DISPATCH FilterDispatchRequest;
_Dispatch_type_(IRP_MJ_PNP) DRIVER_DISPATCH FilterDispatchPnp;
_Dispatch_type_(IRP_MJ_POWER) DRIVER_DISPATCH FilterDispatchPower;

/* Completes an IRP that the drivers below do not get. */
FORCEINLINE NTSTATUS FilterComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* Passes an IRP on as it is, and releases the remove lock that was acquired for it. */
FORCEINLINE NTSTATUS FilterPassOn(FILTER *Filter, PIRP Irp)
{
    NTSTATUS status;

    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(Filter->Lower, Irp);
    IoReleaseRemoveLock(&Filter->RemoveLock, Irp);
    return status;
}

#endif /* FILTER_H */
