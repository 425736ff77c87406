/* The data that the entry stub shares with the driver, and the way through the function table. */

#ifndef _WDFGLOBALS_H_
#define _WDFGLOBALS_H_

#include "wdftypes.h"
#include "wdffuncenum.h"

#define WDF_DRIVER_GLOBALS_NAME_LEN 32

/* The public part; the framework keeps a private one around it. */
typedef struct _WDF_DRIVER_GLOBALS {
    WDFDRIVER Driver;
    ULONG DriverFlags;
    ULONG DriverTag;
    CHAR DriverName[WDF_DRIVER_GLOBALS_NAME_LEN];
    BOOLEAN DisplaceDriverUnload;
} WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;

/* The table's symbol carries the version: WdfFunctions_01031 for 1.31. */
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
 * The oldest minor version that the driver can live with. Defined here, not in the stub, so that
 * the driver's own setting decides; every unit has it and the linker keeps one.
 */
#define WDF_FIRST_VERSION_SUPPORTING_CLIENT_VERSION_HIGHER_THAN_FRAMEWORK 25

#ifndef KMDF_MINIMUM_VERSION_REQUIRED
#define KMDF_MINIMUM_VERSION_REQUIRED KMDF_VERSION_MINOR
#endif

#if KMDF_MINIMUM_VERSION_REQUIRED < 25 || KMDF_MINIMUM_VERSION_REQUIRED > KMDF_VERSION_MINOR
#error "KMDF_MINIMUM_VERSION_REQUIRED must be from 25 up to KMDF_VERSION_MINOR"
#endif

__declspec(selectany) ULONG WdfMinimumVersionRequired = KMDF_MINIMUM_VERSION_REQUIRED;

/* The table's entry for a function, as a pointer of the function's own type. */
#define WDF_FUNCTION(Name, Type) ((Type) WdfFunctions[Name##TableIndex])

/* What an initialiser puts into a structure's Size. */
#define WDF_STRUCTURE_SIZE(Name) ((ULONG) sizeof(Name))

FORCEINLINE WDFDRIVER WdfGetDriver(VOID)
{
    return WdfDriverGlobals->Driver;
}

#endif /* _WDFGLOBALS_H_ */
