/* The data that the entry stub shares with the driver, and calls through the function table. */

#ifndef _WDFGLOBALS_H_
#define _WDFGLOBALS_H_

#include "wdftypes.h"
#include "wdffuncenum.h"

#ifdef __cplusplus
#define WDF_EXTERN_C extern "C"
#define WDF_EXTERN_C_START extern "C" {
#define WDF_EXTERN_C_END }
#else
#define WDF_EXTERN_C
#define WDF_EXTERN_C_START
#define WDF_EXTERN_C_END
#endif

#define WDF_DRIVER_GLOBALS_NAME_LEN 32

/* The public part of the framework's own structure. */
typedef struct _WDF_DRIVER_GLOBALS {
    WDFDRIVER Driver;
    ULONG DriverFlags;
    ULONG DriverTag;
    CHAR DriverName[WDF_DRIVER_GLOBALS_NAME_LEN];
    BOOLEAN DisplaceDriverUnload;
} WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;

/* The name of the table contains the version: WdfFunctions_01031 for 1.31. */
#if KMDF_VERSION_MINOR == 31
#define WdfFunctions WdfFunctions_01031
#else
#define WdfFunctions WdfFunctions_01033
#endif

extern const WDFFUNC *WdfFunctions;
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;
extern WDFFUNC WdfDriverMiniportUnloadOverride;
extern BOOLEAN WdfClientVersionHigherThanFramework;
extern ULONG WdfFunctionCount;
extern ULONG WdfStructureCount;
extern WDF_STRUCT_INFO WdfStructures;

/*
 * The oldest minor version that the driver supports. Defined here and not in the stub, so that the
 * driver's KMDF_MINIMUM_VERSION_REQUIRED decides. Every unit defines it; the linker keeps one.
 */
#define WDF_FIRST_VERSION_SUPPORTING_CLIENT_VERSION_HIGHER_THAN_FRAMEWORK 25

#ifndef KMDF_MINIMUM_VERSION_REQUIRED
#define KMDF_MINIMUM_VERSION_REQUIRED KMDF_VERSION_MINOR
#endif

#if KMDF_MINIMUM_VERSION_REQUIRED < 25 || KMDF_MINIMUM_VERSION_REQUIRED > KMDF_VERSION_MINOR
#error "KMDF_MINIMUM_VERSION_REQUIRED must be from 25 up to KMDF_VERSION_MINOR"
#endif

__declspec(selectany) ULONG WdfMinimumVersionRequired = KMDF_MINIMUM_VERSION_REQUIRED;

/* The table entry of a function, cast to the function's type. */
#define WDF_FUNCTION(Name, Type) ((Type) WdfFunctions[Name##TableIndex])

/* The value of a structure's Size member. */
#define WDF_STRUCTURE_SIZE(Name) ((ULONG) sizeof(Name))

FORCEINLINE WDFDRIVER WdfGetDriver(VOID)
{
    return WdfDriverGlobals->Driver;
}

#endif /* _WDFGLOBALS_H_ */
