//! Network compartments, each with interfaces and routes of its own.

/// `NET_IF_COMPARTMENT_ID_PRIMARY`: the compartment of a thread that was put into no other.
pub const DEFAULT_COMPARTMENT: u32 = 1;
