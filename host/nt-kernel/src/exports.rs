//! The functions that the host exports to images that import by name.

use std::sync::OnceLock;

pub use nt_image::Export;

static PUBLISHED: OnceLock<Vec<Export>> = OnceLock::new();

/// Publishes `exports` for drivers that look up a name while they run. Only the first call has an
/// effect.
pub fn publish(exports: Vec<Export>) {
    // A machine loads its modules once.
    let _ = PUBLISHED.set(exports);
}

/// The address of `name` in `module`, if it has been published.
#[must_use]
pub fn published(module: &str, name: &str) -> Option<usize> {
    let exports = PUBLISHED.get()?;
    let export = exports
        .iter()
        .find(|export| export.module == module && export.name == name)?;
    Some(export.address)
}

/// Lists functions of ntoskrnl under their own names.
#[macro_export]
macro_rules! ntoskrnl {
    ($($function:ident),* $(,)?) => {
        vec![$($crate::exports::Export::ntoskrnl(
            stringify!($function),
            $function as *const () as usize,
        )),*]
    };
}
pub use ntoskrnl;
