//! Functions that the compiler inserts calls of.

use std::arch::naked_asm;

use nt_image::loaded;

use crate::exports::{Export, ntoskrnl};
use crate::{export_thunk, irql};

/// The exports that no prefix has.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![__chkstk, _purecall]
}

/// Whether `routine`, code of an image, is an import of the host's function at `wanted`: a jump to it.
pub(crate) fn is_import_of(routine: usize, wanted: usize) -> bool {
    /// `jmp qword ptr [rip + distance]`.
    const JUMP: [u8; 2] = [0xFF, 0x25];
    const LENGTH: usize = 6;
    let Some(image) = loaded::find(routine) else {
        return false;
    };
    if !image.is_code(routine) || !image.is_code(routine + LENGTH - 1) {
        return false;
    }
    let code = std::ptr::with_exposed_provenance::<[u8; LENGTH]>(routine);
    // SAFETY: code of a loaded image, which is readable and never changes.
    let [first, second, distance @ ..] = unsafe { code.read() };
    let slot = (routine + LENGTH).checked_add_signed(i32::from_le_bytes(distance) as isize);
    let slot = slot.filter(|slot| image.range.contains(slot) && slot.is_multiple_of(8));
    let target = slot.map(|slot| {
        let slot = std::ptr::with_exposed_provenance::<usize>(slot);
        // SAFETY: an aligned place of the image, whose import table is readable.
        unsafe { slot.read_volatile() }
    });
    let is_wanted = |target| target == wanted || export_thunk::target_of(target) == Some(wanted);
    [first, second] == JUMP && target.is_some_and(is_wanted)
}

/// What a virtual function of C++ without a body is. Any IRQL.
extern "win64" fn _purecall() -> ! {
    irql::stop_for_rule("_purecall: a virtual function without a body was called");
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

#[cfg(test)]
mod tests {
    use crate::export_by_name::nt;
    use crate::testing::expect_stop;

    #[test]
    fn a_virtual_function_without_a_body_stops_the_host() {
        let report = expect_stop!(|| nt!(_purecall() -> ()));
        let words = "a virtual function without a body was called";
        assert!(report.contains(words), "{report}");
    }
}
