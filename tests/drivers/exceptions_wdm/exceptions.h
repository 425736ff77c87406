/* A driver with exceptions within exceptions: the input of a device control says which. */

#ifndef EXCEPTIONS_H
#define EXCEPTIONS_H

#include <ntddk.h>

/* Plays the scene whose number is the input, a ULONG. The output is an OUTCOME. */
#define IOCTL_PLAY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _OUTCOME {
    /* The status of the exception that the outermost __except block got. */
    NTSTATUS Status;
    /* What ran, a bit each. */
    ULONG Trace;
} OUTCOME;

/* The statuses that the scenes raise. */
#define STATUS_FIRST STATUS_INVALID_PARAMETER
#define STATUS_SECOND STATUS_DEVICE_BUSY
#define STATUS_THIRD STATUS_DATA_ERROR

/* What a scene can trace. */
#define TRACE_INNER_FINALLY 0x1
#define TRACE_OUTER_FINALLY 0x2
#define TRACE_INNER_EXCEPT 0x4
#define TRACE_SEARCHED 0x8
#define TRACE_UNWOUND 0x10
/* What must not run. */
#define TRACE_WRONG 0x100

/* A scene: returns when its exceptions are handled. */
typedef VOID SCENE(OUTCOME *Outcome);

SCENE NestedInOneFunction;
SCENE NestedInACallee;
SCENE NestedPastAFilter;
SCENE NestedByAFault;
SCENE NestedTwice;
SCENE NestedAndHandledWithin;
SCENE GuardedExcept;
SCENE GuardedFinally;
SCENE GuardedNested;

#endif /* EXCEPTIONS_H */
