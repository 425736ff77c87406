/* Reads, writes and device controls. */

#include "pipe.h"

static IO_CSQ_INSERT_IRP InsertReader;
static IO_CSQ_REMOVE_IRP RemoveReader;
static IO_CSQ_PEEK_NEXT_IRP PeekReader;
static IO_CSQ_ACQUIRE_LOCK LockReaders;
static IO_CSQ_RELEASE_LOCK UnlockReaders;
static IO_CSQ_COMPLETE_CANCELED_IRP CompleteCanceledReader;

NTSTATUS PipeInitializeReaders(PIPE *Pipe)
{
    InitializeListHead(&Pipe->ReaderList);
    KeInitializeSpinLock(&Pipe->ReaderLock);
    return IoCsqInitialize(
        &Pipe->Readers, InsertReader, RemoveReader, PeekReader, LockReaders, UnlockReaders,
        CompleteCanceledReader);
}

static PIPE *PipeOfReaders(PIO_CSQ Readers)
{
    return CONTAINING_RECORD(Readers, PIPE, Readers);
}

static VOID InsertReader(PIO_CSQ Readers, PIRP Irp)
{
    InsertTailList(&PipeOfReaders(Readers)->ReaderList, &Irp->Tail.Overlay.ListEntry);
}

static VOID RemoveReader(PIO_CSQ Readers, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Readers);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* The next read after Irp; with a context, of that file. */
static PIRP PeekReader(PIO_CSQ Readers, PIRP Irp, PVOID Context)
{
    PIPE *pipe = PipeOfReaders(Readers);
    PLIST_ENTRY next = Irp == NULL ? pipe->ReaderList.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; next != &pipe->ReaderList; next = next->Flink) {
        PIRP reader = CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);

        if (Context == NULL || IoGetCurrentIrpStackLocation(reader)->FileObject == Context) {
            return reader;
        }
    }
    return NULL;
}

static VOID LockReaders(PIO_CSQ Readers, PKIRQL Irql)
{
    KeAcquireSpinLock(&PipeOfReaders(Readers)->ReaderLock, Irql);
}

static VOID UnlockReaders(PIO_CSQ Readers, KIRQL Irql)
{
    KeReleaseSpinLock(&PipeOfReaders(Readers)->ReaderLock, Irql);
}

static VOID CompleteCanceledReader(PIO_CSQ Readers, PIRP Irp)
{
    (VOID) PipeComplete(PipeOfReaders(Readers), Irp, STATUS_CANCELLED, 0);
}

/* Ends the reads of a file, or of all files. */
VOID PipeCancelReaders(PIPE *Pipe, PFILE_OBJECT FileObject)
{
    PIRP reader;

    while ((reader = IoCsqRemoveNextIrp(&Pipe->Readers, FileObject)) != NULL) {
        (VOID) PipeComplete(Pipe, reader, STATUS_CANCELLED, 0);
    }
}

/* Moves bytes out of the ring, as many as the read has room for. */
static ULONG Take(PIPE *Pipe, PIRP Irp)
{
    PUCHAR buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    ULONG taken = 0;
    KIRQL irql;

    KeAcquireSpinLock(&Pipe->Lock, &irql);
    while (taken < length && Pipe->Count > 0) {
        buffer[taken++] = Pipe->Bytes[Pipe->First];
        Pipe->First = (Pipe->First + 1) % PIPE_CAPACITY;
        Pipe->Count--;
    }
    KeReleaseSpinLock(&Pipe->Lock, irql);
    return taken;
}

/* Completes waiting reads while there are bytes. */
static VOID ServeReaders(PIPE *Pipe)
{
    PIRP reader;

    while (Pipe->Count > 0 && (reader = IoCsqRemoveNextIrp(&Pipe->Readers, NULL)) != NULL) {
        ULONG taken = Take(Pipe, reader);

        if (taken == 0) {
            /* Another read took the bytes: this one waits on. */
            IoCsqInsertIrp(&Pipe->Readers, reader, NULL);
        } else {
            (VOID) PipeComplete(Pipe, reader, STATUS_SUCCESS, taken);
        }
    }
}

NTSTATUS PipeDispatchRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIPE *pipe = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&pipe->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        return PipeRefuse(Irp, status);
    }
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0) {
        return PipeComplete(pipe, Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    /* The queue marks the IRP as pending. A write after this line serves it. */
    IoCsqInsertIrp(&pipe->Readers, Irp, NULL);
    ServeReaders(pipe);
    return STATUS_PENDING;
}

NTSTATUS PipeDispatchWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIPE *pipe = DeviceObject->DeviceExtension;
    PUCHAR buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NTSTATUS status = IoAcquireRemoveLock(&pipe->RemoveLock, Irp);
    KIRQL irql;

    if (!NT_SUCCESS(status)) {
        return PipeRefuse(Irp, status);
    }
    KeAcquireSpinLock(&pipe->Lock, &irql);
    if (length > PIPE_CAPACITY - pipe->Count) {
        status = STATUS_DEVICE_BUSY;
        length = 0;
    }
    for (ULONG i = 0; i < length; i++) {
        pipe->Bytes[(pipe->First + pipe->Count) % PIPE_CAPACITY] = buffer[i];
        pipe->Count++;
    }
    KeReleaseSpinLock(&pipe->Lock, irql);
    ServeReaders(pipe);
    return PipeComplete(pipe, Irp, status, length);
}

NTSTATUS PipeDispatchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIPE *pipe = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&pipe->RemoveLock, Irp);
    KIRQL irql;

    if (!NT_SUCCESS(status)) {
        return PipeRefuse(Irp, status);
    }
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_PIPE_PEEK) {
        return PipeDispatchPeek(pipe, Irp);
    }
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_PIPE_RAISE) {
        return PipeDispatchRaise(pipe, Irp);
    }
    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_PIPE_QUERY) {
        return PipeComplete(pipe, Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
        return PipeComplete(pipe, Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    KeAcquireSpinLock(&pipe->Lock, &irql);
    *(PULONG) Irp->AssociatedIrp.SystemBuffer = pipe->Count;
    KeReleaseSpinLock(&pipe->Lock, irql);
    return PipeComplete(pipe, Irp, STATUS_SUCCESS, sizeof(ULONG));
}
