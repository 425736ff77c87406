//! How surely a line is of a format.

/// How surely a line, or a whole file, is of a format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score(pub(super) usize);

impl Score {
    /// No line of the format.
    pub(super) const NONE: Self = Self(0);
    /// Also possible in other formats.
    pub(super) const WEAK: Self = Self(1);
    /// A route of the format, possible in a similar one.
    pub(super) const LIKELY: Self = Self(4);
    /// Not possible in another format.
    pub(super) const SURE: Self = Self(6);
    /// Decides alone.
    pub(super) const CERTAIN: Self = Self(1_000_000);
}
