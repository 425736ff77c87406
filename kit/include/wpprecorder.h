/*
 * The Inflight Trace Recorder: it records nothing, as the trace headers of this kit trace nothing. A log can be
 * created and deleted, and is always the same one.
 */

#ifndef _WPPRECORDER_H_
#define _WPPRECORDER_H_

#define RECORDER_LOG_IDENTIFIER_MAX_CHARS 16

DECLARE_HANDLE(RECORDER_LOG);
typedef RECORDER_LOG *PRECORDER_LOG;

/* Whether entries have a time; by default the INF file says so. */
typedef enum WPP_RECORDER_TRI_STATE {
    WppRecorderDefault,
    WppRecorderTrue,
    WppRecorderFalse
} WPP_RECORDER_TRI_STATE;

/* The default log. */
typedef struct _RECORDER_CONFIGURE_PARAMS {
    ULONG Size;
    BOOLEAN CreateDefaultLog;
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_CONFIGURE_PARAMS, *PRECORDER_CONFIGURE_PARAMS;

/* A log of the driver's own: its sizes are in bytes. */
typedef struct _RECORDER_LOG_CREATE_PARAMS {
    ULONG Size;
    ULONG LogTag;
    ULONG TotalBufferSize;
    ULONG ErrorPartitionSize;
    ULONG_PTR LogIdentifierAppendValue;
    BOOLEAN LogIdentifierAppendValueSet;
    ULONG LogIdentifierSize;
    CHAR LogIdentifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_LOG_CREATE_PARAMS, *PRECORDER_LOG_CREATE_PARAMS;

FORCEINLINE VOID RECORDER_CONFIGURE_PARAMS_INIT(PRECORDER_CONFIGURE_PARAMS Params)
{
    RtlZeroMemory(Params, sizeof(*Params));
    Params->Size = sizeof(*Params);
    Params->CreateDefaultLog = TRUE;
}

FORCEINLINE VOID RECORDER_LOG_CREATE_PARAMS_INIT(PRECORDER_LOG_CREATE_PARAMS Params,
                                                 PCSTR LogIdentifier)
{
    ULONG length = 0;

    RtlZeroMemory(Params, sizeof(*Params));
    Params->Size = sizeof(*Params);
    Params->LogIdentifierSize = sizeof(Params->LogIdentifier);
    while (LogIdentifier != NULL && LogIdentifier[length] != '\0'
           && length < RECORDER_LOG_IDENTIFIER_MAX_CHARS - 1) {
        Params->LogIdentifier[length] = LogIdentifier[length];
        length++;
    }
}

FORCEINLINE VOID RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(
    PRECORDER_LOG_CREATE_PARAMS Params, PCSTR LogIdentifier, PVOID LogIdentifierAppendPointer)
{
    RECORDER_LOG_CREATE_PARAMS_INIT(Params, LogIdentifier);
    Params->LogIdentifierAppendValue = (ULONG_PTR) LogIdentifierAppendPointer;
    Params->LogIdentifierAppendValueSet = TRUE;
}

/* PASSIVE_LEVEL. */
FORCEINLINE VOID WppRecorderConfigure(PRECORDER_CONFIGURE_PARAMS ConfigureParams)
{
    UNREFERENCED_PARAMETER(ConfigureParams);
}

FORCEINLINE BOOLEAN WppRecorderIsDefaultLogAvailable(VOID)
{
    return FALSE;
}

/* Not a null pointer, and nothing to follow. */
FORCEINLINE RECORDER_LOG WppRecorderLogGetDefault(VOID)
{
    return (RECORDER_LOG) (ULONG_PTR) 1;
}

/* Up to DISPATCH_LEVEL. */
FORCEINLINE NTSTATUS WppRecorderLogCreate(PRECORDER_LOG_CREATE_PARAMS CreateParams,
                                          RECORDER_LOG *RecorderLog)
{
    UNREFERENCED_PARAMETER(CreateParams);
    *RecorderLog = WppRecorderLogGetDefault();
    return STATUS_SUCCESS;
}

/* Up to DISPATCH_LEVEL. */
FORCEINLINE VOID WppRecorderLogDelete(RECORDER_LOG RecorderLog)
{
    UNREFERENCED_PARAMETER(RecorderLog);
}

#endif /* _WPPRECORDER_H_ */
