/* Locks. */

#ifndef _WDFSYNC_H_
#define _WDFSYNC_H_

#include "wdfobject.h"

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFWAITLOCKCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock);
FORCEINLINE NTSTATUS WdfWaitLockCreate(PWDF_OBJECT_ATTRIBUTES LockAttributes, WDFWAITLOCK *Lock)
{
    return WDF_FUNCTION(WdfWaitLockCreate, PFN_WDFWAITLOCKCREATE)(
        WdfDriverGlobals, LockAttributes, Lock);
}

/*
 * IRQL <= PASSIVE (Timeout=NULL);
 * <= DISPATCH (Timeout!=NULL and *Timeout=0);
 * <= PASSIVE (Timeout!=NULL and *Timeout!=0)
 */
typedef NTSTATUS (NTAPI *PFN_WDFWAITLOCKACQUIRE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Lock, PLONGLONG Timeout);
FORCEINLINE NTSTATUS WdfWaitLockAcquire(WDFWAITLOCK Lock, PLONGLONG Timeout)
{
    return WDF_FUNCTION(WdfWaitLockAcquire, PFN_WDFWAITLOCKACQUIRE)(
        WdfDriverGlobals, Lock, Timeout);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFWAITLOCKRELEASE)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Lock);
FORCEINLINE VOID WdfWaitLockRelease(WDFWAITLOCK Lock)
{
    WDF_FUNCTION(WdfWaitLockRelease, PFN_WDFWAITLOCKRELEASE)(WdfDriverGlobals, Lock);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFSPINLOCKCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES SpinLockAttributes,
    WDFSPINLOCK *SpinLock);
FORCEINLINE NTSTATUS WdfSpinLockCreate(
    PWDF_OBJECT_ATTRIBUTES SpinLockAttributes, WDFSPINLOCK *SpinLock)
{
    return WDF_FUNCTION(WdfSpinLockCreate, PFN_WDFSPINLOCKCREATE)(
        WdfDriverGlobals, SpinLockAttributes, SpinLock);
}

/* IRQL <= DISPATCH; raises to DISPATCH */
typedef VOID (NTAPI *PFN_WDFSPINLOCKACQUIRE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK SpinLock);
FORCEINLINE VOID WdfSpinLockAcquire(WDFSPINLOCK SpinLock)
{
    WDF_FUNCTION(WdfSpinLockAcquire, PFN_WDFSPINLOCKACQUIRE)(WdfDriverGlobals, SpinLock);
}

/* IRQL <= DISPATCH; >= DISPATCH */
typedef VOID (NTAPI *PFN_WDFSPINLOCKRELEASE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK SpinLock);
FORCEINLINE VOID WdfSpinLockRelease(WDFSPINLOCK SpinLock)
{
    WDF_FUNCTION(WdfSpinLockRelease, PFN_WDFSPINLOCKRELEASE)(WdfDriverGlobals, SpinLock);
}

#endif /* _WDFSYNC_H_ */
