//! The operation table: the one description of every call, from which dispatcher and client are
//! derived.

use core::mem::size_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::control_code::{Access, ControlCode};
use crate::route::MibIpForwardRow2;
use crate::table::{TableHeader, TableRequest};
use crate::version::Version;

/// What a structure must be to cross between user and kernel: any bytes make one, it has no
/// hidden padding, and it says which of its bytes are reserved.
pub trait Wire: FromBytes + IntoBytes + Immutable + KnownLayout + Copy {
    /// Whether every reserved byte is zero, as the contract demands of a caller.
    fn reserved_is_zero(&self) -> bool;
}

impl Wire for () {
    fn reserved_is_zero(&self) -> bool {
        true
    }
}

impl Wire for MibIpForwardRow2 {
    fn reserved_is_zero(&self) -> bool {
        self.reserved == [0; 3] && self.destination_prefix.reserved == [0; 3]
    }
}

impl Wire for TableRequest {
    fn reserved_is_zero(&self) -> bool {
        self.reserved == [0; 6]
    }
}

impl Wire for TableHeader {
    fn reserved_is_zero(&self) -> bool {
        true
    }
}

impl Wire for Version {
    fn reserved_is_zero(&self) -> bool {
        self.reserved == 0
    }
}

/// One call with the types of its buffers.
pub trait Call {
    /// Which operation it is.
    const OPERATION: Operation;
    /// What the caller sends: exactly this.
    type Input: Wire;
    /// What the caller gets: this, followed by rows if [`Operation::answers_rows`].
    type Output: Wire;
}

/// One row of the operation table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The operation.
    pub operation: Operation,
    /// Its name in the documentation, for example `CREATE_ROUTE`.
    pub name: &'static str,
    /// Its control code.
    pub code: ControlCode,
    /// What the handle must be opened for.
    pub access: Access,
    /// Exact length of the input, in bytes.
    pub input_length: usize,
    /// Length of the output, in bytes; the least one if rows follow.
    pub output_length: usize,
    /// Whether as many rows follow the output's fixed part as the buffer holds.
    pub answers_rows: bool,
    /// Whether doing it twice leaves what doing it once leaves, so that a caller may try again.
    pub idempotent: bool,
}

macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $operation:ident $name:literal = $function:literal, $access:ident, $idempotent:literal,
            $input:ty => $output:ty $(, rows = $rows:literal)?;
    )*) => {
        /// Every operation of the driver.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $($(#[$doc])* $operation,)*
        }

        /// The calls as types, for callers that want their buffers checked by the compiler.
        pub mod call {
            use super::{Call, MibIpForwardRow2, Operation, TableHeader, TableRequest, Version};

            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $operation;

                impl Call for $operation {
                    const OPERATION: Operation = Operation::$operation;
                    type Input = $input;
                    type Output = $output;
                }
            )*
        }

        /// The operation table, in the order of the control codes.
        pub const OPERATIONS: &[Description] = &[
            $(*Operation::$operation.description(),)*
        ];

        impl Operation {
            /// Its row of the operation table.
            #[must_use]
            pub const fn description(self) -> &'static Description {
                match self {
                    $(Self::$operation => const {
                        &Description {
                            operation: Operation::$operation,
                            name: $name,
                            code: ControlCode::buffered($function, Access::$access),
                            access: Access::$access,
                            input_length: size_of::<$input>(),
                            output_length: size_of::<$output>(),
                            answers_rows: false $(|| $rows)?,
                            idempotent: $idempotent,
                        }
                    },)*
                }
            }
        }
    };
}

// Function codes come in groups of ten, so that related ones stay together as they grow.
operations! {
    /// Contract version, driver version, capabilities and limits. A caller asks this first.
    QueryVersion "QUERY_VERSION" = 0x800, Read, true, () => Version;

    /// A row with the defaults of `InitializeIpForwardEntry`.
    InitializeRoute "INITIALIZE_ROUTE" = 0x80A, Read, true, () => MibIpForwardRow2;
    /// Adds a route, as `CreateIpForwardEntry2` does. `Age` and `Origin` are not looked at.
    CreateRoute "CREATE_ROUTE" = 0x80B, Write, false, MibIpForwardRow2 => ();
    /// Deletes a route, as `DeleteIpForwardEntry2` does. Only the keys are looked at.
    DeleteRoute "DELETE_ROUTE" = 0x80D, Write, false, MibIpForwardRow2 => ();
    /// The whole row of the route with these keys, as `GetIpForwardEntry2` finds it.
    GetRoute "GET_ROUTE" = 0x80E, Read, true, MibIpForwardRow2 => MibIpForwardRow2;

    /// A page of a snapshot of the route table, as `GetIpForwardTable2` gives it.
    GetTable "GET_TABLE" = 0x814, Read, true, TableRequest => TableHeader, rows = true;
}

impl Operation {
    /// The operation with this control code.
    #[must_use]
    pub fn from_code(code: ControlCode) -> Option<Self> {
        OPERATIONS
            .iter()
            .find(|row| row.code == code)
            .map(|row| row.operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_own_code() {
        for row in OPERATIONS {
            assert_eq!(Operation::from_code(row.code), Some(row.operation));
            assert_eq!(row.operation.description(), row);
        }
    }

    #[test]
    fn a_code_with_other_access_bits_is_no_operation() {
        let create = Operation::CreateRoute.description().code;
        let readable = ControlCode(create.0 & !(3 << 14) | Access::Read.bits() << 14);
        assert_eq!(Operation::from_code(readable), None);
    }

    #[test]
    fn codes_rise() {
        assert!(OPERATIONS.is_sorted_by(|a, b| a.code.0 & 0x3FFC < b.code.0 & 0x3FFC));
    }

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
