/* Exceptions out of __finally blocks that another exception runs: the new one takes the place of the old
 * one, and the blocks around that __finally see it. */

#include "exceptions.h"

#define NOINLINE __declspec(noinline)

/* Reads where no caller has memory. */
static NOINLINE VOID ReadNothing(VOID)
{
    (VOID) *(volatile ULONG *) (ULONG_PTR) 0x10000;
}

/* Clang leaves the outer blocks out of the table if it sees that the inner one never ends. */
NOINLINE VOID NestedInOneFunction(OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        __try {
            __try {
                ExRaiseStatus(STATUS_FIRST);
            } __finally {
                *trace |= TRACE_INNER_FINALLY;
                if (*trace != 0) {
                    ExRaiseStatus(STATUS_SECOND);
                }
                *trace |= TRACE_WRONG;
            }
        } __finally {
            *trace |= TRACE_OUTER_FINALLY;
        }
        *trace |= TRACE_WRONG;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outcome->Status = GetExceptionCode();
    }
}

/* Raises two exceptions, of which the second one leaves it. */
static NOINLINE VOID RaiseBoth(OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        ExRaiseStatus(STATUS_FIRST);
    } __finally {
        *trace |= TRACE_INNER_FINALLY;
        ExRaiseStatus(STATUS_SECOND);
        *trace |= TRACE_WRONG;
    }
}

/* A frame between, with a block of its own. */
static NOINLINE VOID PassOn(SCENE *Scene, OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        Scene(Outcome);
    } __finally {
        *trace |= TRACE_OUTER_FINALLY;
    }
}

/* Takes the exception that the scene raises. */
static NOINLINE VOID Take(SCENE *Scene, OUTCOME *Outcome)
{
    __try {
        Scene(Outcome);
        Outcome->Trace |= TRACE_WRONG;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outcome->Status = GetExceptionCode();
    }
}

static NOINLINE VOID PassOnBoth(OUTCOME *Outcome)
{
    PassOn(RaiseBoth, Outcome);
}

NOINLINE VOID NestedInACallee(OUTCOME *Outcome)
{
    Take(PassOnBoth, Outcome);
}

/* Takes the first exception, but not the second. */
static NOINLINE VOID TakeTheFirst(OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        RaiseBoth(Outcome);
    } __except (GetExceptionCode() == STATUS_FIRST) {
        *trace |= TRACE_WRONG;
    }
}

NOINLINE VOID NestedPastAFilter(OUTCOME *Outcome)
{
    __try {
        PassOn(TakeTheFirst, Outcome);
        Outcome->Trace |= TRACE_WRONG;
    } __except (GetExceptionCode() == STATUS_SECOND) {
        Outcome->Status = GetExceptionCode();
    }
}

static NOINLINE VOID FaultTwice(OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        ExRaiseStatus(STATUS_FIRST);
    } __finally {
        *trace |= TRACE_INNER_FINALLY;
        ReadNothing();
        *trace |= TRACE_WRONG;
    }
}

static NOINLINE VOID PassOnTheFault(OUTCOME *Outcome)
{
    PassOn(FaultTwice, Outcome);
}

NOINLINE VOID NestedByAFault(OUTCOME *Outcome)
{
    Take(PassOnTheFault, Outcome);
}

/* Its own block raises again, when the second exception leaves it. */
static NOINLINE VOID RaiseAThird(OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        RaiseBoth(Outcome);
    } __finally {
        *trace |= TRACE_OUTER_FINALLY;
        ExRaiseStatus(STATUS_THIRD);
        *trace |= TRACE_WRONG;
    }
}

NOINLINE VOID NestedTwice(OUTCOME *Outcome)
{
    Take(RaiseAThird, Outcome);
}

/* Handles an exception of its own. */
static NOINLINE VOID HandleOne(volatile ULONG *Trace)
{
    __try {
        ExRaiseStatus(STATUS_SECOND);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        *Trace |= TRACE_INNER_EXCEPT;
    }
}

static NOINLINE VOID HandleInFinally(OUTCOME *Outcome)
{
    volatile ULONG *trace = &Outcome->Trace;

    __try {
        ExRaiseStatus(STATUS_FIRST);
    } __finally {
        HandleOne(trace);
        *trace |= TRACE_INNER_FINALLY;
    }
}

static NOINLINE VOID PassOnTheFirst(OUTCOME *Outcome)
{
    PassOn(HandleInFinally, Outcome);
}

NOINLINE VOID NestedAndHandledWithin(OUTCOME *Outcome)
{
    Take(PassOnTheFirst, Outcome);
}
