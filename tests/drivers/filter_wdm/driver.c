/* The driver object and the device. */

#include "filter.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, FilterUnload)
#pragma alloc_text(PAGE, FilterAddDevice)
#endif

/* Every IRP reaches the drivers below, those that this filter does not know among them. */
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("filter_wdm is loaded\n");
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        DriverObject->MajorFunction[i] = FilterDispatchOther;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = FilterDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = FilterDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = FilterDispatchFile;
    DriverObject->MajorFunction[IRP_MJ_READ] = FilterDispatchRequest;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = FilterDispatchRequest;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = FilterDispatchRequest;
    DriverObject->MajorFunction[IRP_MJ_PNP] = FilterDispatchPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = FilterDispatchPower;
    DriverObject->DriverExtension->AddDevice = FilterAddDevice;
    DriverObject->DriverUnload = FilterUnload;
    return STATUS_SUCCESS;
}

VOID FilterUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("filter_wdm is unloaded\n");
}

/* A device without a name, with the properties of the one below. */
NTSTATUS FilterAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT device;
    FILTER *filter;
    NTSTATUS status;

    PAGED_CODE();
    DbgPrint("filter_wdm adds a device\n");
    status = IoCreateDevice(
        DriverObject, sizeof(FILTER), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    filter = device->DeviceExtension;
    RtlZeroMemory(filter, sizeof(FILTER));
    IoInitializeRemoveLock(&filter->RemoveLock, FILTER_TAG, 0, 0);
    filter->Lower = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    if (filter->Lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->DeviceType = filter->Lower->DeviceType;
    device->Characteristics = filter->Lower->Characteristics;
    device->Flags |=
        filter->Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
