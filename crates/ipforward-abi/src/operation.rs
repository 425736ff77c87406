//! The operation table. The dispatcher, the client, the C header and the reference page are derived
//! from it.

use core::mem::size_of;

use nt_types::interface::MibIpInterfaceRow;
use nt_types::route::MibIpForwardRow2;

use crate::apply::{ApplyAnswer, ApplyEntry, ApplyHeader, EntryAnswer};
use crate::best_route::{BestRoute, BestRouteRequest};
use crate::control_code::{ControlCode, RequiredAccess};
use crate::diagnosis::{Diagnosis, ExplainRequest};
use crate::interface_request::InterfaceRequest;
use crate::lease::{InterfaceLeaseRow, LeaseHeader, LeaseRequest, LeaseRow};
use crate::statistics::Statistics;
use crate::table::{TableHeader, TableRequest};
use crate::version::Version;
use crate::watch::{WatchEvent, WatchHeader, WatchRequest};
use crate::wire::Wire;

/// One operation with the types of its buffers.
pub trait TypedOperation {
    /// The operation.
    const OPERATION: Operation;
    /// Fixed part of the input; it holds the number of [`Element`](Self::Element)s that follow.
    type Input: Wire;
    /// Elements after the fixed part of the input; `()` if there are none.
    type Element: Wire;
    /// Fixed part of the output; as many [`Row`](Self::Row)s follow as the buffer has room for.
    type Output: Wire;
    /// Rows after the fixed part of the output; `()` if there are none.
    type Row: Wire;
}

/// One row of the operation table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The operation.
    pub operation: Operation,
    /// Its name in the documentation, for example `CREATE_ROUTE`.
    pub name: &'static str,
    /// What it does: a sentence or two of Markdown.
    pub summary: &'static str,
    /// C name of the fixed part of the input.
    pub input: &'static str,
    /// C name of the elements after the fixed part of the input.
    pub element: &'static str,
    /// C name of the fixed part of the output.
    pub output: &'static str,
    /// C name of the rows after the fixed part of the output.
    pub row: &'static str,
    /// Its control code.
    pub code: ControlCode,
    /// Access that the handle must be opened with.
    pub access: RequiredAccess,
    /// Length of the fixed part of the input, in bytes.
    pub input_length: usize,
    /// Length of one element of the input, in bytes; 0 if there are none.
    pub element_length: usize,
    /// Length of the fixed part of the output, in bytes.
    pub output_length: usize,
    /// Length of one row of the output, in bytes; 0 if there are none.
    pub row_length: usize,
    /// Whether doing it twice has the effect of doing it once, so that a caller may retry.
    pub idempotent: bool,
}

/// The type of an input's elements: the type in brackets after the input, or `()`.
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

        /// The operations as types, so that the compiler checks the types of the buffers.
        pub mod call {
            use super::*;

            $(
                $(#[doc = $doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $operation;

                impl TypedOperation for $operation {
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
                            code: ControlCode::buffered($function, RequiredAccess::$access),
                            access: RequiredAccess::$access,
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

// Function codes come in groups of ten, so that an operation can be added to its group.
operations! {
    /// Gets the contract version, the driver version, capabilities and limits. A caller sends this
    /// first.
    QueryVersion "QUERY_VERSION" = 0x800, Read, true, () => Version, rows of ();
    /// Gets the driver's counters, for this handle and for all handles together.
    QueryStatistics "QUERY_STATISTICS" = 0x801, Read, true, () => Statistics, rows of ();

    /// Gets a row with the defaults of `InitializeIpForwardEntry`.
    InitializeRoute "INITIALIZE_ROUTE" = 0x80A, Read, true, () => MibIpForwardRow2, rows of ();
    /// Adds a route, as `CreateIpForwardEntry2` does. `Age` and `Origin` are ignored.
    CreateRoute "CREATE_ROUTE" = 0x80B, Write, false, MibIpForwardRow2 => (), rows of ();
    /// Changes a route, as `SetIpForwardEntry2` does. The keys select the route and cannot change.
    SetRoute "SET_ROUTE" = 0x80C, Write, true, MibIpForwardRow2 => (), rows of ();
    /// Deletes a route, as `DeleteIpForwardEntry2` does. Members other than the keys are ignored.
    DeleteRoute "DELETE_ROUTE" = 0x80D, Write, false, MibIpForwardRow2 => (), rows of ();
    /// Gets the row of the route with these keys, as `GetIpForwardEntry2` does.
    GetRoute "GET_ROUTE" = 0x80E, Read, true, MibIpForwardRow2 => MibIpForwardRow2, rows of ();
    /// Names the documented rule that a row breaks, or the route that it duplicates. Changes
    /// nothing.
    ExplainRoute "EXPLAIN_ROUTE" = 0x80F, Read, true, ExplainRequest => Diagnosis, rows of ();

    /// Gets a page of a snapshot of the route table, as `GetIpForwardTable2` returns it.
    GetTable "GET_TABLE" = 0x814, Read, true,
        TableRequest => TableHeader, rows of MibIpForwardRow2;

    /// Gets the route that a packet would take, and its source address, as `GetBestRoute2` does.
    GetBestRoute "GET_BEST_ROUTE" = 0x81E, Read, true, BestRouteRequest => BestRoute, rows of ();

    /// Gets the row of one family on one interface, as `GetIpInterfaceEntry` does.
    GetInterface "GET_INTERFACE" = 0x828, Read, true,
        MibIpInterfaceRow => MibIpInterfaceRow, rows of ();
    /// Gets a page of a snapshot of the interface table, as `GetIpInterfaceTable` returns it.
    GetInterfaceTable "GET_INTERFACE_TABLE" = 0x829, Read, true,
        TableRequest => TableHeader, rows of MibIpInterfaceRow;
    /// Sets the metric of an interface for one family, and whether its default routes are used, as
    /// `SetIpInterfaceEntry` does. The caller can lease the settings to the handle.
    SetInterface "SET_INTERFACE" = 0x82A, Write, true, InterfaceRequest => (), rows of ();
    /// Gets a page of the leases of settings of interfaces, with their owners.
    GetInterfaceLeases "GET_INTERFACE_LEASES" = 0x82B, Read, true,
        LeaseRequest => LeaseHeader, rows of InterfaceLeaseRow;

    /// Makes many changes in one call, each with a result of its own. The caller can ask that all
    /// happen or none, and can lease routes to the handle.
    Apply "APPLY" = 0x832, Write, false,
        ApplyHeader [ApplyEntry] => ApplyAnswer, rows of EntryAnswer;
    /// Gets a page of the leases of routes of all handles, with their owners and the states of their
    /// guards.
    GetLeases "GET_LEASES" = 0x833, Read, true, LeaseRequest => LeaseHeader, rows of LeaseRow;

    /// Gets the changes of the route table, and of interfaces, after a sequence number. Waits until
    /// there is one.
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
        let readable = ControlCode(create.0 & !(3 << 14) | RequiredAccess::Read.bits() << 14);
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
