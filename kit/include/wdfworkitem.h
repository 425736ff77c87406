/* Work items: a callback at PASSIVE_LEVEL in a system thread. */

#ifndef _WDFWORKITEM_H_
#define _WDFWORKITEM_H_

#include "wdfobject.h"

/* IRQL <= PASSIVE */
typedef VOID EVT_WDF_WORKITEM(WDFWORKITEM WorkItem);
typedef EVT_WDF_WORKITEM *PFN_WDF_WORKITEM;

typedef struct _WDF_WORKITEM_CONFIG {
    ULONG Size;
    PFN_WDF_WORKITEM EvtWorkItemFunc;
    BOOLEAN AutomaticSerialization;
} WDF_WORKITEM_CONFIG, *PWDF_WORKITEM_CONFIG;

FORCEINLINE VOID WDF_WORKITEM_CONFIG_INIT(
    PWDF_WORKITEM_CONFIG Config, PFN_WDF_WORKITEM EvtWorkItemFunc)
{
    RtlZeroMemory(Config, sizeof(WDF_WORKITEM_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_WORKITEM_CONFIG);
    Config->EvtWorkItemFunc = EvtWorkItemFunc;
    Config->AutomaticSerialization = TRUE;
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFWORKITEMCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_WORKITEM_CONFIG Config,
    PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem);
FORCEINLINE NTSTATUS WdfWorkItemCreate(
    PWDF_WORKITEM_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem)
{
    return WDF_FUNCTION(WdfWorkItemCreate, PFN_WDFWORKITEMCREATE)(
        WdfDriverGlobals, Config, Attributes, WorkItem);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFWORKITEMENQUEUE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem);
FORCEINLINE VOID WdfWorkItemEnqueue(WDFWORKITEM WorkItem)
{
    WDF_FUNCTION(WdfWorkItemEnqueue, PFN_WDFWORKITEMENQUEUE)(WdfDriverGlobals, WorkItem);
}

/* IRQL <= DISPATCH */
typedef WDFOBJECT (NTAPI *PFN_WDFWORKITEMGETPARENTOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem);
FORCEINLINE WDFOBJECT WdfWorkItemGetParentObject(WDFWORKITEM WorkItem)
{
    return WDF_FUNCTION(WdfWorkItemGetParentObject, PFN_WDFWORKITEMGETPARENTOBJECT)(
        WdfDriverGlobals, WorkItem);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFWORKITEMFLUSH)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem);
FORCEINLINE VOID WdfWorkItemFlush(WDFWORKITEM WorkItem)
{
    WDF_FUNCTION(WdfWorkItemFlush, PFN_WDFWORKITEMFLUSH)(WdfDriverGlobals, WorkItem);
}

#endif /* _WDFWORKITEM_H_ */
