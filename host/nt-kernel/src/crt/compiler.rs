//! Functions that the compiler inserts calls of.

use std::arch::naked_asm;

use crate::exports::{Export, ntoskrnl};
use crate::unimplemented;

/// The exports that no prefix has.
pub(super) fn exports() -> Vec<Export> {
    let mut exports = ntoskrnl![__chkstk];
    // Named by the unwind data of functions with structured exception handling. This host raises
    // no exceptions, so nothing calls it.
    exports.push(Export::ntoskrnl(
        "__C_specific_handler",
        unimplemented::function("ntoskrnl.exe!__C_specific_handler".to_owned()),
    ));
    exports
}

/// Touches each page of the `rax` bytes below the stack pointer, so that the stack grows page by
/// page. Changes no register.
#[unsafe(naked)]
extern "win64" fn __chkstk() {
    naked_asm!(
        "push rcx",
        "push rax",
        // The caller's stack pointer: above two registers and the return address.
        "lea rcx, [rsp + 24]",
        "2:",
        "cmp rax, 0x1000",
        "jb 3f",
        "sub rcx, 0x1000",
        "test dword ptr [rcx], eax",
        "sub rax, 0x1000",
        "jmp 2b",
        "3:",
        "sub rcx, rax",
        "test dword ptr [rcx], eax",
        "pop rax",
        "pop rcx",
        "ret",
    )
}
