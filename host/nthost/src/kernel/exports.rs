//! What the host gives to images that import by name.

use std::sync::OnceLock;

/// One exported function (or datum) of one kernel module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// The module, as import tables spell it: `ntoskrnl.exe`.
    pub module: &'static str,
    /// The name.
    pub name: &'static str,
    /// Where it is in this process.
    pub address: usize,
}

impl Export {
    /// An export of ntoskrnl.
    #[must_use]
    pub const fn ntoskrnl(name: &'static str, address: usize) -> Self {
        Self {
            module: "ntoskrnl.exe",
            name,
            address,
        }
    }
}

static PUBLISHED: OnceLock<Vec<Export>> = OnceLock::new();

/// Makes `exports` what drivers find by name while they run. Only the first call counts.
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
macro_rules! ntoskrnl {
    ($($function:ident),* $(,)?) => {
        vec![$($crate::kernel::exports::Export::ntoskrnl(
            stringify!($function),
            $function as *const () as usize,
        )),*]
    };
}
pub(crate) use ntoskrnl;
