/* What is traced. Microsoft's WPP makes the functions below of this comment:
 *
 * begin_wpp config
 * FUNC PipeTrace(LEVEL, MSG, ...);
 * end_wpp
 */

#ifndef PIPE_TRACE_H
#define PIPE_TRACE_H

#include <evntrace.h>
#include <WppRecorder.h>

#define WPP_CONTROL_GUIDS \
    WPP_DEFINE_CONTROL_GUID(PipeTraceGuid, (6f1c2b11, 52a4, 4c36, 9a53, 0b7e3f1d9c11), \
        WPP_DEFINE_BIT(PIPE_ALL))

#endif /* PIPE_TRACE_H */
