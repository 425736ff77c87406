//! The operation table: the one description of every call, from which dispatcher and client are
//! derived.

use core::mem::size_of;

use nt_types::interface::MibIpInterfaceRow;
use nt_types::route::MibIpForwardRow2;

use crate::apply::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer};
use crate::best_route::{BestRoute, BestRouteRequest};
use crate::control_code::{Access, ControlCode};
use crate::diagnosis::{Diagnosis, ExplainRequest};
use crate::lease::{LeaseHeader, LeaseRequest, LeaseRow};
use crate::statistics::Statistics;
use crate::table::{TableHeader, TableRequest};
use crate::version::Version;
use crate::watch::{WatchEvent, WatchHeader, WatchRequest};
use crate::wire::Wire;

/// One call with the types of its buffers.
pub trait Call {
    /// Which operation it is.
    const OPERATION: Operation;
    /// What the caller sends: this, followed by as many [`Element`](Self::Element)s as it says.
    type Input: Wire;
    /// What follows the input's fixed part; `()` if nothing does.
    type Element: Wire;
    /// What the caller gets: this, followed by as many [`Row`](Self::Row)s as there is room for.
    type Output: Wire;
    /// What follows the output's fixed part; `()` if nothing does.
    type Row: Wire;
}

/// One row of the operation table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The operation.
    pub operation: Operation,
    /// Its name in the documentation, for example `CREATE_ROUTE`.
    pub name: &'static str,
    /// What it does, in a sentence or two of Markdown.
    pub summary: &'static str,
    /// The C name of the structure that the caller sends, before any elements.
    pub input: &'static str,
    /// The C name of the elements that follow the input's fixed part.
    pub element: &'static str,
    /// The C name of the structure that the caller gets, before any rows.
    pub output: &'static str,
    /// The C name of the rows that follow the output's fixed part.
    pub row: &'static str,
    /// Its control code.
    pub code: ControlCode,
    /// What the handle must be opened for.
    pub access: Access,
    /// Length of the input, in bytes, without the elements that follow.
    pub input_length: usize,
    /// Length of one of the elements that follow the input's fixed part, in bytes; 0 if none do.
    pub element_length: usize,
    /// Length of the output, in bytes; the least one if rows follow.
    pub output_length: usize,
    /// Length of one of the rows that follow the output's fixed part, in bytes; 0 if none do.
    pub row_length: usize,
    /// Whether doing it twice leaves what doing it once leaves, so that a caller may try again.
    pub idempotent: bool,
}

/// The type of the elements that follow an input: what stands in brackets behind it.
macro_rules! elements {
    () => {
        ()
    };
    ($element:ty) => {
        $element
    };
}

macro_rules! operations {
    ($(
        $(#[doc = $doc:literal])*
        $operation:ident $name:literal = $function:literal, $access:ident, $idempotent:literal,
            $input:ty $([$element:ty])? => $output:ty, rows of $row:ty;
    )*) => {
        /// Every operation of the driver.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $($(#[doc = $doc])* $operation,)*
        }

        /// The calls as types, for callers that want their buffers checked by the compiler.
        pub mod call {
            use super::*;

            $(
                $(#[doc = $doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $operation;

                impl Call for $operation {
                    const OPERATION: Operation = Operation::$operation;
                    type Input = $input;
                    type Element = elements!($($element)?);
                    type Output = $output;
                    type Row = $row;
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
                            summary: concat!($($doc),*),
                            input: <$input as Wire>::C_NAME,
                            element: <elements!($($element)?) as Wire>::C_NAME,
                            output: <$output as Wire>::C_NAME,
                            row: <$row as Wire>::C_NAME,
                            code: ControlCode::buffered($function, Access::$access),
                            access: Access::$access,
                            input_length: size_of::<$input>(),
                            element_length: size_of::<elements!($($element)?)>(),
                            output_length: size_of::<$output>(),
                            row_length: size_of::<$row>(),
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
    QueryVersion "QUERY_VERSION" = 0x800, Read, true, () => Version, rows of ();
    /// What was counted, for this handle and for all together.
    QueryStatistics "QUERY_STATISTICS" = 0x801, Read, true, () => Statistics, rows of ();

    /// A row with the defaults of `InitializeIpForwardEntry`.
    InitializeRoute "INITIALIZE_ROUTE" = 0x80A, Read, true, () => MibIpForwardRow2, rows of ();
    /// Adds a route, as `CreateIpForwardEntry2` does. `Age` and `Origin` are not looked at.
    CreateRoute "CREATE_ROUTE" = 0x80B, Write, false, MibIpForwardRow2 => (), rows of ();
    /// Changes a route, as `SetIpForwardEntry2` does. Its keys cannot change.
    SetRoute "SET_ROUTE" = 0x80C, Write, true, MibIpForwardRow2 => (), rows of ();
    /// Deletes a route, as `DeleteIpForwardEntry2` does. Only the keys are looked at.
    DeleteRoute "DELETE_ROUTE" = 0x80D, Write, false, MibIpForwardRow2 => (), rows of ();
    /// The whole row of the route with these keys, as `GetIpForwardEntry2` finds it.
    GetRoute "GET_ROUTE" = 0x80E, Read, true, MibIpForwardRow2 => MibIpForwardRow2, rows of ();
    /// Which documented rule a row breaks, or which route is in its way. Changes nothing.
    ExplainRoute "EXPLAIN_ROUTE" = 0x80F, Read, true, ExplainRequest => Diagnosis, rows of ();

    /// A page of a snapshot of the route table, as `GetIpForwardTable2` gives it.
    GetTable "GET_TABLE" = 0x814, Read, true,
        TableRequest => TableHeader, rows of MibIpForwardRow2;

    /// The route that a packet would take, and its source address, as `GetBestRoute2` finds them.
    GetBestRoute "GET_BEST_ROUTE" = 0x81E, Read, true, BestRouteRequest => BestRoute, rows of ();

    /// One family on one interface, as `GetIpInterfaceEntry` gives it.
    GetInterface "GET_INTERFACE" = 0x828, Read, true,
        MibIpInterfaceRow => MibIpInterfaceRow, rows of ();
    /// A page of a snapshot of the interface table, as `GetIpInterfaceTable` gives it.
    GetInterfaceTable "GET_INTERFACE_TABLE" = 0x829, Read, true,
        TableRequest => TableHeader, rows of MibIpInterfaceRow;

    /// Many changes at once, each with an answer of its own: wholly or not at all, if the caller
    /// says so, and with leases that go with the handle.
    Apply "APPLY" = 0x832, Write, false,
        ApplyHeader [ApplyEntry] => ApplyAnswer, rows of EntryAnswer;
    /// A page of the leases of all handles, with their owners and what their guards are doing.
    GetLeases "GET_LEASES" = 0x833, Read, true, LeaseRequest => LeaseHeader, rows of LeaseRow;

    /// Changes of the route table since a moment. Waits until there are some.
    Watch "WATCH" = 0x83C, Read, true, WatchRequest => WatchHeader, rows of WatchEvent;
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
    fn every_operation_says_what_it_does_and_with_which_structures() {
        let create = Operation::CreateRoute.description();
        assert!(
            create
                .summary
                .starts_with(" Adds a route, as `CreateIpForwardEntry2` does.")
        );
        assert_eq!(
            (create.input, create.output, create.row),
            ("MIB_IPFORWARD_ROW2", "void", "void")
        );
    }

    #[test]
    fn codes_rise() {
        assert!(OPERATIONS.is_sorted_by(|a, b| a.code.0 & 0x3FFC < b.code.0 & 0x3FFC));
    }
}
