/*
 * Sizes and offsets of the framework's structures on x64, checked when this file is compiled; it is
 * never linked. The numbers are the public interface's, not those of the headers under test.
 */

#include <ntifs.h>
#include <wdf.h>

#define SIZE(Type, Bytes) _Static_assert(sizeof(Type) == (Bytes), "size of " #Type)
#define AT(Type, Member, Offset) \
    _Static_assert(__builtin_offsetof(Type, Member) == (Offset), #Type "." #Member)
#define VALUE(Name, Number) _Static_assert((Name) == (Number), #Name)

SIZE(WDF_DRIVER_CONFIG, 32);
AT(WDF_DRIVER_CONFIG, Size, 0);
AT(WDF_DRIVER_CONFIG, EvtDriverDeviceAdd, 8);
AT(WDF_DRIVER_CONFIG, EvtDriverUnload, 16);
AT(WDF_DRIVER_CONFIG, DriverInitFlags, 24);
AT(WDF_DRIVER_CONFIG, DriverPoolTag, 28);

SIZE(WDF_OBJECT_ATTRIBUTES, 56);
AT(WDF_OBJECT_ATTRIBUTES, Size, 0);
AT(WDF_OBJECT_ATTRIBUTES, EvtCleanupCallback, 8);
AT(WDF_OBJECT_ATTRIBUTES, EvtDestroyCallback, 16);
AT(WDF_OBJECT_ATTRIBUTES, ExecutionLevel, 24);
AT(WDF_OBJECT_ATTRIBUTES, SynchronizationScope, 28);
AT(WDF_OBJECT_ATTRIBUTES, ParentObject, 32);
AT(WDF_OBJECT_ATTRIBUTES, ContextSizeOverride, 40);
AT(WDF_OBJECT_ATTRIBUTES, ContextTypeInfo, 48);

SIZE(WDF_OBJECT_CONTEXT_TYPE_INFO, 40);
AT(WDF_OBJECT_CONTEXT_TYPE_INFO, Size, 0);
AT(WDF_OBJECT_CONTEXT_TYPE_INFO, ContextName, 8);
AT(WDF_OBJECT_CONTEXT_TYPE_INFO, ContextSize, 16);
AT(WDF_OBJECT_CONTEXT_TYPE_INFO, UniqueType, 24);
AT(WDF_OBJECT_CONTEXT_TYPE_INFO, EvtDriverGetUniqueContextType, 32);

SIZE(WDF_FILEOBJECT_CONFIG, 40);
AT(WDF_FILEOBJECT_CONFIG, Size, 0);
AT(WDF_FILEOBJECT_CONFIG, EvtDeviceFileCreate, 8);
AT(WDF_FILEOBJECT_CONFIG, EvtFileClose, 16);
AT(WDF_FILEOBJECT_CONFIG, EvtFileCleanup, 24);
AT(WDF_FILEOBJECT_CONFIG, AutoForwardCleanupClose, 32);
AT(WDF_FILEOBJECT_CONFIG, FileObjectClass, 36);

SIZE(WDF_IO_QUEUE_CONFIG, 96);
AT(WDF_IO_QUEUE_CONFIG, Size, 0);
AT(WDF_IO_QUEUE_CONFIG, DispatchType, 4);
AT(WDF_IO_QUEUE_CONFIG, PowerManaged, 8);
AT(WDF_IO_QUEUE_CONFIG, AllowZeroLengthRequests, 12);
AT(WDF_IO_QUEUE_CONFIG, DefaultQueue, 13);
AT(WDF_IO_QUEUE_CONFIG, EvtIoDefault, 16);
AT(WDF_IO_QUEUE_CONFIG, EvtIoRead, 24);
AT(WDF_IO_QUEUE_CONFIG, EvtIoWrite, 32);
AT(WDF_IO_QUEUE_CONFIG, EvtIoDeviceControl, 40);
AT(WDF_IO_QUEUE_CONFIG, EvtIoInternalDeviceControl, 48);
AT(WDF_IO_QUEUE_CONFIG, EvtIoStop, 56);
AT(WDF_IO_QUEUE_CONFIG, EvtIoResume, 64);
AT(WDF_IO_QUEUE_CONFIG, EvtIoCanceledOnQueue, 72);
AT(WDF_IO_QUEUE_CONFIG, Settings, 80);
AT(WDF_IO_QUEUE_CONFIG, Settings.Parallel, 80);
AT(WDF_IO_QUEUE_CONFIG, Settings.Parallel.NumberOfPresentedRequests, 80);
AT(WDF_IO_QUEUE_CONFIG, Driver, 88);

SIZE(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, 40);
AT(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, Size, 0);
AT(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, TotalForwardProgressRequests, 4);
AT(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, ForwardProgressReservedPolicy, 8);
AT(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, ForwardProgressReservePolicySettings, 16);
AT(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, EvtIoAllocateResourcesForReservedRequest, 24);
AT(WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, EvtIoAllocateRequestResources, 32);

SIZE(WDF_PNPPOWER_EVENT_CALLBACKS, 144);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, Size, 0);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceD0Entry, 8);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceD0EntryPostInterruptsEnabled, 16);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceD0Exit, 24);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceD0ExitPreInterruptsDisabled, 32);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDevicePrepareHardware, 40);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceReleaseHardware, 48);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceSelfManagedIoCleanup, 56);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceSelfManagedIoFlush, 64);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceSelfManagedIoInit, 72);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceSelfManagedIoSuspend, 80);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceSelfManagedIoRestart, 88);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceSurpriseRemoval, 96);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceQueryRemove, 104);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceQueryStop, 112);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceUsageNotification, 120);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceRelationsQuery, 128);
AT(WDF_PNPPOWER_EVENT_CALLBACKS, EvtDeviceUsageNotificationEx, 136);

SIZE(WDF_REQUEST_PARAMETERS, 40);
AT(WDF_REQUEST_PARAMETERS, Size, 0);
AT(WDF_REQUEST_PARAMETERS, MinorFunction, 2);
AT(WDF_REQUEST_PARAMETERS, Type, 4);
AT(WDF_REQUEST_PARAMETERS, Parameters, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Create, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Create.SecurityContext, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Create.Options, 16);
AT(WDF_REQUEST_PARAMETERS, Parameters.Create.FileAttributes, 24);
AT(WDF_REQUEST_PARAMETERS, Parameters.Create.ShareAccess, 26);
AT(WDF_REQUEST_PARAMETERS, Parameters.Create.EaLength, 32);
AT(WDF_REQUEST_PARAMETERS, Parameters.Read, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Read.Length, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Read.Key, 16);
AT(WDF_REQUEST_PARAMETERS, Parameters.Read.DeviceOffset, 24);
AT(WDF_REQUEST_PARAMETERS, Parameters.Write, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Write.Length, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Write.Key, 16);
AT(WDF_REQUEST_PARAMETERS, Parameters.Write.DeviceOffset, 24);
AT(WDF_REQUEST_PARAMETERS, Parameters.DeviceIoControl, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.DeviceIoControl.OutputBufferLength, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.DeviceIoControl.InputBufferLength, 16);
AT(WDF_REQUEST_PARAMETERS, Parameters.DeviceIoControl.IoControlCode, 24);
AT(WDF_REQUEST_PARAMETERS, Parameters.DeviceIoControl.Type3InputBuffer, 32);
AT(WDF_REQUEST_PARAMETERS, Parameters.Others, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Others.Arg1, 8);
AT(WDF_REQUEST_PARAMETERS, Parameters.Others.Arg2, 16);
AT(WDF_REQUEST_PARAMETERS, Parameters.Others.IoControlCode, 24);
AT(WDF_REQUEST_PARAMETERS, Parameters.Others.Arg4, 32);

SIZE(WDF_WORKITEM_CONFIG, 24);
AT(WDF_WORKITEM_CONFIG, Size, 0);
AT(WDF_WORKITEM_CONFIG, EvtWorkItemFunc, 8);
AT(WDF_WORKITEM_CONFIG, AutomaticSerialization, 16);

SIZE(WDF_TIMER_CONFIG, 40);
AT(WDF_TIMER_CONFIG, Size, 0);
AT(WDF_TIMER_CONFIG, EvtTimerFunc, 8);
AT(WDF_TIMER_CONFIG, Period, 16);
AT(WDF_TIMER_CONFIG, AutomaticSerialization, 20);
AT(WDF_TIMER_CONFIG, TolerableDelay, 24);
AT(WDF_TIMER_CONFIG, UseHighResolutionTimer, 32);

SIZE(WDF_DRIVER_VERSION_AVAILABLE_PARAMS, 12);
AT(WDF_DRIVER_VERSION_AVAILABLE_PARAMS, Size, 0);
AT(WDF_DRIVER_VERSION_AVAILABLE_PARAMS, MajorVersion, 4);
AT(WDF_DRIVER_VERSION_AVAILABLE_PARAMS, MinorVersion, 8);

SIZE(WDF_REQUEST_FORWARD_OPTIONS, 8);
AT(WDF_REQUEST_FORWARD_OPTIONS, Size, 0);
AT(WDF_REQUEST_FORWARD_OPTIONS, Flags, 4);

SIZE(WDFMEMORY_OFFSET, 16);
AT(WDFMEMORY_OFFSET, BufferOffset, 0);
AT(WDFMEMORY_OFFSET, BufferLength, 8);

SIZE(WDF_CUSTOM_TYPE_CONTEXT, 16);
AT(WDF_CUSTOM_TYPE_CONTEXT, Size, 0);
AT(WDF_CUSTOM_TYPE_CONTEXT, Data, 8);

SIZE(WDF_DEVICE_STATE, 32);
AT(WDF_DEVICE_STATE, Size, 0);
AT(WDF_DEVICE_STATE, Disabled, 4);
AT(WDF_DEVICE_STATE, DontDisplayInUI, 8);
AT(WDF_DEVICE_STATE, Failed, 12);
AT(WDF_DEVICE_STATE, NotDisableable, 16);
AT(WDF_DEVICE_STATE, Removed, 20);
AT(WDF_DEVICE_STATE, ResourcesChanged, 24);
AT(WDF_DEVICE_STATE, AssignedToGuest, 28);

SIZE(WDF_DEVICE_PNP_CAPABILITIES, 48);
AT(WDF_DEVICE_PNP_CAPABILITIES, Size, 0);
AT(WDF_DEVICE_PNP_CAPABILITIES, LockSupported, 4);
AT(WDF_DEVICE_PNP_CAPABILITIES, EjectSupported, 8);
AT(WDF_DEVICE_PNP_CAPABILITIES, Removable, 12);
AT(WDF_DEVICE_PNP_CAPABILITIES, DockDevice, 16);
AT(WDF_DEVICE_PNP_CAPABILITIES, UniqueID, 20);
AT(WDF_DEVICE_PNP_CAPABILITIES, SilentInstall, 24);
AT(WDF_DEVICE_PNP_CAPABILITIES, SurpriseRemovalOK, 28);
AT(WDF_DEVICE_PNP_CAPABILITIES, HardwareDisabled, 32);
AT(WDF_DEVICE_PNP_CAPABILITIES, NoDisplayInUI, 36);
AT(WDF_DEVICE_PNP_CAPABILITIES, Address, 40);
AT(WDF_DEVICE_PNP_CAPABILITIES, UINumber, 44);

SIZE(WDF_QUEUE_FATAL_ERROR_DATA, 24);
AT(WDF_QUEUE_FATAL_ERROR_DATA, Queue, 0);
AT(WDF_QUEUE_FATAL_ERROR_DATA, Request, 8);
AT(WDF_QUEUE_FATAL_ERROR_DATA, Status, 16);

SIZE(WDF_DPC_CONFIG, 24);
AT(WDF_DPC_CONFIG, Size, 0);
AT(WDF_DPC_CONFIG, EvtDpcFunc, 8);
AT(WDF_DPC_CONFIG, AutomaticSerialization, 16);

SIZE(WDF_REMOVE_LOCK_OPTIONS, 8);
AT(WDF_REMOVE_LOCK_OPTIONS, Size, 0);
AT(WDF_REMOVE_LOCK_OPTIONS, Flags, 4);

SIZE(WDF_IO_TYPE_CONFIG, 16);
AT(WDF_IO_TYPE_CONFIG, Size, 0);
AT(WDF_IO_TYPE_CONFIG, ReadWriteIoType, 4);
AT(WDF_IO_TYPE_CONFIG, DeviceControlIoType, 8);
AT(WDF_IO_TYPE_CONFIG, DirectTransferThreshold, 12);

SIZE(WDF_DRIVER_GLOBALS, 56);
AT(WDF_DRIVER_GLOBALS, Driver, 0);
AT(WDF_DRIVER_GLOBALS, DriverFlags, 8);
AT(WDF_DRIVER_GLOBALS, DriverTag, 12);
AT(WDF_DRIVER_GLOBALS, DriverName, 16);
AT(WDF_DRIVER_GLOBALS, DisplaceDriverUnload, 48);

/* The table: its length, and entries from its beginning, middle and end. */
VALUE(WdfCollectionCreateTableIndex, 13);
VALUE(WdfControlDeviceInitAllocateTableIndex, 25);
VALUE(WdfDeviceCreateTableIndex, 75);
VALUE(WdfDriverCreateTableIndex, 116);
VALUE(WdfIoQueueCreateTableIndex, 152);
VALUE(WdfDriverMiniportUnloadTableIndex, 201);
VALUE(WdfObjectGetTypedContextWorkerTableIndex, 202);
VALUE(WdfRequestCompleteWithInformationTableIndex, 265);
VALUE(WdfSpinLockCreateTableIndex, 315);
VALUE(WdfTimerStopTableIndex, 320);
VALUE(WdfWorkItemCreateTableIndex, 379);
VALUE(WdfGetTriageInfoTableIndex, 431);
VALUE(WdfDeviceSetDeviceInterfaceStateExTableIndex, 457);
VALUE(WdfFunctionTableNumEntries, 458);

/* An enumeration is an int, as the callers of the framework expect. */
SIZE(WDF_EXECUTION_LEVEL, 4);
SIZE(WDF_FILEOBJECT_CLASS, 4);
