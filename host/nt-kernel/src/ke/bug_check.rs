//! `KeBugCheckEx`: the driver itself stops the machine.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_image::loaded;

use crate::bugcheck::{self, BugCheck, RUST_PANIC, StopCode};
use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![KeBugCheck, KeBugCheckEx]
}

/// Any IRQL.
extern "win64" fn KeBugCheck(code: u32) -> ! {
    KeBugCheckEx(code, 0, 0, 0, 0)
}

/// Any IRQL.
extern "win64" fn KeBugCheckEx(code: u32, first: u64, second: u64, third: u64, fourth: u64) -> ! {
    let code = StopCode::of_driver(code);
    let rule = if code == RUST_PANIC {
        let file = file_name(first, second).unwrap_or_else(|| "a file without a name".to_owned());
        format!("the driver panicked at {file}:{third}:{fourth}")
    } else {
        "the driver called KeBugCheckEx".to_owned()
    };
    bugcheck::stop(BugCheck {
        code,
        parameters: [first, second, third, fourth],
        rule,
    })
}

/// The file name of a panic: `length` bytes at `address`, which belong to the driver's constants.
fn file_name(address: u64, length: u64) -> Option<String> {
    let start = usize::try_from(address).ok()?;
    let length = usize::try_from(length).ok()?;
    let image = loaded::find(start)?;
    if start.checked_add(length)? > image.range.end {
        return None;
    }
    let start = std::ptr::with_exposed_provenance::<u8>(start);
    // SAFETY: the bytes lie in an image, and a panic's file name is a constant of it.
    let bytes = unsafe { std::slice::from_raw_parts(start, length) };
    Some(String::from_utf8_lossy(bytes).into_owned())
}
