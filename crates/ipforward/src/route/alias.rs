//! The alias of an interface.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The name of an interface: its alias, such as `Ethernet`, or the GUID of its adapter in braces.
///
/// Like the other names of an interface it can be copied: each text is kept once, for as long as the
/// process runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InterfaceAlias(&'static str);

/// The texts so far.
static TEXTS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

impl InterfaceAlias {
    /// The alias with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = texts.get_or_insert_default();
        if let Some(known) = texts.get(text) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(text.into());
        texts.insert(kept);
        Self(kept)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// True if both are the same name: the case of letters makes no difference.
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

impl fmt::Debug for InterfaceAlias {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for InterfaceAlias {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let one = InterfaceAlias::new("Ethernet 2");
        let other = InterfaceAlias::new(&String::from("Ethernet 2"));
        assert_eq!(one, other);
        assert!(std::ptr::eq(one.as_str(), other.as_str()));
        assert_ne!(one, InterfaceAlias::new("ethernet 2"));
        assert!(one.is_same(InterfaceAlias::new("ethernet 2")));
    }
}
