/* Reads, writes and device controls. */

#include "Pipe.h"
#include "Queue.tmh"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PipeCreateQueues)
#endif

_Use_decl_annotations_
NTSTATUS PipeCreateQueues(WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG config;
    WDFQUEUE internal;
    NTSTATUS status;

    PAGED_CODE();
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = PipeEvtIoRead;
    config.EvtIoWrite = PipeEvtIoWrite;
    config.EvtIoDeviceControl = PipeEvtIoDeviceControl;
    status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    /* A queue of its own: a callback of the default queue waits for these. */
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.EvtIoInternalDeviceControl = PipeEvtIoInternalDeviceControl;
    status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &internal);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = WdfDeviceConfigureRequestDispatching(
        Device, internal, WdfRequestTypeDeviceControlInternal);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(
        Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &PipeOf(Device)->Readers);
}

/* Moves bytes out of the ring. The caller holds the lock. */
static ULONG Take(PIPE *Pipe, PUCHAR Buffer, size_t Length)
{
    ULONG taken = 0;

    while (taken < Length && Pipe->Count > 0) {
        Buffer[taken++] = Pipe->Bytes[Pipe->First];
        Pipe->First = (Pipe->First + 1) % PIPE_CAPACITY;
        Pipe->Count--;
    }
    return taken;
}

/* Completes a read with bytes of the ring. The caller holds the lock, and releases it afterwards. */
static NTSTATUS FillRead(PIPE *Pipe, WDFREQUEST Request, PULONG Taken)
{
    PVOID buffer;
    size_t length;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, 1, &buffer, &length);

    *Taken = NT_SUCCESS(status) ? Take(Pipe, (PUCHAR) buffer, length) : 0;
    return status;
}

/* Completes waiting reads for as long as there are bytes. */
static VOID ServeReaders(PIPE *Pipe)
{
    for (;;) {
        WDFREQUEST reader = NULL;
        NTSTATUS status = STATUS_NO_MORE_ENTRIES;
        ULONG taken = 0;

        WdfSpinLockAcquire(Pipe->Lock);
        if (Pipe->Count > 0) {
            status = WdfIoQueueRetrieveNextRequest(Pipe->Readers, &reader);
        }
        if (NT_SUCCESS(status)) {
            status = FillRead(Pipe, reader, &taken);
        }
        WdfSpinLockRelease(Pipe->Lock);
        if (reader == NULL) {
            return;
        }
        WdfRequestCompleteWithInformation(reader, status, taken);
    }
}

_Use_decl_annotations_
VOID PipeEvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PIPE *pipe = PipeOf(WdfIoQueueGetDevice(Queue));
    ULONG taken = 0;
    BOOLEAN waits;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Length);
    WdfSpinLockAcquire(pipe->Lock);
    waits = pipe->Count == 0;
    if (waits) {
        /* Under the lock, so that no write comes between the look and the queue. */
        status = WdfRequestForwardToIoQueue(Request, pipe->Readers);
        waits = NT_SUCCESS(status);
    } else {
        status = FillRead(pipe, Request, &taken);
    }
    WdfSpinLockRelease(pipe->Lock);
    PipeTrace(TRACE_LEVEL_VERBOSE, "read: %d bytes, %!STATUS!", taken, status);
    if (!waits) {
        WdfRequestCompleteWithInformation(Request, status, taken);
    }
}

_Use_decl_annotations_
VOID PipeEvtIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PIPE *pipe = PipeOf(WdfIoQueueGetDevice(Queue));
    PVOID buffer;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, 1, &buffer, NULL);

    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    WdfSpinLockAcquire(pipe->Lock);
    if (Length > PIPE_CAPACITY - pipe->Count) {
        status = STATUS_DEVICE_BUSY;
    } else {
        for (size_t i = 0; i < Length; i++) {
            pipe->Bytes[(pipe->First + pipe->Count) % PIPE_CAPACITY] = ((PUCHAR) buffer)[i];
            pipe->Count++;
        }
    }
    WdfSpinLockRelease(pipe->Lock);
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? Length : 0);
    ServeReaders(pipe);
}

static NTSTATUS Query(PIPE *Pipe, WDFREQUEST Request, PULONG_PTR Information)
{
    PIPE_COUNTS *counts;
    ULONG waiting = 0;
    NTSTATUS status =
        WdfRequestRetrieveOutputBuffer(Request, sizeof(PIPE_COUNTS), (PVOID *) &counts, NULL);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    (VOID) WdfIoQueueGetState(Pipe->Readers, &waiting, NULL);
    WdfSpinLockAcquire(Pipe->Lock);
    counts->Bytes = Pipe->Count;
    WdfSpinLockRelease(Pipe->Lock);
    counts->Reads = waiting;
    *Information = sizeof(PIPE_COUNTS);
    return STATUS_SUCCESS;
}

/* Sends an internal control request to the driver's own device, as another driver would. */
static NTSTATUS AskItself(WDFDEVICE Device, WDFREQUEST Request, PULONG_PTR Information)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\PipeKmdf");
    WDF_IO_TARGET_OPEN_PARAMS open;
    WDF_MEMORY_DESCRIPTOR output;
    WDFIOTARGET target;
    PVOID counts;
    NTSTATUS status = WdfRequestRetrieveOutputBuffer(Request, sizeof(PIPE_COUNTS), &counts, NULL);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &target);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&open, &name, GENERIC_READ);
    status = WdfIoTargetOpen(target, &open);
    if (NT_SUCCESS(status)) {
        WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&output, counts, sizeof(PIPE_COUNTS));
        status = WdfIoTargetSendInternalIoctlSynchronously(
            target, NULL, IOCTL_PIPE_QUERY, NULL, &output, NULL, Information);
    }
    WdfObjectDelete(target);
    return status;
}

_Use_decl_annotations_
VOID PipeEvtIoInternalDeviceControl(
    WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength,
    ULONG IoControlCode)
{
    PIPE *pipe = PipeOf(WdfIoQueueGetDevice(Queue));
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    if (IoControlCode == IOCTL_PIPE_QUERY) {
        status = Query(pipe, Request, &information);
    }
    WdfRequestCompleteWithInformation(Request, status, information);
}

_Use_decl_annotations_
VOID PipeEvtIoDeviceControl(
    WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength,
    ULONG IoControlCode)
{
    WDFDEVICE device = WdfIoQueueGetDevice(Queue);
    PIPE *pipe = PipeOf(device);
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    switch (IoControlCode) {
    case IOCTL_PIPE_QUERY:
        status = Query(pipe, Request, &information);
        break;
    case IOCTL_PIPE_ASK_ITSELF:
        status = AskItself(device, Request, &information);
        break;
    case IOCTL_PIPE_CLEAR:
        WdfSpinLockAcquire(pipe->Lock);
        pipe->Count = 0;
        WdfSpinLockRelease(pipe->Lock);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    WdfRequestCompleteWithInformation(Request, status, information);
}
