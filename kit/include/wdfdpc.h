/* Deferred procedure calls: a callback at DISPATCH_LEVEL. */

#ifndef _WDFDPC_H_
#define _WDFDPC_H_

#include "wdfobject.h"

/* IRQL = DISPATCH */
typedef VOID EVT_WDF_DPC(WDFDPC Dpc);
typedef EVT_WDF_DPC *PFN_WDF_DPC;

typedef struct _WDF_DPC_CONFIG {
    ULONG Size;
    PFN_WDF_DPC EvtDpcFunc;
    BOOLEAN AutomaticSerialization;
} WDF_DPC_CONFIG, *PWDF_DPC_CONFIG;

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFDPCCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
    WDFDPC *Dpc);
FORCEINLINE NTSTATUS WdfDpcCreate(
    PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFDPC *Dpc)
{
    return WDF_FUNCTION(WdfDpcCreate, PFN_WDFDPCCREATE)(WdfDriverGlobals, Config, Attributes, Dpc);
}

typedef BOOLEAN (NTAPI *PFN_WDFDPCENQUEUE)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc);
FORCEINLINE BOOLEAN WdfDpcEnqueue(WDFDPC Dpc)
{
    return WDF_FUNCTION(WdfDpcEnqueue, PFN_WDFDPCENQUEUE)(WdfDriverGlobals, Dpc);
}

/* IRQL <= PASSIVE (Wait=TRUE) */
typedef BOOLEAN (NTAPI *PFN_WDFDPCCANCEL)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc, BOOLEAN Wait);
FORCEINLINE BOOLEAN WdfDpcCancel(WDFDPC Dpc, BOOLEAN Wait)
{
    return WDF_FUNCTION(WdfDpcCancel, PFN_WDFDPCCANCEL)(WdfDriverGlobals, Dpc, Wait);
}

typedef WDFOBJECT (NTAPI *PFN_WDFDPCGETPARENTOBJECT)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc);
FORCEINLINE WDFOBJECT WdfDpcGetParentObject(WDFDPC Dpc)
{
    return WDF_FUNCTION(WdfDpcGetParentObject, PFN_WDFDPCGETPARENTOBJECT)(WdfDriverGlobals, Dpc);
}

#endif /* _WDFDPC_H_ */
