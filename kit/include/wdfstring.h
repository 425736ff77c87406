/* String objects. */

#ifndef _WDFSTRING_H_
#define _WDFSTRING_H_

#include "wdfobject.h"

/* IRQL <= PASSIVE */
typedef NTSTATUS (NTAPI *PFN_WDFSTRINGCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PCUNICODE_STRING UnicodeString,
    PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String);
FORCEINLINE NTSTATUS WdfStringCreate(
    PCUNICODE_STRING UnicodeString, PWDF_OBJECT_ATTRIBUTES StringAttributes, WDFSTRING *String)
{
    return WDF_FUNCTION(WdfStringCreate, PFN_WDFSTRINGCREATE)(
        WdfDriverGlobals, UnicodeString, StringAttributes, String);
}

/* IRQL <= PASSIVE */
typedef VOID (NTAPI *PFN_WDFSTRINGGETUNICODESTRING)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFSTRING String, PUNICODE_STRING UnicodeString);
FORCEINLINE VOID WdfStringGetUnicodeString(WDFSTRING String, PUNICODE_STRING UnicodeString)
{
    WDF_FUNCTION(WdfStringGetUnicodeString, PFN_WDFSTRINGGETUNICODESTRING)(
        WdfDriverGlobals, String, UnicodeString);
}

#endif /* _WDFSTRING_H_ */
