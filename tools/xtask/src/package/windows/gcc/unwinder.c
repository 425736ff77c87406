/*
 * The unwinder's functions that Rust's standard library names, for programs that never unwind:
 * a panic aborts them. A call of one stops here.
 */

#define NEVER_CALLED(name) void name(void) { __builtin_trap(); }

NEVER_CALLED(_GCC_specific_handler)
NEVER_CALLED(_Unwind_GetDataRelBase)
NEVER_CALLED(_Unwind_GetIPInfo)
NEVER_CALLED(_Unwind_GetLanguageSpecificData)
NEVER_CALLED(_Unwind_GetRegionStart)
NEVER_CALLED(_Unwind_GetTextRelBase)
NEVER_CALLED(_Unwind_SetGR)
NEVER_CALLED(_Unwind_SetIP)
