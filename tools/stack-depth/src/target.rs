//! Where a call goes.

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallTarget {
    /// To a function of the image.
    Function(u32),
    /// To another module.
    Import(String),
    /// To the entry with this index in the framework's table, if the code says which.
    Framework(Option<u32>),
    /// Through a pointer of unknown origin.
    Unknown,
}
