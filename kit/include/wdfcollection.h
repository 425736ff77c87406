/* Collections: ordered sets of handles. */

#ifndef _WDFCOLLECTION_H_
#define _WDFCOLLECTION_H_

#include "wdfobject.h"

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFCOLLECTIONCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES CollectionAttributes,
    WDFCOLLECTION *Collection);
FORCEINLINE NTSTATUS WdfCollectionCreate(
    PWDF_OBJECT_ATTRIBUTES CollectionAttributes, WDFCOLLECTION *Collection)
{
    return WDF_FUNCTION(WdfCollectionCreate, PFN_WDFCOLLECTIONCREATE)(
        WdfDriverGlobals, CollectionAttributes, Collection);
}

/* IRQL <= DISPATCH */
typedef ULONG (NTAPI *PFN_WDFCOLLECTIONGETCOUNT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection);
FORCEINLINE ULONG WdfCollectionGetCount(WDFCOLLECTION Collection)
{
    return WDF_FUNCTION(WdfCollectionGetCount, PFN_WDFCOLLECTIONGETCOUNT)(
        WdfDriverGlobals, Collection);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFCOLLECTIONADD)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, WDFOBJECT Object);
FORCEINLINE NTSTATUS WdfCollectionAdd(WDFCOLLECTION Collection, WDFOBJECT Object)
{
    return WDF_FUNCTION(WdfCollectionAdd, PFN_WDFCOLLECTIONADD)(
        WdfDriverGlobals, Collection, Object);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFCOLLECTIONREMOVE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, WDFOBJECT Item);
FORCEINLINE VOID WdfCollectionRemove(WDFCOLLECTION Collection, WDFOBJECT Item)
{
    WDF_FUNCTION(WdfCollectionRemove, PFN_WDFCOLLECTIONREMOVE)(WdfDriverGlobals, Collection, Item);
}

/* IRQL <= DISPATCH */
typedef WDFOBJECT (NTAPI *PFN_WDFCOLLECTIONGETITEM)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, ULONG Index);
FORCEINLINE WDFOBJECT WdfCollectionGetItem(WDFCOLLECTION Collection, ULONG Index)
{
    return WDF_FUNCTION(WdfCollectionGetItem, PFN_WDFCOLLECTIONGETITEM)(
        WdfDriverGlobals, Collection, Index);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFCOLLECTIONREMOVEITEM)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection, ULONG Index);
FORCEINLINE VOID WdfCollectionRemoveItem(WDFCOLLECTION Collection, ULONG Index)
{
    WDF_FUNCTION(WdfCollectionRemoveItem, PFN_WDFCOLLECTIONREMOVEITEM)(
        WdfDriverGlobals, Collection, Index);
}

/* IRQL <= DISPATCH */
typedef WDFOBJECT (NTAPI *PFN_WDFCOLLECTIONGETFIRSTITEM)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection);
FORCEINLINE WDFOBJECT WdfCollectionGetFirstItem(WDFCOLLECTION Collection)
{
    return WDF_FUNCTION(WdfCollectionGetFirstItem, PFN_WDFCOLLECTIONGETFIRSTITEM)(
        WdfDriverGlobals, Collection);
}

/* IRQL <= DISPATCH */
typedef WDFOBJECT (NTAPI *PFN_WDFCOLLECTIONGETLASTITEM)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Collection);
FORCEINLINE WDFOBJECT WdfCollectionGetLastItem(WDFCOLLECTION Collection)
{
    return WDF_FUNCTION(WdfCollectionGetLastItem, PFN_WDFCOLLECTIONGETLASTITEM)(
        WdfDriverGlobals, Collection);
}

#endif /* _WDFCOLLECTION_H_ */
