/* Queues: they deliver requests to the driver. */

#ifndef _WDFIO_H_
#define _WDFIO_H_

#include "wdfrequest.h"

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_DEFAULT(WDFQUEUE Queue, WDFREQUEST Request);
typedef EVT_WDF_IO_QUEUE_IO_DEFAULT *PFN_WDF_IO_QUEUE_IO_DEFAULT;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_READ(WDFQUEUE Queue, WDFREQUEST Request, size_t Length);
typedef EVT_WDF_IO_QUEUE_IO_READ *PFN_WDF_IO_QUEUE_IO_READ;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_WRITE(WDFQUEUE Queue, WDFREQUEST Request, size_t Length);
typedef EVT_WDF_IO_QUEUE_IO_WRITE *PFN_WDF_IO_QUEUE_IO_WRITE;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL(
    WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength,
    ULONG IoControlCode);
typedef EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL *PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL(
    WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength,
    ULONG IoControlCode);
typedef EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL *PFN_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_STOP(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags);
typedef EVT_WDF_IO_QUEUE_IO_STOP *PFN_WDF_IO_QUEUE_IO_STOP;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_RESUME(WDFQUEUE Queue, WDFREQUEST Request);
typedef EVT_WDF_IO_QUEUE_IO_RESUME *PFN_WDF_IO_QUEUE_IO_RESUME;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE(WDFQUEUE Queue, WDFREQUEST Request);
typedef EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE *PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_IO_QUEUE_STATE(WDFQUEUE Queue, WDFCONTEXT Context);
typedef EVT_WDF_IO_QUEUE_STATE *PFN_WDF_IO_QUEUE_STATE;

typedef enum _WDF_IO_QUEUE_DISPATCH_TYPE {
    WdfIoQueueDispatchInvalid = 0,
    WdfIoQueueDispatchSequential = 1,
    WdfIoQueueDispatchParallel = 2,
    WdfIoQueueDispatchManual = 3,
    WdfIoQueueDispatchMax = 4
} WDF_IO_QUEUE_DISPATCH_TYPE;

typedef enum _WDF_IO_QUEUE_STATE {
    WdfIoQueueAcceptRequests = 1,
    WdfIoQueueDispatchRequests = 2,
    WdfIoQueueNoRequests = 4,
    WdfIoQueueDriverNoRequests = 8,
    WdfIoQueuePnpHeld = 16
} WDF_IO_QUEUE_STATE;

/* Whether the framework fails an IRP or uses a reserved request when memory is low. */
typedef enum _WDF_IO_FORWARD_PROGRESS_ACTION {
    WdfIoForwardProgressActionInvalid = 0,
    WdfIoForwardProgressActionFailRequest = 1,
    WdfIoForwardProgressActionUseReservedRequest = 2
} WDF_IO_FORWARD_PROGRESS_ACTION;

typedef enum _WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY {
    WdfIoForwardProgressInvalidPolicy = 0,
    WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest = 1,
    WdfIoForwardProgressReservedPolicyUseExamine = 2,
    WdfIoForwardProgressReservedPolicyPagingIO = 3
} WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY;

/* IRQL <= DISPATCH */
typedef WDF_IO_FORWARD_PROGRESS_ACTION EVT_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS(
    WDFQUEUE Queue, PIRP Irp);
typedef EVT_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS *PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS;

/* IRQL <= DISPATCH */
typedef NTSTATUS EVT_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST(
    WDFQUEUE Queue, WDFREQUEST Request);
typedef EVT_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST
    *PFN_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST;

/* IRQL <= DISPATCH */
typedef NTSTATUS EVT_WDF_IO_ALLOCATE_REQUEST_RESOURCES(WDFQUEUE Queue, WDFREQUEST Request);
typedef EVT_WDF_IO_ALLOCATE_REQUEST_RESOURCES *PFN_WDF_IO_ALLOCATE_REQUEST_RESOURCES;

typedef struct _WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY_SETTINGS {
    union {
        struct {
            PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS EvtIoWdmIrpForForwardProgress;
        } ExaminePolicy;
    } Policy;
} WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY_SETTINGS;

typedef struct _WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY {
    ULONG Size;
    ULONG TotalForwardProgressRequests;
    WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY ForwardProgressReservedPolicy;
    WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY_SETTINGS ForwardProgressReservePolicySettings;
    PFN_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST EvtIoAllocateResourcesForReservedRequest;
    PFN_WDF_IO_ALLOCATE_REQUEST_RESOURCES EvtIoAllocateRequestResources;
} WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, *PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY;

typedef struct _WDF_IO_QUEUE_CONFIG {
    ULONG Size;
    WDF_IO_QUEUE_DISPATCH_TYPE DispatchType;
    WDF_TRI_STATE PowerManaged;
    BOOLEAN AllowZeroLengthRequests;
    BOOLEAN DefaultQueue;
    PFN_WDF_IO_QUEUE_IO_DEFAULT EvtIoDefault;
    PFN_WDF_IO_QUEUE_IO_READ EvtIoRead;
    PFN_WDF_IO_QUEUE_IO_WRITE EvtIoWrite;
    PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtIoDeviceControl;
    PFN_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL EvtIoInternalDeviceControl;
    PFN_WDF_IO_QUEUE_IO_STOP EvtIoStop;
    PFN_WDF_IO_QUEUE_IO_RESUME EvtIoResume;
    PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtIoCanceledOnQueue;
    union {
        struct {
            ULONG NumberOfPresentedRequests;
        } Parallel;
    } Settings;
    WDFDRIVER Driver;
} WDF_IO_QUEUE_CONFIG, *PWDF_IO_QUEUE_CONFIG;

FORCEINLINE VOID WDF_IO_QUEUE_CONFIG_INIT(
    PWDF_IO_QUEUE_CONFIG Config, WDF_IO_QUEUE_DISPATCH_TYPE DispatchType)
{
    RtlZeroMemory(Config, sizeof(WDF_IO_QUEUE_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_IO_QUEUE_CONFIG);
    Config->PowerManaged = WdfUseDefault;
    Config->DispatchType = DispatchType;
    if (DispatchType == WdfIoQueueDispatchParallel) {
        Config->Settings.Parallel.NumberOfPresentedRequests = (ULONG) -1;
    }
}

FORCEINLINE VOID WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(
    PWDF_IO_QUEUE_CONFIG Config, WDF_IO_QUEUE_DISPATCH_TYPE DispatchType)
{
    WDF_IO_QUEUE_CONFIG_INIT(Config, DispatchType);
    Config->DefaultQueue = TRUE;
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUECREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config,
    PWDF_OBJECT_ATTRIBUTES QueueAttributes, WDFQUEUE *Queue);
FORCEINLINE NTSTATUS WdfIoQueueCreate(
    WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config, PWDF_OBJECT_ATTRIBUTES QueueAttributes,
    WDFQUEUE *Queue)
{
    return WDF_FUNCTION(WdfIoQueueCreate, PFN_WDFIOQUEUECREATE)(
        WdfDriverGlobals, Device, Config, QueueAttributes, Queue);
}

/* IRQL <= DISPATCH */
typedef WDF_IO_QUEUE_STATE (NTAPI *PFN_WDFIOQUEUEGETSTATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PULONG QueueRequests, PULONG DriverRequests);
FORCEINLINE WDF_IO_QUEUE_STATE WdfIoQueueGetState(
    WDFQUEUE Queue, PULONG QueueRequests, PULONG DriverRequests)
{
    return WDF_FUNCTION(WdfIoQueueGetState, PFN_WDFIOQUEUEGETSTATE)(
        WdfDriverGlobals, Queue, QueueRequests, DriverRequests);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFIOQUEUESTART)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue);
FORCEINLINE VOID WdfIoQueueStart(WDFQUEUE Queue)
{
    WDF_FUNCTION(WdfIoQueueStart, PFN_WDFIOQUEUESTART)(WdfDriverGlobals, Queue);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFIOQUEUESTOP)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete,
    WDFCONTEXT Context);
FORCEINLINE VOID WdfIoQueueStop(
    WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete, WDFCONTEXT Context)
{
    WDF_FUNCTION(WdfIoQueueStop, PFN_WDFIOQUEUESTOP)(
        WdfDriverGlobals, Queue, StopComplete, Context);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFIOQUEUESTOPSYNCHRONOUSLY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue);
FORCEINLINE VOID WdfIoQueueStopSynchronously(WDFQUEUE Queue)
{
    WDF_FUNCTION(WdfIoQueueStopSynchronously, PFN_WDFIOQUEUESTOPSYNCHRONOUSLY)(
        WdfDriverGlobals, Queue);
}

/* IRQL <= DISPATCH */
typedef WDFDEVICE (NTAPI *PFN_WDFIOQUEUEGETDEVICE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue);
FORCEINLINE WDFDEVICE WdfIoQueueGetDevice(WDFQUEUE Queue)
{
    return WDF_FUNCTION(WdfIoQueueGetDevice, PFN_WDFIOQUEUEGETDEVICE)(WdfDriverGlobals, Queue);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUERETRIEVENEXTREQUEST)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST *OutRequest);
FORCEINLINE NTSTATUS WdfIoQueueRetrieveNextRequest(WDFQUEUE Queue, WDFREQUEST *OutRequest)
{
    return WDF_FUNCTION(WdfIoQueueRetrieveNextRequest, PFN_WDFIOQUEUERETRIEVENEXTREQUEST)(
        WdfDriverGlobals, Queue, OutRequest);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUERETRIEVEREQUESTBYFILEOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFFILEOBJECT FileObject,
    WDFREQUEST *OutRequest);
FORCEINLINE NTSTATUS WdfIoQueueRetrieveRequestByFileObject(
    WDFQUEUE Queue, WDFFILEOBJECT FileObject, WDFREQUEST *OutRequest)
{
    return WDF_FUNCTION(
        WdfIoQueueRetrieveRequestByFileObject, PFN_WDFIOQUEUERETRIEVEREQUESTBYFILEOBJECT)(
        WdfDriverGlobals, Queue, FileObject, OutRequest);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUEFINDREQUEST)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST FoundRequest,
    WDFFILEOBJECT FileObject, PWDF_REQUEST_PARAMETERS Parameters, WDFREQUEST *OutRequest);
FORCEINLINE NTSTATUS WdfIoQueueFindRequest(
    WDFQUEUE Queue, WDFREQUEST FoundRequest, WDFFILEOBJECT FileObject,
    PWDF_REQUEST_PARAMETERS Parameters, WDFREQUEST *OutRequest)
{
    return WDF_FUNCTION(WdfIoQueueFindRequest, PFN_WDFIOQUEUEFINDREQUEST)(
        WdfDriverGlobals, Queue, FoundRequest, FileObject, Parameters, OutRequest);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUERETRIEVEFOUNDREQUEST)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST FoundRequest,
    WDFREQUEST *OutRequest);
FORCEINLINE NTSTATUS WdfIoQueueRetrieveFoundRequest(
    WDFQUEUE Queue, WDFREQUEST FoundRequest, WDFREQUEST *OutRequest)
{
    return WDF_FUNCTION(WdfIoQueueRetrieveFoundRequest, PFN_WDFIOQUEUERETRIEVEFOUNDREQUEST)(
        WdfDriverGlobals, Queue, FoundRequest, OutRequest);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFIOQUEUEDRAINSYNCHRONOUSLY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue);
FORCEINLINE VOID WdfIoQueueDrainSynchronously(WDFQUEUE Queue)
{
    WDF_FUNCTION(WdfIoQueueDrainSynchronously, PFN_WDFIOQUEUEDRAINSYNCHRONOUSLY)(
        WdfDriverGlobals, Queue);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFIOQUEUEDRAIN)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete,
    WDFCONTEXT Context);
FORCEINLINE VOID WdfIoQueueDrain(
    WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete, WDFCONTEXT Context)
{
    WDF_FUNCTION(WdfIoQueueDrain, PFN_WDFIOQUEUEDRAIN)(
        WdfDriverGlobals, Queue, DrainComplete, Context);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFIOQUEUEPURGESYNCHRONOUSLY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue);
FORCEINLINE VOID WdfIoQueuePurgeSynchronously(WDFQUEUE Queue)
{
    WDF_FUNCTION(WdfIoQueuePurgeSynchronously, PFN_WDFIOQUEUEPURGESYNCHRONOUSLY)(
        WdfDriverGlobals, Queue);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFIOQUEUEPURGE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete,
    WDFCONTEXT Context);
FORCEINLINE VOID WdfIoQueuePurge(
    WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete, WDFCONTEXT Context)
{
    WDF_FUNCTION(WdfIoQueuePurge, PFN_WDFIOQUEUEPURGE)(
        WdfDriverGlobals, Queue, PurgeComplete, Context);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUEREADYNOTIFY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE QueueReady,
    WDFCONTEXT Context);
FORCEINLINE NTSTATUS WdfIoQueueReadyNotify(
    WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE QueueReady, WDFCONTEXT Context)
{
    return WDF_FUNCTION(WdfIoQueueReadyNotify, PFN_WDFIOQUEUEREADYNOTIFY)(
        WdfDriverGlobals, Queue, QueueReady, Context);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFIOQUEUESTOPANDPURGE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete,
    WDFCONTEXT Context);
FORCEINLINE VOID WdfIoQueueStopAndPurge(
    WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete, WDFCONTEXT Context)
{
    WDF_FUNCTION(WdfIoQueueStopAndPurge, PFN_WDFIOQUEUESTOPANDPURGE)(
        WdfDriverGlobals, Queue, StopAndPurgeComplete, Context);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFIOQUEUESTOPANDPURGESYNCHRONOUSLY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue);
FORCEINLINE VOID WdfIoQueueStopAndPurgeSynchronously(WDFQUEUE Queue)
{
    WDF_FUNCTION(WdfIoQueueStopAndPurgeSynchronously, PFN_WDFIOQUEUESTOPANDPURGESYNCHRONOUSLY)(
        WdfDriverGlobals, Queue);
}

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFIOQUEUEASSIGNFORWARDPROGRESSPOLICY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
    PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy);
FORCEINLINE NTSTATUS WdfIoQueueAssignForwardProgressPolicy(
    WDFQUEUE Queue, PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy)
{
    return WDF_FUNCTION(
        WdfIoQueueAssignForwardProgressPolicy, PFN_WDFIOQUEUEASSIGNFORWARDPROGRESSPOLICY)(
        WdfDriverGlobals, Queue, ForwardProgressPolicy);
}

#endif /* _WDFIO_H_ */
