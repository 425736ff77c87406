//! The numbers that Driver Verifier has for calls at a wrong IRQL: the first parameters of its bugcheck 0xC4.
//!
//! Source: the page of that bugcheck, and those of the rules of DDI compliance checking. A function that no
//! page names has the host's own number.

use crate::level::Irql;

/// The host's own number for what has none: "DDI".
pub(crate) const UNNUMBERED: u64 = 0x44_4449;

/// A rule of Driver Verifier for the level at which functions are called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelRule {
    /// Its number.
    pub(crate) number: u64,
    /// Its name, if it is one of DDI compliance checking.
    pub(crate) name: Option<&'static str>,
    /// The highest level that it allows, or the lowest one.
    limit: Irql,
    functions: &'static [&'static str],
}

/// The rule that a call of `function` at `level` breaks because the level is too high.
pub(crate) fn above(function: &str, level: Irql) -> Option<LevelRule> {
    let rules = NUMBERED.iter().chain(&COMPLIANCE);
    let mut of_function = rules.filter(|rule| rule.functions.contains(&function));
    let found = of_function.find(|rule| level > rule.limit).copied();
    found.or_else(|| function.starts_with("Zw").then_some(SYSTEM_SERVICE))
}

/// The rule that a call of `function` breaks because the level is too low.
pub(crate) fn below(function: &str) -> Option<LevelRule> {
    let is_its = IRQL_DISPATCH.functions.contains(&function);
    is_its.then_some(IRQL_DISPATCH)
}

const fn numbered(number: u64, limit: Irql, functions: &'static [&'static str]) -> LevelRule {
    LevelRule {
        number,
        name: None,
        limit,
        functions,
    }
}

const fn compliance(
    number: u64,
    name: &'static str,
    limit: Irql,
    functions: &'static [&'static str],
) -> LevelRule {
    LevelRule {
        number,
        name: Some(name),
        limit,
        functions,
    }
}

/// For a system service that has no rule.
const SYSTEM_SERVICE: LevelRule = numbered(0xE6, Irql::PASSIVE, &[]);

/// The functions that have numbers of their own.
const NUMBERED: [LevelRule; 10] = [
    numbered(0x33, Irql::APC, &["ExAcquireFastMutex"]),
    numbered(0x34, Irql::APC, &["ExReleaseFastMutex"]),
    numbered(0x42, Irql::DISPATCH, &["KeAcquireSpinLock"]),
    numbered(0x70, Irql::DISPATCH, &["MmProbeAndLockPages"]),
    numbered(0x76, Irql::DISPATCH, &["MmMapLockedPagesSpecifyCache"]),
    numbered(0x78, Irql::DISPATCH, &["MmUnlockPages"]),
    numbered(0x79, Irql::DISPATCH, &["MmUnmapLockedPages"]),
    numbered(0x80, Irql::DISPATCH, &["KeSetEvent"]),
    numbered(0x11A, Irql::APC, &["KeEnterCriticalRegion"]),
    numbered(0x11B, Irql::APC, &["KeLeaveCriticalRegion"]),
];

/// Functions that may be called at `DISPATCH_LEVEL` only.
const IRQL_DISPATCH: LevelRule = compliance(
    0x2_0003,
    "IrqlDispatch",
    Irql::DISPATCH,
    &[
        "IoStartNextPacket",
        "IoWriteErrorLogEntry",
        "KeInsertByKeyDeviceQueue",
        "KeInsertDeviceQueue",
        "KeRemoveByKeyDeviceQueue",
        "KeRemoveDeviceQueue",
    ],
);

/// The rules of DDI compliance checking, with the functions that a driver's kernel may have.
const COMPLIANCE: [LevelRule; 19] = [
    compliance(
        0x2_0005,
        "IrqlExApcLte1",
        Irql::APC,
        &["ExTryToAcquireFastMutex"],
    ),
    compliance(
        0x2_0006,
        "IrqlExApcLte2",
        Irql::APC,
        &[
            "CmRegisterCallback",
            "CmRegisterCallbackEx",
            "CmUnRegisterCallback",
            "ExDeletePagedLookasideList",
            "ExInitializePagedLookasideList",
            "ExRegisterCallback",
            "ExSetTimerResolution",
            "ExUnregisterCallback",
            "ProbeForRead",
            "ProbeForWrite",
        ],
    ),
    compliance(
        0x2_0007,
        "IrqlExApcLte3",
        Irql::APC,
        &[
            "ExAcquireResourceExclusiveLite",
            "ExAcquireResourceSharedLite",
            "ExAcquireSharedStarveExclusive",
            "ExAcquireSharedWaitForExclusive",
            "ExConvertExclusiveToSharedLite",
            "ExDeleteResourceLite",
        ],
    ),
    compliance(
        0x2_0008,
        "IrqlExPassive",
        Irql::PASSIVE,
        &["ExCreateCallback", "ExUuidCreate"],
    ),
    compliance(
        0x2_0009,
        "IrqlIoApcLte",
        Irql::APC,
        &["IoDeleteDevice", "IoGetInitialStack"],
    ),
    compliance(
        0x2_000A,
        "IrqlIoPassive1",
        Irql::PASSIVE,
        &[
            "IoAttachDevice",
            "IoBuildDeviceIoControlRequest",
            "IoCreateDevice",
            "IoSetDeviceInterfaceState",
        ],
    ),
    compliance(
        0x2_000B,
        "IrqlIoPassive2",
        Irql::PASSIVE,
        &["IoCheckShareAccess", "IoConnectInterrupt"],
    ),
    compliance(
        0x2_000C,
        "IrqlIoPassive3",
        Irql::PASSIVE,
        &[
            "IoCreateSymbolicLink",
            "IoDetachDevice",
            "IoRegisterDeviceInterface",
        ],
    ),
    compliance(
        0x2_000D,
        "IrqlIoPassive4",
        Irql::PASSIVE,
        &[
            "IoCreateFile",
            "IoCreateNotificationEvent",
            "IoCreateSynchronizationEvent",
            "IoCreateUnprotectedSymbolicLink",
            "IoDeleteSymbolicLink",
            "IoDisconnectInterrupt",
        ],
    ),
    compliance(
        0x2_000E,
        "IrqlIoPassive5",
        Irql::PASSIVE,
        &[
            "IoGetConfigurationInformation",
            "IoGetDeviceObjectPointer",
            "IoGetDmaAdapter",
            "IoInitializeTimer",
            "IoIsWdmVersionAvailable",
            "IoRegisterDriverReinitialization",
            "IoRegisterShutdownNotification",
            "IoRemoveShareAccess",
            "IoSetShareAccess",
            "IoUnregisterShutdownNotification",
            "IoUpdateShareAccess",
            "IoWMIAllocateInstanceIds",
            "IoWMIRegistrationControl",
        ],
    ),
    compliance(
        0x2_000F,
        "IrqlKeApcLte1",
        Irql::APC,
        &[
            "KeAcquireGuardedMutex",
            "KeAcquireGuardedMutexUnsafe",
            "KeDelayExecutionThread",
            "KeQueryActiveProcessors",
            "KeReleaseGuardedMutex",
            "KeReleaseGuardedMutexUnsafe",
            "KeTryToAcquireGuardedMutex",
        ],
    ),
    compliance(
        0x2_0010,
        "IrqlKeApcLte2",
        Irql::APC,
        &["KeEnterGuardedRegion", "KeLeaveGuardedRegion"],
    ),
    compliance(
        0x2_0011,
        "IrqlKeDispatchLte",
        Irql::DISPATCH,
        &[
            "KeCancelTimer",
            "KeClearEvent",
            "KeInitializeDeviceQueue",
            "KeInitializeSemaphore",
            "KeInitializeTimer",
            "KeInitializeTimerEx",
            "KePulseEvent",
            "KeReadStateEvent",
            "KeReadStateTimer",
            "KeReleaseMutex",
            "KeRemoveEntryDeviceQueue",
            "KeResetEvent",
            "KeSetTimer",
            "KeSetTimerEx",
        ],
    ),
    compliance(
        0x2_0019,
        "IrqlMmApcLte",
        Irql::APC,
        &[
            "MmAllocatePagesForMdl",
            "MmAllocatePagesForMdlEx",
            "MmFreePagesFromMdl",
            "MmLockPagableDataSection",
            "MmLockPagableSectionByHandle",
            "MmPageEntireDriver",
            "MmResetDriverPaging",
            "MmSecureVirtualMemory",
            "MmUnlockPagableImageSection",
            "MmUnsecureVirtualMemory",
        ],
    ),
    compliance(
        0x2_001B,
        "IrqlObPassive",
        Irql::PASSIVE,
        &["ObReferenceObjectByHandle"],
    ),
    compliance(
        0x2_001C,
        "IrqlPsPassive",
        Irql::PASSIVE,
        &[
            "PsCreateSystemThread",
            "PsGetVersion",
            "PsSetCreateProcessNotifyRoutine",
            "PsSetCreateThreadNotifyRoutine",
            "PsSetLoadImageNotifyRoutine",
            "PsTerminateSystemThread",
        ],
    ),
    compliance(
        0x2_001F,
        "IrqlZwPassive",
        Irql::PASSIVE,
        &[
            "ZwClose",
            "ZwCreateKey",
            "ZwDeleteKey",
            "ZwEnumerateKey",
            "ZwEnumerateValueKey",
            "ZwFlushKey",
            "ZwOpenKey",
            "ZwQueryKey",
            "ZwQueryValueKey",
            "ZwSetValueKey",
        ],
    ),
    compliance(
        0x2_0023,
        "IrqlIoRtlZwPassive",
        Irql::PASSIVE,
        &[
            "IoOpenDeviceInterfaceRegistryKey",
            "IoOpenDeviceRegistryKey",
            "RtlCreateRegistryKey",
            "RtlWriteRegistryValue",
            "ZwCreateDirectoryObject",
            "ZwCreateFile",
            "ZwDeleteFile",
            "ZwDeleteValueKey",
            "ZwFlushBuffersFile",
            "ZwRenameKey",
            "ZwSetInformationFile",
            "ZwSetInformationKey",
        ],
    ),
    compliance(
        0x2_001E,
        "IrqlRtlPassive",
        Irql::PASSIVE,
        &["RtlDeleteRegistryValue"],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_function_has_one_rule() {
        let rules = NUMBERED.iter().chain(&COMPLIANCE).chain([&IRQL_DISPATCH]);
        let functions: Vec<_> = rules.flat_map(|rule| rule.functions).collect();
        let different: HashSet<_> = functions.iter().collect();
        assert_eq!(functions.len(), different.len());
    }

    #[test]
    fn a_rule_is_broken_above_its_own_limit() {
        let number = |function, level| above(function, level).map(|rule| rule.number);
        assert_eq!(
            number("KeDelayExecutionThread", Irql::DISPATCH),
            Some(0x2_000F)
        );
        // Pageable memory is locked up to APC_LEVEL, which the rule does not say.
        assert_eq!(number("MmProbeAndLockPages", Irql::DISPATCH), None);
        assert_eq!(number("MmProbeAndLockPages", Irql(3)), Some(0x70));
        assert_eq!(number("ZwQueryInformationFile", Irql::APC), Some(0xE6));
        assert_eq!(number("CreateIpForwardEntry2", Irql::DISPATCH), None);
    }
}
