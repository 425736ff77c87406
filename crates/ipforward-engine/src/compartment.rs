//! Network compartments: each has interfaces and routes of its own.

use abi::DEFAULT_COMPARTMENT;

/// `NET_IF_COMPARTMENT_ID`: a network compartment. A function of the network stack acts in the
/// compartment of the thread that calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompartmentId(u32);

impl CompartmentId {
    /// The compartment of a thread that was put into no other. The stack notifies the driver of
    /// changes in this one.
    pub const DEFAULT: Self = Self(DEFAULT_COMPARTMENT);

    /// The compartment with a number; the unspecified one, 0, is the default one.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::DEFAULT,
            number => Self(number),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl Default for CompartmentId {
    fn default() -> Self {
        Self::DEFAULT
    }
}
