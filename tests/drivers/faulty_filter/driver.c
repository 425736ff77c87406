/* A filter that breaks a rule for the drivers of a stack: `Fault` of its service's key is the rule's name. */

#include <ntddk.h>

#define FAULT_TAG 'tluF'

typedef struct _FILTER {
    PDEVICE_OBJECT Physical;
    PDEVICE_OBJECT Lower;
} FILTER;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_ADD_DEVICE AddDevice;
static DRIVER_DISPATCH DispatchOther;
static DRIVER_DISPATCH DispatchPnp;
static DRIVER_DISPATCH DispatchPower;

/* The name of the rule. */
static WCHAR Fault[64];

static BOOLEAN IsFault(PCWSTR Name)
{
    return wcscmp(Fault, Name) == 0;
}

static VOID ReadFault(PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Fault");
    UCHAR buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(Fault)];
    KEY_VALUE_PARTIAL_INFORMATION *value = (KEY_VALUE_PARTIAL_INFORMATION *) buffer;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    ULONG length;
    NTSTATUS status;

    InitializeObjectAttributes(
        &attributes, RegistryPath, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ZwOpenKey(&key, KEY_READ, &attributes);
    if (!NT_SUCCESS(status)) {
        return;
    }
    status = ZwQueryValueKey(
        key, &name, KeyValuePartialInformation, value, sizeof(buffer), &length);
    if (NT_SUCCESS(status) && value->Type == REG_SZ && value->DataLength < sizeof(Fault)) {
        RtlCopyMemory(Fault, value->Data, value->DataLength);
    }
    (VOID) ZwClose(key);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ReadFault(RegistryPath);
    if (IsFault(L"entry_point_fails")) {
        return STATUS_UNSUCCESSFUL;
    }
    if (IsFault(L"leaks")) {
        (VOID) ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, FAULT_TAG);
    }
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        if (i != IRP_MJ_POWER) {
            DriverObject->MajorFunction[i] = DispatchOther;
        }
    }
    DriverObject->MajorFunction[IRP_MJ_PNP] = DispatchPnp;
    DriverObject->DriverUnload = Unload;
    if (!IsFault(L"no_add_device")) {
        DriverObject->DriverExtension->AddDevice = AddDevice;
    }
    if (!IsFault(L"a_driver_of_a_stack_lacks_a_dispatch_routine")) {
        DriverObject->MajorFunction[IRP_MJ_POWER] = DispatchPower;
    }
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("faulty_filter is unloaded\n");
}

static ULONG FlagsAbove(PDEVICE_OBJECT Lower)
{
    if (IsFault(L"a_filter_leaves_the_io_flags_out")) {
        return 0;
    }
    if (IsFault(L"a_device_has_both_io_flags")) {
        return DO_BUFFERED_IO | DO_DIRECT_IO;
    }
    return Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT device;
    FILTER *filter;
    NTSTATUS status;

    if (IsFault(L"adds_no_device")) {
        return STATUS_SUCCESS;
    }
    if (IsFault(L"add_device_fails")) {
        return STATUS_DEVICE_NOT_CONNECTED;
    }
    status = IoCreateDevice(
        DriverObject, sizeof(FILTER), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    filter = device->DeviceExtension;
    filter->Physical = PhysicalDeviceObject;
    filter->Lower = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    if (filter->Lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= FlagsAbove(filter->Lower);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS PassOn(PDEVICE_OBJECT Target, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Target, Irp);
}

static NTSTATUS DispatchOther(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;

    return PassOn(filter->Lower, Irp);
}

static NTSTATUS DispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS status;

    if (IsFault(L"a_pnp_irp_is_completed_and_not_passed_on")) {
        return Complete(Irp, STATUS_SUCCESS);
    }
    if (IsFault(L"a_pnp_irp_is_completed_as_it_came")) {
        return Complete(Irp, Irp->IoStatus.Status);
    }
    if (IsFault(L"a_failed_pnp_irp_is_passed_on")) {
        Irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
    }
    if (IsFault(L"an_irp_skips_a_device_of_the_stack")) {
        return PassOn(filter->Physical, Irp);
    }
    status = PassOn(filter->Lower, Irp);
    if (minor == IRP_MN_REMOVE_DEVICE && !IsFault(L"stays")) {
        IoDetachDevice(filter->Lower);
        IoDeleteDevice(DeviceObject);
    }
    return status;
}

static NTSTATUS DispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FILTER *filter = DeviceObject->DeviceExtension;

    PoStartNextPowerIrp(Irp);
    if (IsFault(L"a_power_irp_is_completed_and_not_passed_on")) {
        return Complete(Irp, STATUS_SUCCESS);
    }
    if (IsFault(L"a_power_irp_is_completed_as_it_came")) {
        return Complete(Irp, Irp->IoStatus.Status);
    }
    if (IsFault(L"a_failed_power_irp_is_passed_on")) {
        Irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(filter->Lower, Irp);
}
