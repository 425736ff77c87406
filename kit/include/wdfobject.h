/* Objects: attributes, contexts, references, deletion. */

#ifndef _WDFOBJECT_H_
#define _WDFOBJECT_H_

#include "wdfglobals.h"

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP *PFN_WDF_OBJECT_CONTEXT_CLEANUP;

/* IRQL <= DISPATCH */
typedef VOID EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY *PFN_WDF_OBJECT_CONTEXT_DESTROY;

typedef enum _WDF_EXECUTION_LEVEL {
    WdfExecutionLevelInvalid = 0,
    WdfExecutionLevelInheritFromParent = 1,
    WdfExecutionLevelPassive = 2,
    WdfExecutionLevelDispatch = 3
} WDF_EXECUTION_LEVEL;

typedef enum _WDF_SYNCHRONIZATION_SCOPE {
    WdfSynchronizationScopeInvalid = 0,
    WdfSynchronizationScopeInheritFromParent = 1,
    WdfSynchronizationScopeDevice = 2,
    WdfSynchronizationScopeQueue = 3,
    WdfSynchronizationScopeNone = 4
} WDF_SYNCHRONIZATION_SCOPE;

struct _WDF_OBJECT_CONTEXT_TYPE_INFO;
typedef CONST struct _WDF_OBJECT_CONTEXT_TYPE_INFO *PCWDF_OBJECT_CONTEXT_TYPE_INFO;
typedef PCWDF_OBJECT_CONTEXT_TYPE_INFO(NTAPI *PFN_GET_UNIQUE_CONTEXT_TYPE)(VOID);

/* Two types are equal if their UniqueType pointers are equal; the names are not compared. */
typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO {
    ULONG Size;
    LPCSTR ContextName;
    size_t ContextSize;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO UniqueType;
    PFN_GET_UNIQUE_CONTEXT_TYPE EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO, *PWDF_OBJECT_CONTEXT_TYPE_INFO;

typedef struct _WDF_OBJECT_ATTRIBUTES {
    ULONG Size;
    PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
    PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
    WDF_EXECUTION_LEVEL ExecutionLevel;
    WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
    WDFOBJECT ParentObject;
    size_t ContextSizeOverride;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

typedef struct _WDF_CUSTOM_TYPE_CONTEXT {
    ULONG Size;
    ULONG_PTR Data;
} WDF_CUSTOM_TYPE_CONTEXT, *PWDF_CUSTOM_TYPE_CONTEXT;

#define WDF_NO_OBJECT_ATTRIBUTES ((PWDF_OBJECT_ATTRIBUTES) NULL)

/* The names under which drivers declare cleanup and destroy callbacks of one kind of object. */
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_DEVICE_CONTEXT_CLEANUP;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_DEVICE_CONTEXT_DESTROY;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_IO_QUEUE_CONTEXT_CLEANUP_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_IO_QUEUE_CONTEXT_DESTROY_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_FILE_CONTEXT_CLEANUP_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_FILE_CONTEXT_DESTROY_CALLBACK;

/* All zero is invalid: the values that mean "inherit from parent" are not zero. */
FORCEINLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    RtlZeroMemory(Attributes, sizeof(WDF_OBJECT_ATTRIBUTES));
    Attributes->Size = WDF_STRUCTURE_SIZE(WDF_OBJECT_ATTRIBUTES);
    Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

/* IRQL <= DISPATCH+1 */
typedef PVOID (NTAPI *PFN_WDFOBJECTGETTYPEDCONTEXTWORKER)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo);
FORCEINLINE PVOID WdfObjectGetTypedContextWorker(
    WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo)
{
    return WDF_FUNCTION(WdfObjectGetTypedContextWorker, PFN_WDFOBJECTGETTYPEDCONTEXTWORKER)(
        WdfDriverGlobals, Handle, TypeInfo);
}

/* The context of a type that WDF_DECLARE_CONTEXT_TYPE declared. */
#define WdfObjectGetTypedContext(Handle, Type) \
    ((Type *) WdfObjectGetTypedContextWorker((WDFOBJECT) (Handle), WdfContextType_##Type.UniqueType))

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFOBJECTALLOCATECONTEXT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes,
    PVOID *Context);
FORCEINLINE NTSTATUS WdfObjectAllocateContext(
    WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID *Context)
{
    return WDF_FUNCTION(WdfObjectAllocateContext, PFN_WDFOBJECTALLOCATECONTEXT)(
        WdfDriverGlobals, Handle, ContextAttributes, Context);
}

/* IRQL <= DISPATCH+1 */
typedef WDFOBJECT (NTAPI *PFN_WDFOBJECTCONTEXTGETOBJECT)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PVOID ContextPointer);
FORCEINLINE WDFOBJECT WdfObjectContextGetObject(PVOID ContextPointer)
{
    return WDF_FUNCTION(WdfObjectContextGetObject, PFN_WDFOBJECTCONTEXTGETOBJECT)(
        WdfDriverGlobals, ContextPointer);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFOBJECTREFERENCEACTUAL)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File);
FORCEINLINE VOID WdfObjectReferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File)
{
    WDF_FUNCTION(WdfObjectReferenceActual, PFN_WDFOBJECTREFERENCEACTUAL)(
        WdfDriverGlobals, Handle, Tag, Line, File);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFOBJECTDEREFERENCEACTUAL)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File);
FORCEINLINE VOID WdfObjectDereferenceActual(WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File)
{
    WDF_FUNCTION(WdfObjectDereferenceActual, PFN_WDFOBJECTDEREFERENCEACTUAL)(
        WdfDriverGlobals, Handle, Tag, Line, File);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFOBJECTCREATE)(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object);
FORCEINLINE NTSTATUS WdfObjectCreate(PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object)
{
    return WDF_FUNCTION(WdfObjectCreate, PFN_WDFOBJECTCREATE)(WdfDriverGlobals, Attributes, Object);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFOBJECTDELETE)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object);
FORCEINLINE VOID WdfObjectDelete(WDFOBJECT Object)
{
    WDF_FUNCTION(WdfObjectDelete, PFN_WDFOBJECTDELETE)(WdfDriverGlobals, Object);
}

/* IRQL <= DISPATCH */
typedef NTSTATUS (NTAPI *PFN_WDFOBJECTQUERY)(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object, CONST GUID *Guid, ULONG QueryBufferLength,
    PVOID QueryBuffer);
FORCEINLINE NTSTATUS WdfObjectQuery(
    WDFOBJECT Object, CONST GUID *Guid, ULONG QueryBufferLength, PVOID QueryBuffer)
{
    return WDF_FUNCTION(WdfObjectQuery, PFN_WDFOBJECTQUERY)(
        WdfDriverGlobals, Object, Guid, QueryBufferLength, QueryBuffer);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFOBJECTACQUIRELOCK)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object);
FORCEINLINE VOID WdfObjectAcquireLock(WDFOBJECT Object)
{
    WDF_FUNCTION(WdfObjectAcquireLock, PFN_WDFOBJECTACQUIRELOCK)(WdfDriverGlobals, Object);
}

/* IRQL <= DISPATCH */
typedef VOID (NTAPI *PFN_WDFOBJECTRELEASELOCK)(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object);
FORCEINLINE VOID WdfObjectReleaseLock(WDFOBJECT Object)
{
    WDF_FUNCTION(WdfObjectReleaseLock, PFN_WDFOBJECTRELEASELOCK)(WdfDriverGlobals, Object);
}

#define WdfObjectReferenceWithTag(Handle, Tag) \
    WdfObjectReferenceActual(Handle, Tag, __LINE__, __FILE__)
#define WdfObjectReference(Handle) WdfObjectReferenceWithTag(Handle, NULL)
#define WdfObjectDereferenceWithTag(Handle, Tag) \
    WdfObjectDereferenceActual(Handle, Tag, __LINE__, __FILE__)
#define WdfObjectDereference(Handle) WdfObjectDereferenceWithTag(Handle, NULL)

/*
 * A context type of one driver: its type information, and a function that returns the context of a
 * handle. This kit does not support types that several drivers share.
 */
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Type, Accessor) \
    extern WDF_OBJECT_CONTEXT_TYPE_INFO WdfContextType_##Type; \
    __declspec(selectany) WDF_OBJECT_CONTEXT_TYPE_INFO WdfContextType_##Type = { \
        sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #Type, sizeof(Type), &WdfContextType_##Type, NULL}; \
    FORCEINLINE Type *Accessor(WDFOBJECT Handle) \
    { \
        return (Type *) WdfObjectGetTypedContextWorker(Handle, WdfContextType_##Type.UniqueType); \
    }
#define WDF_DECLARE_CONTEXT_TYPE(Type) WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Type, WdfObjectGet_##Type)

#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(Attributes, Type) \
    ((Attributes)->ContextTypeInfo = WdfContextType_##Type.UniqueType)
#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(Attributes, Type) \
    (WDF_OBJECT_ATTRIBUTES_INIT(Attributes), \
     WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(Attributes, Type))

#endif /* _WDFOBJECT_H_ */
