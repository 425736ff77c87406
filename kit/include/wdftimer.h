/* Timers. */

#ifndef _WDFTIMER_H_
#define _WDFTIMER_H_

#include "wdfobject.h"

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_TIMER(WDFTIMER Timer);
typedef EVT_WDF_TIMER *PFN_WDF_TIMER;

typedef struct _WDF_TIMER_CONFIG {
    ULONG Size;
    PFN_WDF_TIMER EvtTimerFunc;
    ULONG Period;
    BOOLEAN AutomaticSerialization;
    ULONG TolerableDelay;
    DECLSPEC_ALIGN(8) BOOLEAN UseHighResolutionTimer;
} WDF_TIMER_CONFIG, *PWDF_TIMER_CONFIG;

FORCEINLINE VOID WDF_TIMER_CONFIG_INIT(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc)
{
    RtlZeroMemory(Config, sizeof(WDF_TIMER_CONFIG));
    Config->Size = WDF_STRUCTURE_SIZE(WDF_TIMER_CONFIG);
    Config->EvtTimerFunc = EvtTimerFunc;
    Config->AutomaticSerialization = TRUE;
}

FORCEINLINE VOID WDF_TIMER_CONFIG_INIT_PERIODIC(
    PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc, LONG Period)
{
    WDF_TIMER_CONFIG_INIT(Config, EvtTimerFunc);
    Config->Period = (ULONG) Period;
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFTIMERCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
    WDFTIMER *Timer);
FORCEINLINE NTSTATUS WdfTimerCreate(
    PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER *Timer)
{
    return WDF_FUNCTION(WdfTimerCreate, PFN_WDFTIMERCREATE)(
        WdfDriverGlobals, Config, Attributes, Timer);
}

/* IRQL <= DISPATCH */
typedef BOOLEAN (NTAPI *PFN_WDFTIMERSTART)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer, LONGLONG DueTime);
FORCEINLINE BOOLEAN WdfTimerStart(WDFTIMER Timer, LONGLONG DueTime)
{
    return WDF_FUNCTION(WdfTimerStart, PFN_WDFTIMERSTART)(WdfDriverGlobals, Timer, DueTime);
}

/* IRQL <= PASSIVE (Wait=TRUE); <= DISPATCH (Wait=FALSE) */
typedef BOOLEAN (NTAPI *PFN_WDFTIMERSTOP)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer, BOOLEAN Wait);
FORCEINLINE BOOLEAN WdfTimerStop(WDFTIMER Timer, BOOLEAN Wait)
{
    return WDF_FUNCTION(WdfTimerStop, PFN_WDFTIMERSTOP)(WdfDriverGlobals, Timer, Wait);
}

/* IRQL <= DISPATCH */
typedef WDFOBJECT (NTAPI *PFN_WDFTIMERGETPARENTOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer);
FORCEINLINE WDFOBJECT WdfTimerGetParentObject(WDFTIMER Timer)
{
    return WDF_FUNCTION(WdfTimerGetParentObject, PFN_WDFTIMERGETPARENTOBJECT)(
        WdfDriverGlobals, Timer);
}

#endif /* _WDFTIMER_H_ */
