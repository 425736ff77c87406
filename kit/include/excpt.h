/* Structured exception handling: the keywords' short names, and what a filter calls. */

#ifndef _EXCPT_H_
#define _EXCPT_H_

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

/* What a language's handler answers. */
typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution = 0,
    ExceptionContinueSearch = 1,
    ExceptionNestedException = 2,
    ExceptionCollidedUnwind = 3
} EXCEPTION_DISPOSITION;

#ifdef __cplusplus
extern "C" {
#endif

struct _EXCEPTION_RECORD;
struct _EXCEPTION_POINTERS;
struct _CONTEXT;
struct _DISPATCHER_CONTEXT;

/* The kernel exports it. The compiler refers to it in each function with an exception handler. */
EXCEPTION_DISPOSITION __C_specific_handler(
    struct _EXCEPTION_RECORD *ExceptionRecord, void *EstablisherFrame,
    struct _CONTEXT *ContextRecord, struct _DISPATCHER_CONTEXT *DispatcherContext);

/* The compiler knows these names. */
unsigned long _exception_code(void);
void *_exception_info(void);
int _abnormal_termination(void);

#ifdef __cplusplus
}
#endif

#define GetExceptionCode _exception_code
#define exception_code _exception_code
#define GetExceptionInformation (struct _EXCEPTION_POINTERS *) _exception_info
#define exception_info (struct _EXCEPTION_POINTERS *) _exception_info
#define AbnormalTermination _abnormal_termination
#define abnormal_termination _abnormal_termination

/* C++ has keywords of these names. */
#ifndef __cplusplus
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif

#endif /* _EXCPT_H_ */
