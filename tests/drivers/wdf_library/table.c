/* The table of functions: those of this library, and traps in all other places. */

#include "library.h"

/* The host's stop for a broken rule of the framework. */
#define WDF_VIOLATION 0x10D

/* The places are counted from 1000, so that each number has four digits. */
#define FIRST 1000

static VOID StopAt(ULONG Place)
{
    ULONG index = Place - FIRST;

    DbgPrint("function %lu of KMDF is not in this library\n", index);
    KeBugCheckEx(WDF_VIOLATION, 0, index, 0, 0);
}

#define TRAP(Place)                  \
    static VOID Trap##Place(VOID)    \
    {                                \
        StopAt(Place);               \
    }
#define NAME(Place) Trap##Place,

#define TEN(Each, N) \
    Each(N##0) Each(N##1) Each(N##2) Each(N##3) Each(N##4) \
    Each(N##5) Each(N##6) Each(N##7) Each(N##8) Each(N##9)
#define HUNDRED(Each, N) \
    TEN(Each, N##0) TEN(Each, N##1) TEN(Each, N##2) TEN(Each, N##3) TEN(Each, N##4) \
    TEN(Each, N##5) TEN(Each, N##6) TEN(Each, N##7) TEN(Each, N##8) TEN(Each, N##9)
/* More than LIBRARY_FUNCTIONS. */
#define ALL(Each) \
    HUNDRED(Each, 10) HUNDRED(Each, 11) HUNDRED(Each, 12) HUNDRED(Each, 13) HUNDRED(Each, 14)

ALL(TRAP)

static WDFFUNC Functions[] = {ALL(NAME)};
C_ASSERT(RTL_NUMBER_OF(Functions) >= LIBRARY_FUNCTIONS);

/* The first functions; the last place is empty. */
static WDFFUNC TooFew[LIBRARY_FUNCTIONS];

VOID LibraryFillTable(VOID)
{
    Functions[WdfDriverCreateTableIndex] = (WDFFUNC) LibraryDriverCreate;
    Functions[WdfDeviceInitAssignNameTableIndex] = (WDFFUNC) LibraryDeviceInitAssignName;
    Functions[WdfDeviceCreateTableIndex] = (WDFFUNC) LibraryDeviceCreate;
    Functions[WdfDeviceCreateSymbolicLinkTableIndex] = (WDFFUNC) LibraryDeviceCreateSymbolicLink;
    RtlCopyMemory(TooFew, Functions, sizeof(TooFew) - sizeof(WDFFUNC));
}

const WDFFUNC *LibraryTable(BOOLEAN IsShort)
{
    return IsShort ? TooFew : Functions;
}
