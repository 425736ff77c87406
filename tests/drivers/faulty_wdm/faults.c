/* The faults, by the names of the rules of docs/host/wdm.md. The last five are no rules of it. */

#include "faulty.h"

static NTSTATUS CompletedTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    (VOID) Complete(Irp, STATUS_SUCCESS);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS CompletedAsPending(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_PENDING);
}

static DRIVER_CANCEL Cancel;

static VOID Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    (VOID) Complete(Irp, STATUS_CANCELLED);
}

static NTSTATUS CompletedWithCancelRoutine(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    (VOID) IoSetCancelRoutine(Irp, Cancel);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS PendingWithoutMark(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    return STATUS_PENDING;
}

static NTSTATUS MarkedNotPending(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS OtherStatus(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    (VOID) Complete(Irp, STATUS_SUCCESS);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS NoOutcome(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    return STATUS_SUCCESS;
}

static NTSTATUS OtherLevel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(DeviceObject);
    (VOID) Complete(Irp, STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return STATUS_SUCCESS;
}

/* Down to the last location, and once more. */
static NTSTATUS NoLocations(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIRP small = IoAllocateIrp(1, FALSE);

    UNREFERENCED_PARAMETER(Irp);
    IoSetNextIrpStackLocation(small);
    return IoCallDriver(DeviceObject, small);
}

static NTSTATUS NoDevice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver((PDEVICE_OBJECT) Irp, Irp);
}

static NTSTATUS SystemsIrpFreed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FAULTY *faulty = DeviceObject->DeviceExtension;
    IO_STATUS_BLOCK block;
    KEVENT done;
    PIRP built;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    built = IoBuildDeviceIoControlRequest(
        IOCTL_COMMIT, faulty->Lower, NULL, 0, NULL, 0, FALSE, &done, &block);
    IoFreeIrp(built);
    return Complete(Irp, STATUS_SUCCESS);
}

PDEVICE_OBJECT CreateOther(PDEVICE_OBJECT DeviceObject)
{
    PDEVICE_OBJECT other;

    if (!NT_SUCCESS(IoCreateDevice(
            DeviceObject->DriverObject, sizeof(FAULTY), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE,
            &other))) {
        return NULL;
    }
    RtlZeroMemory(other->DeviceExtension, sizeof(FAULTY));
    other->Flags &= ~DO_DEVICE_INITIALIZING;
    return other;
}

static IO_COMPLETION_ROUTINE ForgetMark;

static NTSTATUS ForgetMark(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_SUCCESS;
}

static NTSTATUS MarkForgotten(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT lower = CreateOther(DeviceObject);

    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, ForgetMark, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(lower, Irp);
}

static NTSTATUS DeletedWhileAttached(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT lower = CreateOther(DeviceObject);
    PDEVICE_OBJECT upper = CreateOther(DeviceObject);

    (VOID) IoAttachDeviceToDeviceStack(upper, lower);
    IoDeleteDevice(upper);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS DetachedTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT lower = CreateOther(DeviceObject);
    PDEVICE_OBJECT upper = CreateOther(DeviceObject);

    (VOID) IoAttachDeviceToDeviceStack(upper, lower);
    IoDetachDevice(lower);
    IoDetachDevice(lower);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS DeletedTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT other = CreateOther(DeviceObject);

    IoDeleteDevice(other);
    IoDeleteDevice(other);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS StaysAfterRemoval(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FAULTY *faulty = DeviceObject->DeviceExtension;

    faulty->Stays = TRUE;
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS ReleasedWithOtherTag(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FAULTY *faulty = DeviceObject->DeviceExtension;

    (VOID) IoAcquireRemoveLock(&faulty->RemoveLock, Irp);
    IoReleaseRemoveLock(&faulty->RemoveLock, DeviceObject);
    return Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS WorkItemOfNoDevice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    (VOID) IoAllocateWorkItem((PDEVICE_OBJECT) Irp);
    return Complete(Irp, STATUS_SUCCESS);
}

static const struct {
    const CHAR *Name;
    FAULT *Fault;
} Faults[] = {
    {"an_irp_is_completed_twice", CompletedTwice},
    {"an_irp_is_completed_as_pending", CompletedAsPending},
    {"an_irp_is_completed_with_its_cancel_routine", CompletedWithCancelRoutine},
    {"pending_is_returned_without_a_mark", PendingWithoutMark},
    {"a_marked_irp_is_not_returned_as_pending", MarkedNotPending},
    {"another_status_is_returned_than_completed", OtherStatus},
    {"an_irp_is_left_without_an_outcome", NoOutcome},
    {"a_dispatch_routine_returns_at_another_level", OtherLevel},
    {"an_irp_runs_out_of_stack_locations", NoLocations},
    {"an_irp_is_sent_to_what_is_no_device", NoDevice},
    {"an_irp_of_the_system_is_freed", SystemsIrpFreed},
    {"an_irp_of_the_driver_is_not_taken_back", BuiltAndNotTakenBack},
    {"a_completion_routine_forgets_the_mark", MarkForgotten},
    {"a_device_is_deleted_while_it_is_attached", DeletedWhileAttached},
    {"a_device_is_detached_twice", DetachedTwice},
    {"a_device_is_deleted_twice", DeletedTwice},
    {"a_device_stays_after_its_removal", StaysAfterRemoval},
    {"a_remove_lock_is_released_with_another_tag", ReleasedWithOtherTag},
    {"a_work_item_is_for_what_is_no_device", WorkItemOfNoDevice},
    {"a_queued_irp_is_completed", QueuedCompleted},
    {"a_next_irp_is_started_while_none_is_current", NextWithoutCurrent},
    {"the_next_irp_is_started_below_dispatch_level", NextBelowDispatch},
    {"an_irp_is_started_without_startio", StartedWithoutStartIo},
    {"what_is_no_irp_is_started", StartedNoIrp},
    {"an_entry_is_queued_twice", EntryQueuedTwice},
    {"a_queue_that_is_not_busy_is_emptied", IdleQueueEmptied},
    {"a_device_queue_is_used_below_dispatch_level", QueueBelowDispatch},
    {"a_device_queue_is_used_before_it_is_made", QueueNotMade},
    {"a_built_irp_is_freed", BuiltAndFreed},
    {"a_built_irp_is_left", BuiltAndLeft},
    {"the_buffer_of_a_built_irp_is_left", BuiltAndNeverSent},
    {"freed_pool_is_read_within_a_try", FreedPoolRead},
    {"an_upper_address_is_read_within_a_try", UpperAddressRead},
};

FAULT *FindFault(const CHAR *Name, ULONG Length)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(Faults); i++) {
        const CHAR *name = Faults[i].Name;

        if (strlen(name) == Length && RtlCompareMemory(name, Name, Length) == Length) {
            return Faults[i].Fault;
        }
    }
    return NULL;
}
