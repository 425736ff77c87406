/* Bytes at an address of the caller's: the caller says where, so each access can fail. */

#include "pipe.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PipeDispatchPeek)
#endif

/* What the caller must not ask for: what is wrong with the driver is not the caller's. */
static LONG IsCallersFault(PEXCEPTION_POINTERS Exception)
{
    switch (Exception->ExceptionRecord->ExceptionCode) {
    case STATUS_ACCESS_VIOLATION:
    case STATUS_DATATYPE_MISALIGNMENT:
    case STATUS_INVALID_BUFFER_SIZE:
        return EXCEPTION_EXECUTE_HANDLER;
    default:
        return EXCEPTION_CONTINUE_SEARCH;
    }
}

/* Copies from locked pages, and unlocks them. The output is the caller's: the copy can raise, too. A function
 * of its own, because clang counts a call that stands right before an inner __try as being in it. */
static __declspec(noinline) NTSTATUS CopyAndUnlock(PUCHAR Output, PMDL Mdl, ULONG Length)
{
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    __try {
        PVOID mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
        if (mapped != NULL) {
            RtlCopyMemory(Output, mapped, Length);
            status = STATUS_SUCCESS;
        }
    } __finally {
        MmUnlockPages(Mdl);
    }
    return status;
}

/* Copies from the caller's pages while they are locked. The probe can raise an exception. */
static NTSTATUS CopyLocked(PUCHAR Output, const UCHAR *Source, ULONG Length)
{
    PMDL mdl = IoAllocateMdl((PVOID) Source, Length, FALSE, FALSE, NULL);
    NTSTATUS status;

    if (mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
        status = CopyAndUnlock(Output, mdl, Length);
    } __finally {
        IoFreeMdl(mdl);
    }
    return status;
}

/* The caller's buffers: what to copy, and where to. */
static NTSTATUS CopyForCaller(PIRP Irp, ULONG_PTR *Copied)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PIPE_PEEK *input = stack->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG room = stack->Parameters.DeviceIoControl.OutputBufferLength;
    PUCHAR output = Irp->UserBuffer;
    NTSTATUS status = STATUS_SUCCESS;
    volatile BOOLEAN isCopying = TRUE;

    __try {
        __try {
            PIPE_PEEK peek;
            const UCHAR *source;

            ProbeForRead(input, sizeof(PIPE_PEEK), 1);
            peek = *input;
            if (peek.Length > room) {
                ExRaiseStatus(STATUS_INVALID_BUFFER_SIZE);
            }
            source = peek.Address == PIPE_PEEK_INPUT ? (const UCHAR *) input
                                                     : (const UCHAR *) (ULONG_PTR) peek.Address;
            ProbeForWrite(output, peek.Length, 1);
            if (peek.Way != PipeLockedPages) {
                ProbeForRead((PVOID) source, peek.Length, peek.Alignment);
            }
            if (peek.Way == PipeCopyMemory) {
                RtlCopyMemory(output, source, peek.Length);
            } else if (peek.Way == PipeByteByByte) {
                for (ULONG i = 0; i < peek.Length; i++) {
                    output[i] = source[i];
                }
            } else {
                status = CopyLocked(output, source, peek.Length);
            }
            *Copied = NT_SUCCESS(status) ? peek.Length : 0;
        } __finally {
            isCopying = FALSE;
        }
    } __except (IsCallersFault(GetExceptionInformation())) {
        status = GetExceptionCode();
    }
    if (isCopying) {
        /* The __finally block has not run. */
        status = STATUS_INTERNAL_ERROR;
    }
    return status;
}

/* METHOD_NEITHER: the buffers are the caller's own, and the caller's thread is this one. */
NTSTATUS PipeDispatchPeek(PIPE *Pipe, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR copied = 0;
    NTSTATUS status;

    PAGED_CODE();
    if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(PIPE_PEEK)) {
        return PipeComplete(Pipe, Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    status = CopyForCaller(Irp, &copied);
    return PipeComplete(Pipe, Irp, status, copied);
}
