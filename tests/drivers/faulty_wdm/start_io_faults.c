/* The faults of StartIo and of device queues. */

#include "faulty.h"

VOID StartRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
}

/* Makes a queue busy, as the first IRP of a device does. */
static VOID MakeBusy(PKDEVICE_QUEUE Queue)
{
    KDEVICE_QUEUE_ENTRY first;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (VOID) KeInsertDeviceQueue(Queue, &first);
    KeLowerIrql(irql);
}

NTSTATUS QueuedCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    MakeBusy(&DeviceObject->DeviceQueue);
    IoStartPacket(DeviceObject, Irp, NULL, NULL);
    (VOID) Complete(Irp, STATUS_SUCCESS);
    return STATUS_PENDING;
}

NTSTATUS NextWithoutCurrent(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacket(DeviceObject, FALSE);
    KeLowerIrql(irql);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS NextBelowDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    MakeBusy(&DeviceObject->DeviceQueue);
    IoStartNextPacket(DeviceObject, FALSE);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS StartedWithoutStartIo(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    DeviceObject->DriverObject->DriverStartIo = NULL;
    IoMarkIrpPending(Irp);
    IoStartPacket(DeviceObject, Irp, NULL, NULL);
    return STATUS_PENDING;
}

NTSTATUS StartedNoIrp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IoStartPacket(DeviceObject, (PIRP) DeviceObject, NULL, NULL);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS EntryQueuedTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PKDEVICE_QUEUE queue = &DeviceObject->DeviceQueue;
    KDEVICE_QUEUE_ENTRY entry;
    KIRQL irql;

    MakeBusy(queue);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (VOID) KeInsertDeviceQueue(queue, &entry);
    (VOID) KeInsertDeviceQueue(queue, &entry);
    KeLowerIrql(irql);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS IdleQueueEmptied(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (VOID) KeRemoveDeviceQueue(&DeviceObject->DeviceQueue);
    KeLowerIrql(irql);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS QueueBelowDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KDEVICE_QUEUE_ENTRY entry;

    (VOID) KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &entry);
    return Complete(Irp, STATUS_SUCCESS);
}

NTSTATUS QueueNotMade(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KDEVICE_QUEUE queue = {0};

    UNREFERENCED_PARAMETER(DeviceObject);
    MakeBusy(&queue);
    return Complete(Irp, STATUS_SUCCESS);
}
