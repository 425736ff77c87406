//! Netio.lib: the route functions of `netioapi.h`, and the network compartment that they act in, as
//! safe functions.
//!
//! The documentation asks for an IRQL below `DISPATCH_LEVEL`, the header for `PASSIVE_LEVEL`. Each
//! function takes the proof of the stricter one.

mod compartment;
mod notify;
mod route;
mod sys;
mod table;

pub(crate) use compartment::{set_thread_compartment, thread_compartment};
pub(crate) use notify::{ChangeListener, Listening};
pub(crate) use route::{
    convert_interface_guid_to_luid, convert_interface_luid_to_guid, create_ip_forward_entry2,
    delete_ip_forward_entry2, get_best_route2, get_ip_forward_entry2, get_ip_interface_entry,
    initialize_ip_forward_entry, set_ip_forward_entry2, set_ip_interface_entry,
};
#[expect(
    unused_imports,
    reason = "for the tests of misuse, which call every function"
)]
pub(crate) use table::free_mib_table;
pub(crate) use table::{
    MibTable, get_ip_forward_table2, get_ip_interface_table, get_unicast_ip_address_table,
};
