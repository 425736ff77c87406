/* A WDM driver that breaks a rule on demand: the input of a device control is the rule's name. */

#ifndef FAULTY_H
#define FAULTY_H

#include <ntddk.h>

#define FAULTY_TAG 'tluF'

/* Breaks the rule whose name is the input. */
#define IOCTL_COMMIT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _FAULTY {
    /* The device below; NULL for a device that a fault has created. */
    PDEVICE_OBJECT Lower;
    IO_REMOVE_LOCK RemoveLock;
    /* Set by a fault: the device is neither detached nor deleted at its removal. */
    BOOLEAN Stays;
} FAULTY;

/* Breaks a rule with the IRP of a device control, and returns the dispatch routine's status. */
typedef NTSTATUS FAULT(PDEVICE_OBJECT DeviceObject, PIRP Irp);

/* A device of the driver's that nothing opens. */
PDEVICE_OBJECT CreateOther(PDEVICE_OBJECT DeviceObject);

/* What is done with IRPs of IoBuildAsynchronousFsdRequest, in built_irps.c. */
FAULT BuiltAndFreed;
FAULT BuiltAndLeft;
FAULT BuiltAndNeverSent;
FAULT BuiltAndNotTakenBack;

/* What raises no exception, in exception_faults.c. */
FAULT FreedPoolRead;
FAULT UpperAddressRead;

/* The faults of StartIo and of device queues, in start_io_faults.c. */
DRIVER_STARTIO StartRequest;
FAULT QueuedCompleted;
FAULT NextWithoutCurrent;
FAULT NextBelowDispatch;
FAULT StartedWithoutStartIo;
FAULT StartedNoIrp;
FAULT EntryQueuedTwice;
FAULT IdleQueueEmptied;
FAULT QueueBelowDispatch;
FAULT QueueNotMade;

/* The fault with this name, of so many letters. */
FAULT *FindFault(const CHAR *Name, ULONG Length);

FORCEINLINE NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

#endif /* FAULTY_H */
