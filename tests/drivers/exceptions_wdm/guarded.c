/* Functions with a language handler of the driver's own, as the compiler of Microsoft writes them with /GS:
 * the handler checks a cookie in the frame, whose place is behind the scope table, and calls
 * __C_specific_handler. Clang does not write such functions, so they are in assembly. */

#include <excpt.h>

#include "exceptions.h"

/* What is in the frame of a guarded function. */
#define COOKIE 0x5A17C0DE

/* The flag of a record that the frame is left. */
#define UNWINDING 0x2

typedef struct _FUNCTION_ENTRY {
    ULONG Begin;
    ULONG End;
    ULONG UnwindData;
} FUNCTION_ENTRY;

/* The DISPATCHER_CONTEXT of Windows. */
typedef struct _HANDLER_CONTEXT {
    ULONG_PTR ControlPc;
    ULONG_PTR ImageBase;
    FUNCTION_ENTRY *FunctionEntry;
    ULONG_PTR EstablisherFrame;
    ULONG_PTR TargetIp;
    struct _CONTEXT *ContextRecord;
    PVOID LanguageHandler;
    ULONG *HandlerData;
    PVOID HistoryTable;
    ULONG ScopeIndex;
} HANDLER_CONTEXT;

/* Calls the routine within a __try with an __except block, which takes each exception: its status. */
NTSTATUS CallWithExcept(SCENE *Routine, OUTCOME *Outcome);

/* Calls the routine within a __try with a __finally block, which is LeaveGuarded. */
NTSTATUS CallWithFinally(SCENE *Routine, OUTCOME *Outcome);

/* The outcome of the scene that is played: there is one at a time. */
static OUTCOME *Playing;

/* Set while the __finally block is to raise an exception. */
static BOOLEAN LeavingRaises;

/* The place of the cookie in the frame: the number behind the records of the scope table. */
static ULONG CookieOffset(const ULONG *ScopeTable)
{
    return ScopeTable[1 + 4 * ScopeTable[0]];
}

EXCEPTION_DISPOSITION __GSHandlerCheck_SEH(
    struct _EXCEPTION_RECORD *Record, void *EstablisherFrame, struct _CONTEXT *Context,
    HANDLER_CONTEXT *Dispatcher)
{
    ULONG_PTR begin = Dispatcher->ImageBase + Dispatcher->FunctionEntry->Begin;
    ULONG_PTR end = Dispatcher->ImageBase + Dispatcher->FunctionEntry->End;
    ULONG offset = CookieOffset(Dispatcher->HandlerData);

    if (*(PULONG) ((PUCHAR) EstablisherFrame + offset) != COOKIE ||
        Dispatcher->EstablisherFrame != (ULONG_PTR) EstablisherFrame ||
        Dispatcher->ControlPc < begin || Dispatcher->ControlPc >= end ||
        Dispatcher->LanguageHandler != (PVOID) (ULONG_PTR) __GSHandlerCheck_SEH) {
        Playing->Trace |= TRACE_WRONG;
    }
    Playing->Trace |= Record->ExceptionFlags & UNWINDING ? TRACE_UNWOUND : TRACE_SEARCHED;
    return __C_specific_handler(
        Record, EstablisherFrame, Context, (struct _DISPATCHER_CONTEXT *) Dispatcher);
}

/* The __finally block of CallWithFinally. */
VOID LeaveGuarded(BOOLEAN Abnormal, PVOID Frame)
{
    UNREFERENCED_PARAMETER(Frame);
    Playing->Trace |= Abnormal ? TRACE_OUTER_FINALLY : TRACE_WRONG;
    if (LeavingRaises) {
        ExRaiseStatus(STATUS_SECOND);
    }
}

__asm__(
    ".text\n"
    ".globl CallWithExcept\n"
    ".def CallWithExcept; .scl 2; .type 32; .endef\n"
    ".seh_proc CallWithExcept\n"
    "CallWithExcept:\n"
    "    subq $56, %rsp\n"
    "    .seh_stackalloc 56\n"
    "    .seh_endprologue\n"
    "    movl $0x5A17C0DE, 40(%rsp)\n"
    "    movq %rcx, %rax\n"
    "    movq %rdx, %rcx\n"
    "except_begin:\n"
    "    callq *%rax\n"
    "    nop\n"
    "except_end:\n"
    "    xorl %eax, %eax\n"
    "except_block:\n"
    "    addq $56, %rsp\n"
    "    retq\n"
    "    .seh_handler __GSHandlerCheck_SEH, @unwind, @except\n"
    "    .seh_handlerdata\n"
    "    .long 1\n"
    "    .long except_begin@IMGREL, except_end@IMGREL, 1, except_block@IMGREL\n"
    "    .long 40\n"
    "    .text\n"
    "    .seh_endproc\n"

    ".globl CallWithFinally\n"
    ".def CallWithFinally; .scl 2; .type 32; .endef\n"
    ".seh_proc CallWithFinally\n"
    "CallWithFinally:\n"
    "    subq $56, %rsp\n"
    "    .seh_stackalloc 56\n"
    "    .seh_endprologue\n"
    "    movl $0x5A17C0DE, 48(%rsp)\n"
    "    movq %rcx, %rax\n"
    "    movq %rdx, %rcx\n"
    "finally_begin:\n"
    "    callq *%rax\n"
    "    nop\n"
    "finally_end:\n"
    "    xorl %eax, %eax\n"
    "    addq $56, %rsp\n"
    "    retq\n"
    "    .seh_handler __GSHandlerCheck_SEH, @unwind, @except\n"
    "    .seh_handlerdata\n"
    "    .long 1\n"
    "    .long finally_begin@IMGREL, finally_end@IMGREL, LeaveGuarded@IMGREL, 0\n"
    "    .long 48\n"
    "    .text\n"
    "    .seh_endproc\n");

static VOID RaiseFirst(OUTCOME *Outcome)
{
    UNREFERENCED_PARAMETER(Outcome);
    ExRaiseStatus(STATUS_FIRST);
}

/* The __except block of the guarded function takes the exception. */
VOID GuardedExcept(OUTCOME *Outcome)
{
    Playing = Outcome;
    Outcome->Status = CallWithExcept(RaiseFirst, Outcome);
}

static VOID RaiseThroughFinally(OUTCOME *Outcome)
{
    (VOID) CallWithFinally(RaiseFirst, Outcome);
    Outcome->Trace |= TRACE_WRONG;
}

/* The guarded function is left, on the way to one in C. */
VOID GuardedFinally(OUTCOME *Outcome)
{
    Playing = Outcome;
    __try {
        RaiseThroughFinally(Outcome);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Outcome->Status = GetExceptionCode();
    }
}

/* The __finally block of a guarded function raises the second exception, and another one takes it. */
VOID GuardedNested(OUTCOME *Outcome)
{
    Playing = Outcome;
    LeavingRaises = TRUE;
    Outcome->Status = CallWithExcept(RaiseThroughFinally, Outcome);
    LeavingRaises = FALSE;
}
