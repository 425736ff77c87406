/*
 * The interface of the framework's loader (WDFLDR.SYS) that the entry stub calls.
 */

#ifndef _WDFLDR_H_
#define _WDFLDR_H_

#include <ntifs.h>
#include <wdf.h>

typedef struct _WDF_VERSION {
    ULONG Major;
    ULONG Minor;
    ULONG Build;
} WDF_VERSION;

typedef struct _WDF_BIND_INFO {
    ULONG Size;
    PWCHAR Component;
    WDF_VERSION Version;
    ULONG FuncCount;
    const WDFFUNC **FuncTable; /* out: the library's table */
    PVOID Module;              /* for the loader */
} WDF_BIND_INFO;

/* Since 1.25; the loader distinguishes the two by Size. */
typedef struct _WDF_BIND_INFO2 {
    WDF_BIND_INFO V1;
    ULONG *MinimumVersionRequired;
    BOOLEAN *ClientVersionHigherThanFramework; /* out */
    ULONG *FuncCountPtr;                       /* out */
    ULONG *StructCountPtr;                     /* out */
    WDF_STRUCT_INFO *StructTable;              /* out */
} WDF_BIND_INFO2;

NTSTATUS NTAPI WdfVersionBind(
    PDRIVER_OBJECT DriverObject,
    PUNICODE_STRING RegistryPath,
    WDF_BIND_INFO *BindInfo,
    PWDF_DRIVER_GLOBALS *ComponentGlobals);

NTSTATUS NTAPI WdfVersionUnbind(
    PUNICODE_STRING RegistryPath,
    WDF_BIND_INFO *BindInfo,
    PWDF_DRIVER_GLOBALS ComponentGlobals);

#endif /* _WDFLDR_H_ */
