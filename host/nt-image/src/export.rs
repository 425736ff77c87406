//! The functions that an image can import, and the stub for all other imports.

/// One exported function (or datum) of one kernel module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// The module, as import tables spell it: `ntoskrnl.exe`.
    pub module: &'static str,
    /// The name.
    pub name: &'static str,
    /// Its address in this process.
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

/// Gives addresses to imports that have no [`Export`]. Their names are written `module!name`.
pub trait Unresolved {
    /// The address of the function called `name`.
    fn function(&self, name: String) -> usize;
    /// The address of the datum called `name`.
    fn data(&self, name: String) -> usize;
}
