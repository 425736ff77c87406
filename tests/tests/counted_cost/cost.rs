//! The cost of an operation.

use std::ops::{Div, Sub};

use serde::{Deserialize, Serialize};

/// What the driver does for one operation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cost {
    /// Instructions of the driver's image, which are not those of the functions that it calls.
    pub(crate) instructions: f64,
    /// Calls of NETIO.
    pub(crate) netio_calls: f64,
    /// Blocks allocated from pool.
    pub(crate) allocations: f64,
    /// Bytes copied by calls of `memcpy` and the like.
    pub(crate) copied_bytes: f64,
}

impl Cost {
    /// The members, with their names.
    pub(crate) const fn figures(&self) -> [(&'static str, f64); 4] {
        [
            ("instructions", self.instructions),
            ("NETIO calls", self.netio_calls),
            ("allocations", self.allocations),
            ("copied bytes", self.copied_bytes),
        ]
    }

    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self {
            instructions: change(self.instructions),
            netio_calls: change(self.netio_calls),
            allocations: change(self.allocations),
            copied_bytes: change(self.copied_bytes),
        }
    }

    /// With one decimal.
    pub(crate) fn rounded(self) -> Self {
        self.map(|figure| (figure * 10.0).round() / 10.0)
    }
}

/// The cost of one of several operations.
impl Div<u32> for Cost {
    type Output = Self;

    fn div(self, operations: u32) -> Self {
        self.map(|figure| figure / f64::from(operations))
    }
}

/// The cost of what `self` does beyond `without`.
impl Sub for Cost {
    type Output = Self;

    fn sub(self, without: Self) -> Self {
        Self {
            instructions: self.instructions - without.instructions,
            netio_calls: self.netio_calls - without.netio_calls,
            allocations: self.allocations - without.allocations,
            copied_bytes: self.copied_bytes - without.copied_bytes,
        }
    }
}
