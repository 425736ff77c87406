/* The driver and its device. */

#include "pipe.h"
#include "driver.tmh"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, PipeEvtDeviceAdd)
#pragma alloc_text(PAGE, PipeEvtDriverCleanup)
#endif

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    RECORDER_CONFIGURE_PARAMS recorder;
    WDF_DRIVER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    WPP_INIT_TRACING(DriverObject, RegistryPath);
    RECORDER_CONFIGURE_PARAMS_INIT(&recorder);
    recorder.CreateDefaultLog = FALSE;
    WppRecorderConfigure(&recorder);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.EvtCleanupCallback = PipeEvtDriverCleanup;
    WDF_DRIVER_CONFIG_INIT(&config, PipeEvtDeviceAdd);
    config.DriverPoolTag = 'epiP';
    status = WdfDriverCreate(DriverObject, RegistryPath, &attributes, &config, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status)) {
        PipeTrace(TRACE_LEVEL_ERROR, "WdfDriverCreate failed: %!STATUS!", status);
        WPP_CLEANUP(DriverObject);
    }
    return status;
}

_Use_decl_annotations_
VOID PipeEvtDriverCleanup(WDFOBJECT Driver)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(Driver);
    PipeTrace(TRACE_LEVEL_INFORMATION, "unloading");
    WPP_CLEANUP(WdfDriverWdmGetDriverObject((WDFDRIVER) Driver));
}

_Use_decl_annotations_
NTSTATUS PipeEvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\PipeKmdf");
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\PipeKmdf");
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDEVICE device;
    PIPE *pipe;
    NTSTATUS status;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(Driver);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoBuffered);
    status = WdfDeviceInitAssignName(DeviceInit, &name);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = WdfDeviceInitAssignSDDLString(DeviceInit, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PIPE);
    status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    pipe = WdfObjectGetTypedContext(device, PIPE);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfSpinLockCreate(&attributes, &pipe->Lock);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = PipeCreateQueues(device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    return WdfDeviceCreateSymbolicLink(device, &link);
}
