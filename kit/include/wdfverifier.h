/* Debugging. */

#ifndef _WDFVERIFIER_H_
#define _WDFVERIFIER_H_

#include "wdfglobals.h"

typedef VOID (NTAPI *PFN_WDFVERIFIERDBGBREAKPOINT)(PWDF_DRIVER_GLOBALS DriverGlobals);
FORCEINLINE VOID WdfVerifierDbgBreakPoint(VOID)
{
    WDF_FUNCTION(WdfVerifierDbgBreakPoint, PFN_WDFVERIFIERDBGBREAKPOINT)(WdfDriverGlobals);
}

typedef VOID (NTAPI *PFN_WDFVERIFIERKEBUGCHECK)(
    PWDF_DRIVER_GLOBALS DriverGlobals, ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
    ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4);
FORCEINLINE VOID WdfVerifierKeBugCheck(
    ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
    ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    WDF_FUNCTION(WdfVerifierKeBugCheck, PFN_WDFVERIFIERKEBUGCHECK)(
        WdfDriverGlobals, BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3,
        BugCheckParameter4);
}

typedef PVOID (NTAPI *PFN_WDFGETTRIAGEINFO)(PWDF_DRIVER_GLOBALS DriverGlobals);
FORCEINLINE PVOID WdfGetTriageInfo(VOID)
{
    return WDF_FUNCTION(WdfGetTriageInfo, PFN_WDFGETTRIAGEINFO)(WdfDriverGlobals);
}

#endif /* _WDFVERIFIER_H_ */
