//! The trait of every structure that crosses between user and kernel, for the structures that
//! Windows declares. Each of our own structures implements it in its own file.

use nt_types::interface::MibIpInterfaceRow;
use nt_types::route::MibIpForwardRow2;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A structure that crosses between user and kernel: any bytes are a valid value, it has no hidden
/// padding, and its reserved bytes are known.
pub trait Wire: FromBytes + IntoBytes + Immutable + KnownLayout + Copy {
    /// Its name in C, in `netioapi.h` or in `ipforward.h`.
    const C_NAME: &'static str;

    /// Whether every reserved byte is zero, which the contract requires of a caller.
    fn reserved_is_zero(&self) -> bool;

    /// The same value with every byte that has no meaning set to zero, so that no stale memory
    /// crosses.
    #[must_use]
    fn canonical(self) -> Self {
        self
    }
}

impl Wire for () {
    const C_NAME: &'static str = "void";

    fn reserved_is_zero(&self) -> bool {
        true
    }
}

impl Wire for MibIpForwardRow2 {
    const C_NAME: &'static str = "MIB_IPFORWARD_ROW2";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == [0; 3] && self.destination_prefix.reserved == [0; 3]
    }

    fn canonical(mut self) -> Self {
        self.clear_unused();
        self
    }
}

impl Wire for MibIpInterfaceRow {
    const C_NAME: &'static str = "MIB_IPINTERFACE_ROW";

    fn reserved_is_zero(&self) -> bool {
        self.reserved == [0; 6] && self.reserved_2 == [0; 3] && self.reserved_3 == 0
    }

    fn canonical(self) -> Self {
        Self {
            reserved: [0; 6],
            reserved_2: [0; 3],
            reserved_3: 0,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_of_a_row_counts_as_reserved() {
        let row = MibIpForwardRow2::default();
        assert!(row.reserved_is_zero());
        assert!(
            !MibIpForwardRow2 {
                reserved: [0, 1, 0],
                ..row
            }
            .reserved_is_zero()
        );
        let mut prefix = row;
        prefix.destination_prefix.reserved = [0, 0, 1];
        assert!(!prefix.reserved_is_zero());
    }
}
