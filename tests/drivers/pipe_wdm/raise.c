/* Exceptions out of functions of the kernel, which the driver handles. */

#include "pipe.h"

/* More than the address space. */
#define TOO_MUCH ((SIZE_T) 1 << 60)

static VOID Raise(ULONG Raiser)
{
    KSEMAPHORE semaphore;
    KMUTEX mutex;
    PVOID block;

    switch (Raiser) {
    case PipeReleaseSemaphore:
        KeInitializeSemaphore(&semaphore, 1, 1);
        KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE);
        break;
    case PipeReleaseMutex:
        KeInitializeMutex(&mutex, 0);
        KeReleaseMutex(&mutex, FALSE);
        break;
    case PipeAllocatePool:
        block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, TOO_MUCH, PIPE_TAG);
        if (block != NULL) {
            ExFreePoolWithTag(block, PIPE_TAG);
        }
        break;
    default:
        break;
    }
}

/* The status is that of the exception. */
NTSTATUS PipeDispatchRaise(PIPE *Pipe, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;

    if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG)) {
        return PipeComplete(Pipe, Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    __try {
        Raise(*(PULONG) Irp->AssociatedIrp.SystemBuffer);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return PipeComplete(Pipe, Irp, status, 0);
}
