/*
 * Declarations of Windows 10 2004 that MinGW's wdm.h lacks. The kit's wdm.h includes this file last.
 */

#ifndef _WDM_ADDITIONS_H_
#define _WDM_ADDITIONS_H_

typedef ULONG64 POOL_FLAGS;

#define POOL_FLAG_REQUIRED_START 0x0000000000000001UI64
#define POOL_FLAG_USE_QUOTA 0x0000000000000001UI64
#define POOL_FLAG_UNINITIALIZED 0x0000000000000002UI64
#define POOL_FLAG_SESSION 0x0000000000000004UI64
#define POOL_FLAG_CACHE_ALIGNED 0x0000000000000008UI64
#define POOL_FLAG_RAISE_ON_FAILURE 0x0000000000000020UI64
#define POOL_FLAG_NON_PAGED 0x0000000000000040UI64
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080UI64
#define POOL_FLAG_PAGED 0x0000000000000100UI64
#define POOL_FLAG_REQUIRED_END 0x0000000080000000UI64
#define POOL_FLAG_OPTIONAL_START 0x0000000100000000UI64
#define POOL_FLAG_SPECIAL_POOL 0x0000000100000000UI64
#define POOL_FLAG_OPTIONAL_END 0x8000000000000000UI64

/* IRQL <= DISPATCH for nonpaged memory, <= APC for paged. Zeroed unless POOL_FLAG_UNINITIALIZED. */
NTKERNELAPI PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

/* Blocks of a pool type, zeroed or not. IRQL <= DISPATCH for nonpaged memory, <= APC for paged. */
FORCEINLINE PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    PVOID block = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);

    if (block != NULL) {
        RtlZeroMemory(block, NumberOfBytes);
    }
    return block;
}

FORCEINLINE PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/* The same, charged to the caller's process. The pool raises no exception then. */
FORCEINLINE PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    POOL_TYPE quiet = (POOL_TYPE) (PoolType | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
    PVOID block = ExAllocatePoolWithQuotaTag(quiet, NumberOfBytes, Tag);

    if (block != NULL) {
        RtlZeroMemory(block, NumberOfBytes);
    }
    return block;
}

/* For ExInitializeDriverRuntime: nonpaged pool without a right to execute. */
#define DrvRtPoolNxOptIn 0x00000001

/* A driver with POOL_NX_OPTIN calls it first in DriverEntry; then its NonPagedPool is NonPagedPoolNx. */
#if defined(POOL_NX_OPTIN) && POOL_NX_OPTIN
__declspec(selectany) POOL_TYPE ExDefaultNonPagedPoolType = NonPagedPool;
#define NonPagedPool ExDefaultNonPagedPoolType
#endif

FORCEINLINE VOID ExInitializeDriverRuntime(ULONG RuntimeFlags)
{
#if defined(POOL_NX_OPTIN) && POOL_NX_OPTIN
    if (RuntimeFlags & DrvRtPoolNxOptIn) {
        ExDefaultNonPagedPoolType = NonPagedPoolNx;
    }
#else
    UNREFERENCED_PARAMETER(RuntimeFlags);
#endif
}

/* RtlQueryRegistryValues compares the type of a value with the first byte of DefaultType. */
#ifndef RTL_QUERY_REGISTRY_TYPECHECK
#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK (0xff << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)
#endif

/* What a driver may do with a block of WMI that it opens. */
#ifndef WMIGUID_QUERY
#define WMIGUID_QUERY 0x0001
#define WMIGUID_SET 0x0002
#define WMIGUID_NOTIFICATION 0x0004
#define WMIGUID_READ_DESCRIPTION 0x0008
#define WMIGUID_EXECUTE 0x0010
#endif

/* The calling convention that MinGW's kbdmou.h names, by STDAPICALLTYPE. */
#ifndef WINAPI
#define WINAPI __stdcall
#endif

/* Flags of a mapping, beside its priority. */
#define MdlMappingNoWrite 0x80000000
#define MdlMappingNoExecute 0x40000000
#define MdlMappingWithGuardPtes 0x20000000

/* Types of callbacks, where MinGW has the pointers alone. */
typedef VOID NTAPI IO_CSQ_INSERT_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef VOID NTAPI IO_CSQ_REMOVE_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef PIRP NTAPI IO_CSQ_PEEK_NEXT_IRP(struct _IO_CSQ *Csq, PIRP Irp, PVOID PeekContext);
typedef VOID NTAPI IO_CSQ_ACQUIRE_LOCK(struct _IO_CSQ *Csq, PKIRQL Irql);
typedef VOID NTAPI IO_CSQ_RELEASE_LOCK(struct _IO_CSQ *Csq, KIRQL Irql);
typedef VOID NTAPI IO_CSQ_COMPLETE_CANCELED_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef NTSTATUS NTAPI RTL_QUERY_REGISTRY_ROUTINE(
    PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength, PVOID Context,
    PVOID EntryContext);
typedef PVOID NTAPI ALLOCATE_FUNCTION(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
typedef VOID NTAPI FREE_FUNCTION(PVOID Buffer);

/* Annotations for Microsoft's static analysis that MinGW's driverspecs.h lacks. */
#define _Dispatch_type_(Function)
#define _IRQL_saves_global_(Kind, Parameter)
#define _IRQL_restores_global_(Kind, Parameter)
#define _IRQL_uses_cancel_
#define _IRQL_is_cancel_
#define _IRQL_always_function_max_(Irql)
#define _Kernel_clear_do_init_(Condition)
#define _Kernel_requires_resource_held_(Resource)
#define _Kernel_entry_
#define _Interlocked_operand_
#define _Flt_CompletionContext_Outptr_

#ifdef __cplusplus
#define KIT_EXTERN_C_START extern "C" {
#define KIT_EXTERN_C_END }
#else
#define KIT_EXTERN_C_START
#define KIT_EXTERN_C_END
#endif
#ifndef EXTERN_C_START
#define EXTERN_C_START KIT_EXTERN_C_START
#define EXTERN_C_END KIT_EXTERN_C_END
#endif

/* In units of 100 ns, with the resolution of the hardware clock. Any IRQL. */
NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
NTKERNELAPI ULONG64 NTAPI KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp);

#endif /* _WDM_ADDITIONS_H_ */
