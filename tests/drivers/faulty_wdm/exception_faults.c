/* Accesses to memory that is not the caller's, within a __try: Windows raises no exception for them. */

#include "faulty.h"

/* The status of the exception that a read of the address raises. */
static NTSTATUS ReadWithinTry(volatile ULONG *Address)
{
    __try {
        (VOID) *Address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS FreedPoolRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(ULONG), FAULTY_TAG);

    UNREFERENCED_PARAMETER(DeviceObject);
    if (block == NULL) {
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    ExFreePoolWithTag(block, FAULTY_TAG);
    return Complete(Irp, ReadWithinTry(block));
}

NTSTATUS UpperAddressRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, ReadWithinTry((volatile ULONG *) (ULONG_PTR) 0xFFFF800000001000));
}
