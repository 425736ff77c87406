//! What every named behaviour has.

use crate::error::BehaviourError;

/// One named behaviour. Its values are what a stack may do at one point that the documentation leaves
/// open.
pub trait Behaviour: Copy + Eq + 'static {
    /// Its name, as in `duplicate-status`.
    const NAME: &'static str;

    /// Every value with its name. The first is that of the `documented` profile, the second that of
    /// the `alternative` one.
    const VALUES: &'static [(&'static str, Self)];

    /// The name of this value.
    fn text(self) -> &'static str {
        let found = Self::VALUES.iter().find(|(_, value)| *value == self);
        // The macro that declares the values lists each of them.
        found.map_or("", |(text, _)| text)
    }

    /// The value called `text`.
    ///
    /// # Errors
    ///
    /// [`BehaviourError::UnknownValue`], with the names of all values.
    fn from_text(text: &str) -> Result<Self, BehaviourError> {
        let found = Self::VALUES.iter().find(|(known, _)| *known == text);
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| BehaviourError::UnknownValue {
                name: Self::NAME,
                value: text.to_owned(),
                known: Self::VALUES
                    .iter()
                    .map(|(known, _)| *known)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}
