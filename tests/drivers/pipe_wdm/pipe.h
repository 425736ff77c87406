/* The pipe of pipe_kmdf, against the kernel alone: a function device on a stack of the PnP manager. */

#ifndef PIPE_H
#define PIPE_H

#include <wdm.h>

#define PIPE_TAG 'epiP'

/* The most bytes that wait for a read. */
#define PIPE_CAPACITY 4096

/* How many bytes wait, as a ULONG. */
#define IOCTL_PIPE_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)

/* Copies bytes at an address of the caller's. */
#define IOCTL_PIPE_PEEK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_NEITHER, FILE_READ_ACCESS)

/* Lets a function of the kernel raise an exception: the input says which, as a ULONG. */
#define IOCTL_PIPE_RAISE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_READ_ACCESS)

/* The functions of IOCTL_PIPE_RAISE. */
typedef enum _PIPE_RAISER {
    PipeReleaseSemaphore,
    PipeReleaseMutex,
    PipeAllocatePool
} PIPE_RAISER;

/* How IOCTL_PIPE_PEEK copies. */
typedef enum _PIPE_PEEK_WAY {
    PipeCopyMemory,
    /* The driver's own code does. */
    PipeByteByByte,
    /* From pages that are locked. */
    PipeLockedPages
} PIPE_PEEK_WAY;

/* The address of the input itself. */
#define PIPE_PEEK_INPUT MAXULONGLONG

/* The input of IOCTL_PIPE_PEEK. */
typedef struct _PIPE_PEEK {
    ULONGLONG Address;
    ULONG Length;
    /* What the address has to be a multiple of. */
    ULONG Alignment;
    /* A PIPE_PEEK_WAY. */
    ULONG Way;
    ULONG Reserved;
} PIPE_PEEK;

typedef struct _PIPE {
    PDEVICE_OBJECT Lower;
    /* Held by each request, so that the device is not removed under it. */
    IO_REMOVE_LOCK RemoveLock;
    /* Reads that wait, which the kernel's cancel-safe queue cancels. */
    IO_CSQ Readers;
    LIST_ENTRY ReaderList;
    KSPIN_LOCK ReaderLock;
    /* The bytes, in a ring. */
    KSPIN_LOCK Lock;
    UCHAR Bytes[PIPE_CAPACITY];
    ULONG First;
    ULONG Count;
} PIPE;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PipeUnload;
DRIVER_ADD_DEVICE PipeAddDevice;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLEANUP) _Dispatch_type_(IRP_MJ_CLOSE)
DRIVER_DISPATCH PipeDispatchFile;
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH PipeDispatchRead;
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH PipeDispatchWrite;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH PipeDispatchControl;
_Dispatch_type_(IRP_MJ_PNP) DRIVER_DISPATCH PipeDispatchPnp;
_Dispatch_type_(IRP_MJ_POWER) DRIVER_DISPATCH PipeDispatchPower;

NTSTATUS PipeDispatchPeek(PIPE *Pipe, PIRP Irp);
NTSTATUS PipeDispatchRaise(PIPE *Pipe, PIRP Irp);
NTSTATUS PipeInitializeReaders(PIPE *Pipe);
VOID PipeCancelReaders(PIPE *Pipe, PFILE_OBJECT FileObject);

/* Completes an IRP, and releases the remove lock that was acquired for it. */
FORCEINLINE NTSTATUS PipeComplete(PIPE *Pipe, PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&Pipe->RemoveLock, Irp);
    return Status;
}

/* Completes an IRP for which the remove lock was refused. */
FORCEINLINE NTSTATUS PipeRefuse(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

#endif /* PIPE_H */
