/* A WDM driver that starts only if the data that the kernel exports are what they should be. */

#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KSTART_ROUTINE EndAtOnce;

static VOID EndAtOnce(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* The handle of a thread has a thread behind it, and no process. */
static NTSTATUS CompareTypes(HANDLE Thread)
{
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(
        Thread, THREAD_ALL_ACCESS, *PsProcessType, KernelMode, &object, NULL);

    if (status != STATUS_OBJECT_TYPE_MISMATCH) {
        return STATUS_INTERNAL_ERROR;
    }
    status = ObReferenceObjectByHandle(
        Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &object, NULL);
    if (NT_SUCCESS(status)) {
        KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(object);
    }
    return status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE thread;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    /* No debugger is attached. */
    if (KD_DEBUGGER_ENABLED || !KD_DEBUGGER_NOT_PRESENT || *KdDebuggerEnabled) {
        return STATUS_DEBUGGER_INACTIVE;
    }
    status = PsCreateSystemThread(
        &thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, EndAtOnce, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = CompareTypes(thread);
    ZwClose(thread);
    return status;
}
