/* A device that works on one read at a time: StartIo begins it, a timer's DPC ends it, and the others
 * wait in the device's queue. */

#include <ntddk.h>

/* How long the device works on a read, in units of 100 ns: 10 ms. */
#define WORK_TIME (10 * 1000 * 10)

/* The device extension. */
typedef struct _WORKER {
    KTIMER Timer;
    /* How many reads the device has ended. */
    ULONG Ended;
} WORKER;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE)
static DRIVER_DISPATCH DispatchFile;
_Dispatch_type_(IRP_MJ_READ) static DRIVER_DISPATCH DispatchRead;
static DRIVER_STARTIO StartRead;
static DRIVER_CANCEL CancelRead;
static IO_DPC_ROUTINE EndRead;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS DispatchFile(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS DispatchRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(ULONG)) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    IoMarkIrpPending(Irp);
    IoStartPacket(DeviceObject, Irp, NULL, CancelRead);
    return STATUS_PENDING;
}

/* A read that has been cancelled is not the current one any more. */
static VOID StartRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    WORKER *worker = DeviceObject->DeviceExtension;
    LARGE_INTEGER due;
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    if (Irp != DeviceObject->CurrentIrp) {
        IoReleaseCancelSpinLock(irql);
        return;
    }
    (VOID) IoSetCancelRoutine(Irp, NULL);
    IoReleaseCancelSpinLock(irql);
    due.QuadPart = -WORK_TIME;
    (VOID) KeSetTimer(&worker->Timer, due, &DeviceObject->Dpc);
}

static VOID EndRead(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    WORKER *worker = DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    Irp = DeviceObject->CurrentIrp;
    *(PULONG) Irp->AssociatedIrp.SystemBuffer = ++worker->Ended;
    IoStartNextPacket(DeviceObject, TRUE);
    (VOID) Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}

static VOID CancelRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL irql = Irp->CancelIrql;

    if (Irp == DeviceObject->CurrentIrp) {
        /* StartIo has not taken the cancel routine: the device goes on with the next read. */
        IoReleaseCancelSpinLock(DISPATCH_LEVEL);
        IoStartNextPacket(DeviceObject, TRUE);
        KeLowerIrql(irql);
    } else {
        (VOID) KeRemoveEntryDeviceQueue(
            &DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
        IoReleaseCancelSpinLock(irql);
    }
    (VOID) Complete(Irp, STATUS_CANCELLED, 0);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\StartIoWdm");

    (VOID) IoDeleteSymbolicLink(&link);
    /* EndRead completes the last read, and then returns. */
    KeFlushQueuedDpcs();
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\StartIoWdm");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\StartIoWdm");
    PDEVICE_OBJECT device;
    WORKER *worker;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->DriverStartIo = StartRead;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchFile;
    DriverObject->MajorFunction[IRP_MJ_READ] = DispatchRead;
    status = IoCreateDevice(
        DriverObject, sizeof(WORKER), &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
        &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    worker = device->DeviceExtension;
    KeInitializeTimer(&worker->Timer);
    worker->Ended = 0;
    IoInitializeDpcRequest(device, EndRead);
    /* StartIo uses the cancel spin lock, and does not start the next read itself. */
    IoSetStartIoAttributes(device, FALSE, FALSE);
    device->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
