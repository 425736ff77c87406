//! A name that no interface has.

use std::fmt;

use ipforward::UnknownInterface;

/// No interface has this name. Where names are unknown, a hint follows instead of what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoInterface(pub(crate) UnknownInterface);

impl fmt::Display for NoInterface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no such interface `{}`", self.0.name)?;
        match self.0.did_you_mean() {
            None => Ok(()),
            Some(question) => write!(formatter, ": {question}"),
        }
    }
}

impl std::error::Error for NoInterface {}
