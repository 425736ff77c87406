/*
 * Asserts the framework's enumerators and status values, and the status values of nt-types. This file
 * is compiled and never linked. The numbers come from the public interface, not from the headers
 * under test.
 */

#include <ntifs.h>
#include <wdf.h>

#define VALUE(Name, Number) _Static_assert((Name) == (Number), #Name)
#define STATUS(Name, Number) _Static_assert((Name) == (NTSTATUS) (Number), #Name)

/* WDF_BUGCHECK_CODES */
VALUE(WDF_POWER_ROUTINE_TIMED_OUT, 1);
VALUE(WDF_RECURSIVE_LOCK, 2);
VALUE(WDF_VERIFIER_FATAL_ERROR, 3);
VALUE(WDF_REQUIRED_PARAMETER_IS_NULL, 4);
VALUE(WDF_INVALID_HANDLE, 5);
VALUE(WDF_REQUEST_FATAL_ERROR, 6);
VALUE(WDF_OBJECT_ERROR, 7);
VALUE(WDF_DMA_FATAL_ERROR, 8);
VALUE(WDF_INVALID_INTERRUPT, 9);
VALUE(WDF_QUEUE_FATAL_ERROR, 10);
VALUE(WDF_INVALID_LOCK_OPERATION, 11);
VALUE(WDF_PNP_FATAL_ERROR, 12);
VALUE(WDF_POWER_MULTIPLE_PPO, 13);
VALUE(WDF_VERIFIER_IRQL_MISMATCH, 14);
VALUE(WDF_VERIFIER_CRITICAL_REGION_MISMATCH, 15);
VALUE(WDF_API_UNAVAILABLE, 16);

/* WDF_DEVICE_FAILED_ACTION */
VALUE(WdfDeviceFailedUndefined, 0);
VALUE(WdfDeviceFailedAttemptRestart, 1);
VALUE(WdfDeviceFailedNoRestart, 2);

/* WDF_DEVICE_IO_TYPE */
VALUE(WdfDeviceIoUndefined, 0);
VALUE(WdfDeviceIoNeither, 1);
VALUE(WdfDeviceIoBuffered, 2);
VALUE(WdfDeviceIoDirect, 3);
VALUE(WdfDeviceIoBufferedOrDirect, 4);
VALUE(WdfDeviceIoMaximum, 5);

/* WDF_DEVICE_SHUTDOWN_FLAGS */
VALUE(WdfDeviceShutdown, 1);
VALUE(WdfDeviceLastChanceShutdown, 2);

/* WDF_DRIVER_INIT_FLAGS */
VALUE(WdfDriverInitNonPnpDriver, 1);
VALUE(WdfDriverInitNoDispatchOverride, 2);
VALUE(WdfVerifyOn, 4);
VALUE(WdfVerifierOn, 8);
VALUE(WdfDriverInitCompanion, 16);

/* WDF_EXECUTION_LEVEL */
VALUE(WdfExecutionLevelInvalid, 0);
VALUE(WdfExecutionLevelInheritFromParent, 1);
VALUE(WdfExecutionLevelPassive, 2);
VALUE(WdfExecutionLevelDispatch, 3);

/* WDF_FILEOBJECT_CLASS */
VALUE(WdfFileObjectInvalid, 0);
VALUE(WdfFileObjectNotRequired, 1);
VALUE(WdfFileObjectWdfCanUseFsContext, 2);
VALUE(WdfFileObjectWdfCanUseFsContext2, 3);
VALUE(WdfFileObjectWdfCannotUseFsContexts, 4);
VALUE(WdfFileObjectCanBeOptional, 0x80000000);

/* WDF_IO_FORWARD_PROGRESS_ACTION */
VALUE(WdfIoForwardProgressActionInvalid, 0);
VALUE(WdfIoForwardProgressActionFailRequest, 1);
VALUE(WdfIoForwardProgressActionUseReservedRequest, 2);

/* WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY */
VALUE(WdfIoForwardProgressInvalidPolicy, 0);
VALUE(WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest, 1);
VALUE(WdfIoForwardProgressReservedPolicyUseExamine, 2);
VALUE(WdfIoForwardProgressReservedPolicyPagingIO, 3);

/* WDF_IO_QUEUE_DISPATCH_TYPE */
VALUE(WdfIoQueueDispatchInvalid, 0);
VALUE(WdfIoQueueDispatchSequential, 1);
VALUE(WdfIoQueueDispatchParallel, 2);
VALUE(WdfIoQueueDispatchManual, 3);
VALUE(WdfIoQueueDispatchMax, 4);

/* WDF_IO_QUEUE_STATE */
VALUE(WdfIoQueueAcceptRequests, 1);
VALUE(WdfIoQueueDispatchRequests, 2);
VALUE(WdfIoQueueNoRequests, 4);
VALUE(WdfIoQueueDriverNoRequests, 8);
VALUE(WdfIoQueuePnpHeld, 16);

/* WDF_POWER_DEVICE_STATE */
VALUE(WdfPowerDeviceInvalid, 0);
VALUE(WdfPowerDeviceD0, 1);
VALUE(WdfPowerDeviceD1, 2);
VALUE(WdfPowerDeviceD2, 3);
VALUE(WdfPowerDeviceD3, 4);
VALUE(WdfPowerDeviceD3Final, 5);
VALUE(WdfPowerDevicePrepareForHibernation, 6);
VALUE(WdfPowerDeviceMaximum, 7);

/* WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE */
VALUE(WdfReleaseHardwareOrderOnFailureInvalid, 0);
VALUE(WdfReleaseHardwareOrderOnFailureEarly, 1);
VALUE(WdfReleaseHardwareOrderOnFailureAfterDescendants, 2);

/* WDF_REMOVE_LOCK_OPTIONS_FLAGS */
VALUE(WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO, 1);

/* WDF_REQUEST_FATAL_ERROR_CODES */
VALUE(WDF_REQUEST_FATAL_ERROR_NO_MORE_STACK_LOCATIONS, 1);
VALUE(WDF_REQUEST_FATAL_ERROR_NULL_IRP, 2);
VALUE(WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT, 3);
VALUE(WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH, 4);
VALUE(WDF_REQUEST_FATAL_ERROR_REQUEST_NOT_IN_QUEUE, 5);

/* WDF_REQUEST_FORWARD_OPTIONS_FLAGS */
VALUE(WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET, 1);

/* WDF_REQUEST_STOP_ACTION_FLAGS */
VALUE(WdfRequestStopActionInvalid, 0);
VALUE(WdfRequestStopActionSuspend, 1);
VALUE(WdfRequestStopActionPurge, 2);
VALUE(WdfRequestStopRequestCancelable, 0x10000000);

/* WDF_REQUEST_TYPE */
VALUE(WdfRequestTypeCreate, 0);
VALUE(WdfRequestTypeCreateNamedPipe, 1);
VALUE(WdfRequestTypeClose, 2);
VALUE(WdfRequestTypeRead, 3);
VALUE(WdfRequestTypeWrite, 4);
VALUE(WdfRequestTypeQueryInformation, 5);
VALUE(WdfRequestTypeSetInformation, 6);
VALUE(WdfRequestTypeQueryEA, 7);
VALUE(WdfRequestTypeSetEA, 8);
VALUE(WdfRequestTypeFlushBuffers, 9);
VALUE(WdfRequestTypeQueryVolumeInformation, 10);
VALUE(WdfRequestTypeSetVolumeInformation, 11);
VALUE(WdfRequestTypeDirectoryControl, 12);
VALUE(WdfRequestTypeFileSystemControl, 13);
VALUE(WdfRequestTypeDeviceControl, 14);
VALUE(WdfRequestTypeDeviceControlInternal, 15);
VALUE(WdfRequestTypeShutdown, 16);
VALUE(WdfRequestTypeLockControl, 17);
VALUE(WdfRequestTypeCleanup, 18);
VALUE(WdfRequestTypeCreateMailSlot, 19);
VALUE(WdfRequestTypeQuerySecurity, 20);
VALUE(WdfRequestTypeSetSecurity, 21);
VALUE(WdfRequestTypePower, 22);
VALUE(WdfRequestTypeSystemControl, 23);
VALUE(WdfRequestTypeDeviceChange, 24);
VALUE(WdfRequestTypeQueryQuota, 25);
VALUE(WdfRequestTypeSetQuota, 26);
VALUE(WdfRequestTypePnp, 27);
VALUE(WdfRequestTypeOther, 28);
VALUE(WdfRequestTypeUsb, 64);
VALUE(WdfRequestTypeNoFormat, 255);
VALUE(WdfRequestTypeMax, 256);

/* WDF_SPECIAL_FILE_TYPE */
VALUE(WdfSpecialFileUndefined, 0);
VALUE(WdfSpecialFilePaging, 1);
VALUE(WdfSpecialFileHibernation, 2);
VALUE(WdfSpecialFileDump, 3);
VALUE(WdfSpecialFileBoot, 4);

/* WDF_SYNCHRONIZATION_SCOPE */
VALUE(WdfSynchronizationScopeInvalid, 0);
VALUE(WdfSynchronizationScopeInheritFromParent, 1);
VALUE(WdfSynchronizationScopeDevice, 2);
VALUE(WdfSynchronizationScopeQueue, 3);
VALUE(WdfSynchronizationScopeNone, 4);

/* WDF_TRI_STATE */
VALUE(WdfFalse, 0);
VALUE(WdfTrue, 1);
VALUE(WdfUseDefault, 2);

/* WDFFUNCENUM */
VALUE(WdfCollectionCreateTableIndex, 13);
VALUE(WdfCollectionGetCountTableIndex, 14);
VALUE(WdfCollectionAddTableIndex, 15);
VALUE(WdfCollectionRemoveTableIndex, 16);
VALUE(WdfCollectionGetItemTableIndex, 18);
VALUE(WdfControlDeviceInitAllocateTableIndex, 25);
VALUE(WdfControlDeviceInitSetShutdownNotificationTableIndex, 26);
VALUE(WdfControlFinishInitializingTableIndex, 27);
VALUE(WdfDeviceSetDeviceStateTableIndex, 29);
VALUE(WdfDeviceWdmGetDeviceObjectTableIndex, 31);
VALUE(WdfDeviceWdmGetAttachedDeviceTableIndex, 32);
VALUE(WdfDeviceWdmGetPhysicalDeviceTableIndex, 33);
VALUE(WdfDeviceWdmDispatchPreprocessedIrpTableIndex, 34);
VALUE(WdfDeviceGetDriverTableIndex, 39);
VALUE(WdfDeviceGetIoTargetTableIndex, 42);
VALUE(WdfDeviceOpenRegistryKeyTableIndex, 48);
VALUE(WdfDeviceInitFreeTableIndex, 54);
VALUE(WdfDeviceInitSetPnpPowerEventCallbacksTableIndex, 55);
VALUE(WdfDeviceInitSetIoTypeTableIndex, 61);
VALUE(WdfDeviceInitSetExclusiveTableIndex, 62);
VALUE(WdfDeviceInitSetDeviceTypeTableIndex, 66);
VALUE(WdfDeviceInitAssignNameTableIndex, 67);
VALUE(WdfDeviceInitAssignSDDLStringTableIndex, 68);
VALUE(WdfDeviceInitSetDeviceClassTableIndex, 69);
VALUE(WdfDeviceInitSetCharacteristicsTableIndex, 70);
VALUE(WdfDeviceInitSetFileObjectConfigTableIndex, 71);
VALUE(WdfDeviceInitSetRequestAttributesTableIndex, 72);
VALUE(WdfDeviceInitAssignWdmIrpPreprocessCallbackTableIndex, 73);
VALUE(WdfDeviceInitSetIoInCallerContextCallbackTableIndex, 74);
VALUE(WdfDeviceCreateTableIndex, 75);
VALUE(WdfDeviceSetStaticStopRemoveTableIndex, 76);
VALUE(WdfDeviceCreateDeviceInterfaceTableIndex, 77);
VALUE(WdfDeviceSetDeviceInterfaceStateTableIndex, 78);
VALUE(WdfDeviceRetrieveDeviceInterfaceStringTableIndex, 79);
VALUE(WdfDeviceCreateSymbolicLinkTableIndex, 80);
VALUE(WdfDeviceSetPnpCapabilitiesTableIndex, 83);
VALUE(WdfDeviceSetFailedTableIndex, 87);
VALUE(WdfDeviceGetFileObjectTableIndex, 90);
VALUE(WdfDeviceEnqueueRequestTableIndex, 91);
VALUE(WdfDeviceGetDefaultQueueTableIndex, 92);
VALUE(WdfDeviceConfigureRequestDispatchingTableIndex, 93);
VALUE(WdfDpcCreateTableIndex, 111);
VALUE(WdfDpcEnqueueTableIndex, 112);
VALUE(WdfDpcCancelTableIndex, 113);
VALUE(WdfDpcGetParentObjectTableIndex, 114);
VALUE(WdfDriverCreateTableIndex, 116);
VALUE(WdfDriverGetRegistryPathTableIndex, 117);
VALUE(WdfDriverWdmGetDriverObjectTableIndex, 118);
VALUE(WdfDriverOpenParametersRegistryKeyTableIndex, 119);
VALUE(WdfWdmDriverGetWdfDriverHandleTableIndex, 120);
VALUE(WdfDriverRegisterTraceInfoTableIndex, 121);
VALUE(WdfDriverRetrieveVersionStringTableIndex, 122);
VALUE(WdfDriverIsVersionAvailableTableIndex, 123);
VALUE(WdfFileObjectGetFileNameTableIndex, 137);
VALUE(WdfFileObjectGetFlagsTableIndex, 138);
VALUE(WdfFileObjectGetDeviceTableIndex, 139);
VALUE(WdfFileObjectWdmGetFileObjectTableIndex, 140);
VALUE(WdfIoQueueCreateTableIndex, 152);
VALUE(WdfIoQueueGetStateTableIndex, 153);
VALUE(WdfIoQueueStartTableIndex, 154);
VALUE(WdfIoQueueStopTableIndex, 155);
VALUE(WdfIoQueueStopSynchronouslyTableIndex, 156);
VALUE(WdfIoQueueGetDeviceTableIndex, 157);
VALUE(WdfIoQueueRetrieveNextRequestTableIndex, 158);
VALUE(WdfIoQueueRetrieveRequestByFileObjectTableIndex, 159);
VALUE(WdfIoQueueFindRequestTableIndex, 160);
VALUE(WdfIoQueueRetrieveFoundRequestTableIndex, 161);
VALUE(WdfIoQueueDrainSynchronouslyTableIndex, 162);
VALUE(WdfIoQueueDrainTableIndex, 163);
VALUE(WdfIoQueuePurgeSynchronouslyTableIndex, 164);
VALUE(WdfIoQueuePurgeTableIndex, 165);
VALUE(WdfIoQueueReadyNotifyTableIndex, 166);
VALUE(WdfMemoryCreateTableIndex, 192);
VALUE(WdfMemoryCreatePreallocatedTableIndex, 193);
VALUE(WdfMemoryGetBufferTableIndex, 194);
VALUE(WdfMemoryAssignBufferTableIndex, 195);
VALUE(WdfMemoryCopyToBufferTableIndex, 196);
VALUE(WdfMemoryCopyFromBufferTableIndex, 197);
VALUE(WdfLookasideListCreateTableIndex, 198);
VALUE(WdfMemoryCreateFromLookasideTableIndex, 199);
VALUE(WdfDeviceMiniportCreateTableIndex, 200);
VALUE(WdfDriverMiniportUnloadTableIndex, 201);
VALUE(WdfObjectGetTypedContextWorkerTableIndex, 202);
VALUE(WdfObjectAllocateContextTableIndex, 203);
VALUE(WdfObjectContextGetObjectTableIndex, 204);
VALUE(WdfObjectReferenceActualTableIndex, 205);
VALUE(WdfObjectDereferenceActualTableIndex, 206);
VALUE(WdfObjectCreateTableIndex, 207);
VALUE(WdfObjectDeleteTableIndex, 208);
VALUE(WdfObjectQueryTableIndex, 209);
VALUE(WdfRegistryOpenKeyTableIndex, 229);
VALUE(WdfRegistryCreateKeyTableIndex, 230);
VALUE(WdfRegistryCloseTableIndex, 231);
VALUE(WdfRegistryWdmGetHandleTableIndex, 232);
VALUE(WdfRegistryQueryValueTableIndex, 235);
VALUE(WdfRegistryQueryMemoryTableIndex, 236);
VALUE(WdfRegistryQueryMultiStringTableIndex, 237);
VALUE(WdfRegistryQueryUnicodeStringTableIndex, 238);
VALUE(WdfRegistryQueryStringTableIndex, 239);
VALUE(WdfRegistryQueryULongTableIndex, 240);
VALUE(WdfRegistryAssignValueTableIndex, 241);
VALUE(WdfRegistryAssignULongTableIndex, 246);
VALUE(WdfRequestGetStatusTableIndex, 254);
VALUE(WdfRequestMarkCancelableTableIndex, 255);
VALUE(WdfRequestUnmarkCancelableTableIndex, 256);
VALUE(WdfRequestIsCanceledTableIndex, 257);
VALUE(WdfRequestCompleteTableIndex, 263);
VALUE(WdfRequestCompleteWithPriorityBoostTableIndex, 264);
VALUE(WdfRequestCompleteWithInformationTableIndex, 265);
VALUE(WdfRequestGetParametersTableIndex, 266);
VALUE(WdfRequestRetrieveInputMemoryTableIndex, 267);
VALUE(WdfRequestRetrieveOutputMemoryTableIndex, 268);
VALUE(WdfRequestRetrieveInputBufferTableIndex, 269);
VALUE(WdfRequestRetrieveOutputBufferTableIndex, 270);
VALUE(WdfRequestRetrieveUnsafeUserInputBufferTableIndex, 273);
VALUE(WdfRequestRetrieveUnsafeUserOutputBufferTableIndex, 274);
VALUE(WdfRequestSetInformationTableIndex, 275);
VALUE(WdfRequestGetInformationTableIndex, 276);
VALUE(WdfRequestGetFileObjectTableIndex, 277);
VALUE(WdfRequestGetRequestorModeTableIndex, 280);
VALUE(WdfRequestForwardToIoQueueTableIndex, 281);
VALUE(WdfRequestGetIoQueueTableIndex, 282);
VALUE(WdfRequestRequeueTableIndex, 283);
VALUE(WdfRequestStopAcknowledgeTableIndex, 284);
VALUE(WdfRequestWdmGetIrpTableIndex, 285);
VALUE(WdfStringCreateTableIndex, 308);
VALUE(WdfStringGetUnicodeStringTableIndex, 309);
VALUE(WdfObjectAcquireLockTableIndex, 310);
VALUE(WdfObjectReleaseLockTableIndex, 311);
VALUE(WdfWaitLockCreateTableIndex, 312);
VALUE(WdfWaitLockAcquireTableIndex, 313);
VALUE(WdfWaitLockReleaseTableIndex, 314);
VALUE(WdfSpinLockCreateTableIndex, 315);
VALUE(WdfSpinLockAcquireTableIndex, 316);
VALUE(WdfSpinLockReleaseTableIndex, 317);
VALUE(WdfTimerCreateTableIndex, 318);
VALUE(WdfTimerStartTableIndex, 319);
VALUE(WdfTimerStopTableIndex, 320);
VALUE(WdfTimerGetParentObjectTableIndex, 321);
VALUE(WdfVerifierDbgBreakPointTableIndex, 367);
VALUE(WdfVerifierKeBugCheckTableIndex, 368);
VALUE(WdfWorkItemCreateTableIndex, 379);
VALUE(WdfWorkItemEnqueueTableIndex, 380);
VALUE(WdfWorkItemGetParentObjectTableIndex, 381);
VALUE(WdfWorkItemFlushTableIndex, 382);
VALUE(WdfIoQueueAssignForwardProgressPolicyTableIndex, 390);
VALUE(WdfRequestMarkCancelableExTableIndex, 393);
VALUE(WdfRequestIsReservedTableIndex, 394);
VALUE(WdfDeviceInitSetRemoveLockOptionsTableIndex, 403);
VALUE(WdfIoQueueStopAndPurgeTableIndex, 418);
VALUE(WdfIoQueueStopAndPurgeSynchronouslyTableIndex, 419);
VALUE(WdfGetTriageInfoTableIndex, 431);
VALUE(WdfDeviceInitSetIoTypeExTableIndex, 432);
VALUE(WdfDeviceQueryPropertyExTableIndex, 433);
VALUE(WdfDeviceAllocAndQueryPropertyExTableIndex, 434);
VALUE(WdfDeviceAssignPropertyTableIndex, 435);
VALUE(WdfFdoInitQueryPropertyExTableIndex, 436);
VALUE(WdfFdoInitAllocAndQueryPropertyExTableIndex, 437);
VALUE(WdfDmaTransactionSetSingleTransferRequirementTableIndex, 444);
VALUE(WdfCxDeviceInitSetPnpPowerEventCallbacksTableIndex, 445);
VALUE(WdfFileObjectGetInitiatorProcessIdTableIndex, 446);
VALUE(WdfRequestGetRequestorProcessIdTableIndex, 447);
VALUE(WdfDeviceRetrieveCompanionTargetTableIndex, 448);
VALUE(WdfCompanionTargetSendTaskSynchronouslyTableIndex, 449);
VALUE(WdfCompanionTargetWdmGetCompanionProcessTableIndex, 450);
VALUE(WdfDriverOpenPersistentStateRegistryKeyTableIndex, 451);
VALUE(WdfDriverErrorReportApiMissingTableIndex, 452);
VALUE(WdfPdoInitRemovePowerDependencyOnParentTableIndex, 453);
VALUE(WdfCxDeviceInitAllocateContextTableIndex, 454);
VALUE(WdfCxDeviceInitGetTypedContextWorkerTableIndex, 455);
VALUE(WdfCxDeviceInitSetPowerPolicyEventCallbacksTableIndex, 456);
VALUE(WdfDeviceSetDeviceInterfaceStateExTableIndex, 457);
VALUE(WdfFunctionTableNumEntries, 458);

/* The framework's status values. */
STATUS(STATUS_WDF_QUEUED, 0x40200000);
STATUS(STATUS_WDF_POSTED, 0x40200002);
STATUS(STATUS_WDF_NO_PACKAGE, 0xC0200200);
STATUS(STATUS_WDF_INTERNAL_ERROR, 0xC0200201);
STATUS(STATUS_WDF_PAUSED, 0xC0200203);
STATUS(STATUS_WDF_BUSY, 0xC0200204);
STATUS(STATUS_WDF_IO_TIMEOUT_NOT_SENT, 0xC0200205);
STATUS(STATUS_WDF_DEVICE_REMOVED_NOT_SENT, 0xC0200206);
STATUS(STATUS_WDF_REQUEST_ALREADY_PENDING, 0xC0200207);
STATUS(STATUS_WDF_REQUEST_INVALID_STATE, 0xC0200208);
STATUS(STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, 0xC0200209);
STATUS(STATUS_WDF_TOO_FRAGMENTED, 0xC020020A);
STATUS(STATUS_WDF_NO_CALLBACK, 0xC020020B);
STATUS(STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL, 0xC020020C);
STATUS(STATUS_WDF_PARENT_ALREADY_ASSIGNED, 0xC020020D);
STATUS(STATUS_WDF_PARENT_IS_SELF, 0xC020020E);
STATUS(STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, 0xC020020F);
STATUS(STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID, 0xC0200210);
STATUS(STATUS_WDF_EXECUTION_LEVEL_INVALID, 0xC0200211);
STATUS(STATUS_WDF_PARENT_NOT_SPECIFIED, 0xC0200212);
STATUS(STATUS_WDF_TOO_MANY_TRANSFERS, 0xC0200213);
STATUS(STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS, 0xC0200214);

/* The status values of nt-types. */
STATUS(STATUS_SUCCESS, 0x00000000);
STATUS(STATUS_PENDING, 0x00000103);
STATUS(STATUS_UNSUCCESSFUL, 0xC0000001);
STATUS(STATUS_INVALID_HANDLE, 0xC0000008);
STATUS(STATUS_INVALID_PARAMETER, 0xC000000D);
STATUS(STATUS_INVALID_DEVICE_REQUEST, 0xC0000010);
STATUS(STATUS_NO_MEMORY, 0xC0000017);
STATUS(STATUS_ACCESS_DENIED, 0xC0000022);
STATUS(STATUS_BUFFER_TOO_SMALL, 0xC0000023);
STATUS(STATUS_OBJECT_NAME_NOT_FOUND, 0xC0000034);
STATUS(STATUS_OBJECT_NAME_COLLISION, 0xC0000035);
STATUS(STATUS_OBJECT_NAME_INVALID, 0xC0000033);
STATUS(STATUS_SHARING_VIOLATION, 0xC0000043);
STATUS(STATUS_QUOTA_EXCEEDED, 0xC0000044);
STATUS(STATUS_REVISION_MISMATCH, 0xC0000059);
STATUS(STATUS_INSUFFICIENT_RESOURCES, 0xC000009A);
STATUS(STATUS_NOT_SUPPORTED, 0xC00000BB);
STATUS(STATUS_INVALID_USER_BUFFER, 0xC00000E8);
STATUS(STATUS_CANCELLED, 0xC0000120);
STATUS(STATUS_INVALID_DEVICE_STATE, 0xC0000184);
STATUS(STATUS_INVALID_BUFFER_SIZE, 0xC0000206);
STATUS(STATUS_NOT_FOUND, 0xC0000225);
STATUS(STATUS_DUPLICATE_OBJECTID, 0xC000022A);
STATUS(STATUS_OBJECTID_EXISTS, 0xC000022B);
STATUS(STATUS_NETWORK_UNREACHABLE, 0xC000023C);
STATUS(STATUS_HOST_UNREACHABLE, 0xC000023D);
STATUS(STATUS_REQUEST_OUT_OF_SEQUENCE, 0xC000042A);

/* WDF_POWER_POLICY_S0_IDLE_CAPABILITIES */
VALUE(IdleCapsInvalid, 0);
VALUE(IdleCannotWakeFromS0, 1);
VALUE(IdleCanWakeFromS0, 2);
VALUE(IdleUsbSelectiveSuspend, 3);

/* WDF_POWER_POLICY_S0_IDLE_USER_CONTROL */
VALUE(IdleUserControlInvalid, 0);
VALUE(IdleDoNotAllowUserControl, 1);
VALUE(IdleAllowUserControl, 2);

/* WDF_POWER_POLICY_SX_WAKE_USER_CONTROL */
VALUE(WakeUserControlInvalid, 0);
VALUE(WakeDoNotAllowUserControl, 1);
VALUE(WakeAllowUserControl, 2);

/* WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE */
VALUE(DriverManagedIdleTimeout, 0);
VALUE(SystemManagedIdleTimeout, 1);
VALUE(SystemManagedIdleTimeoutWithHint, 2);

/* WDF_MEMORY_DESCRIPTOR_TYPE */
VALUE(WdfMemoryDescriptorTypeInvalid, 0);
VALUE(WdfMemoryDescriptorTypeBuffer, 1);
VALUE(WdfMemoryDescriptorTypeMdl, 2);
VALUE(WdfMemoryDescriptorTypeHandle, 3);

/* WDF_REQUEST_REUSE_FLAGS */
VALUE(WDF_REQUEST_REUSE_NO_FLAGS, 0);
VALUE(WDF_REQUEST_REUSE_SET_NEW_IRP, 1);

/* WDF_REQUEST_SEND_OPTIONS_FLAGS */
VALUE(WDF_REQUEST_SEND_OPTION_TIMEOUT, 0x00000001);
VALUE(WDF_REQUEST_SEND_OPTION_SYNCHRONOUS, 0x00000002);
VALUE(WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE, 0x00000004);
VALUE(WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET, 0x00000008);
VALUE(WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT, 0x00010000);
VALUE(WDF_REQUEST_SEND_OPTION_IMPERSONATION_IGNORE_FAILURE, 0x00020000);

/* WDF_IO_TARGET_STATE */
VALUE(WdfIoTargetStateUndefined, 0);
VALUE(WdfIoTargetStarted, 1);
VALUE(WdfIoTargetStopped, 2);
VALUE(WdfIoTargetClosedForQueryRemove, 3);
VALUE(WdfIoTargetClosed, 4);
VALUE(WdfIoTargetDeleted, 5);
VALUE(WdfIoTargetPurged, 6);

/* WDF_IO_TARGET_OPEN_TYPE */
VALUE(WdfIoTargetOpenUndefined, 0);
VALUE(WdfIoTargetOpenUseExistingDevice, 1);
VALUE(WdfIoTargetOpenByName, 2);
VALUE(WdfIoTargetOpenReopen, 3);
VALUE(WdfIoTargetOpenLocalTargetByFile, 4);

/* WDF_IO_TARGET_SENT_IO_ACTION */
VALUE(WdfIoTargetSentIoUndefined, 0);
VALUE(WdfIoTargetCancelSentIo, 1);
VALUE(WdfIoTargetWaitForSentIoToComplete, 2);
VALUE(WdfIoTargetLeaveSentIoPending, 3);

/* WDF_IO_TARGET_PURGE_IO_ACTION */
VALUE(WdfIoTargetPurgeIoUndefined, 0);
VALUE(WdfIoTargetPurgeIoAndWait, 1);
VALUE(WdfIoTargetPurgeIo, 2);

/* WDF_WMI_PROVIDER_CONTROL */
VALUE(WdfWmiControlInvalid, 0);
VALUE(WdfWmiEventControl, 1);
VALUE(WdfWmiInstanceControl, 2);

/* WDF_WMI_PROVIDER_FLAGS */
VALUE(WdfWmiProviderEventOnly, 1);
VALUE(WdfWmiProviderExpensive, 2);
VALUE(WdfWmiProviderTracing, 4);
VALUE(WdfWmiProviderValidFlags, 7);

/* WDFFUNCENUM */
VALUE(WdfWdmDeviceGetWdfDeviceHandleTableIndex, 30);
VALUE(WdfDeviceAssignMofResourceNameTableIndex, 41);
VALUE(WdfDeviceAssignS0IdleSettingsTableIndex, 46);
VALUE(WdfDeviceAssignSxWakeSettingsTableIndex, 47);
VALUE(WdfDeviceInitSetPowerPolicyEventCallbacksTableIndex, 56);
VALUE(WdfDeviceInitSetPowerPolicyOwnershipTableIndex, 57);
VALUE(WdfDeviceQueryPropertyTableIndex, 81);
VALUE(WdfDeviceAllocAndQueryPropertyTableIndex, 82);
VALUE(WdfFdoInitWdmGetPhysicalDeviceTableIndex, 124);
VALUE(WdfFdoInitOpenRegistryKeyTableIndex, 125);
VALUE(WdfFdoInitQueryPropertyTableIndex, 126);
VALUE(WdfFdoInitAllocAndQueryPropertyTableIndex, 127);
VALUE(WdfFdoInitSetEventCallbacksTableIndex, 128);
VALUE(WdfFdoInitSetFilterTableIndex, 129);
VALUE(WdfFdoQueryForInterfaceTableIndex, 131);
VALUE(WdfIoTargetCreateTableIndex, 167);
VALUE(WdfIoTargetOpenTableIndex, 168);
VALUE(WdfIoTargetCloseForQueryRemoveTableIndex, 169);
VALUE(WdfIoTargetCloseTableIndex, 170);
VALUE(WdfIoTargetStartTableIndex, 171);
VALUE(WdfIoTargetStopTableIndex, 172);
VALUE(WdfIoTargetGetStateTableIndex, 173);
VALUE(WdfIoTargetGetDeviceTableIndex, 174);
VALUE(WdfIoTargetQueryTargetPropertyTableIndex, 175);
VALUE(WdfIoTargetQueryForInterfaceTableIndex, 177);
VALUE(WdfIoTargetWdmGetTargetDeviceObjectTableIndex, 178);
VALUE(WdfIoTargetWdmGetTargetPhysicalDeviceTableIndex, 179);
VALUE(WdfIoTargetWdmGetTargetFileObjectTableIndex, 180);
VALUE(WdfIoTargetWdmGetTargetFileHandleTableIndex, 181);
VALUE(WdfIoTargetSendReadSynchronouslyTableIndex, 182);
VALUE(WdfIoTargetFormatRequestForReadTableIndex, 183);
VALUE(WdfIoTargetSendWriteSynchronouslyTableIndex, 184);
VALUE(WdfIoTargetFormatRequestForWriteTableIndex, 185);
VALUE(WdfIoTargetSendIoctlSynchronouslyTableIndex, 186);
VALUE(WdfIoTargetFormatRequestForIoctlTableIndex, 187);
VALUE(WdfIoTargetSendInternalIoctlSynchronouslyTableIndex, 188);
VALUE(WdfIoTargetFormatRequestForInternalIoctlTableIndex, 189);
VALUE(WdfIoTargetSendInternalIoctlOthersSynchronouslyTableIndex, 190);
VALUE(WdfIoTargetFormatRequestForInternalIoctlOthersTableIndex, 191);
VALUE(WdfDeviceAddQueryInterfaceTableIndex, 228);
VALUE(WdfRequestCreateTableIndex, 247);
VALUE(WdfRequestCreateFromIrpTableIndex, 248);
VALUE(WdfRequestReuseTableIndex, 249);
VALUE(WdfRequestChangeTargetTableIndex, 250);
VALUE(WdfRequestFormatRequestUsingCurrentTypeTableIndex, 251);
VALUE(WdfRequestWdmFormatUsingStackLocationTableIndex, 252);
VALUE(WdfRequestSendTableIndex, 253);
VALUE(WdfRequestCancelSentRequestTableIndex, 258);
VALUE(WdfRequestIsFrom32BitProcessTableIndex, 259);
VALUE(WdfRequestSetCompletionRoutineTableIndex, 260);
VALUE(WdfRequestGetCompletionParamsTableIndex, 261);
VALUE(WdfRequestAllocateTimerTableIndex, 262);
VALUE(WdfRequestRetrieveInputWdmMdlTableIndex, 271);
VALUE(WdfRequestRetrieveOutputWdmMdlTableIndex, 272);
VALUE(WdfRequestProbeAndLockUserBufferForReadTableIndex, 278);
VALUE(WdfRequestProbeAndLockUserBufferForWriteTableIndex, 279);
VALUE(WdfCmResourceListAppendDescriptorTableIndex, 302);
VALUE(WdfCmResourceListInsertDescriptorTableIndex, 303);
VALUE(WdfCmResourceListGetCountTableIndex, 304);
VALUE(WdfCmResourceListGetDescriptorTableIndex, 305);
VALUE(WdfCmResourceListRemoveTableIndex, 306);
VALUE(WdfCmResourceListRemoveByDescriptorTableIndex, 307);
VALUE(WdfWmiProviderCreateTableIndex, 369);
VALUE(WdfWmiInstanceCreateTableIndex, 373);
VALUE(WdfWmiInstanceRegisterTableIndex, 374);
VALUE(WdfWmiInstanceDeregisterTableIndex, 375);
VALUE(WdfWmiInstanceGetDeviceTableIndex, 376);
VALUE(WdfWmiInstanceFireEventTableIndex, 378);
VALUE(WdfIoTargetPurgeTableIndex, 420);

/* EXCEPTION_DISPOSITION */
VALUE(ExceptionContinueExecution, 0);
VALUE(ExceptionContinueSearch, 1);
VALUE(ExceptionNestedException, 2);
VALUE(ExceptionCollidedUnwind, 3);

/* RTL_QUERY_REGISTRY_TABLE */
VALUE(RTL_QUERY_REGISTRY_TYPECHECK, 0x100);
VALUE(RTL_QUERY_REGISTRY_TYPECHECK_SHIFT, 24);
VALUE(RTL_QUERY_REGISTRY_TYPECHECK_MASK, 0xff000000);

/* Rights to a block of WMI */
VALUE(WMIGUID_QUERY, 1);
VALUE(WMIGUID_SET, 2);
VALUE(WMIGUID_NOTIFICATION, 4);
VALUE(WMIGUID_READ_DESCRIPTION, 8);
VALUE(WMIGUID_EXECUTE, 16);
