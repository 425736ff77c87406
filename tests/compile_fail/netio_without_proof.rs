// 15 times error[E0061]
//! No function of the network stack can be called without the proof that the thread is at
//! `PASSIVE_LEVEL`: each line lacks it, and nothing else.

use core::pin::Pin;
use core::ptr::NonNull;

use abi::{AddressFamily, BestRoute, MibIpForwardRow2, MibIpInterfaceRow, NtStatus};
use engine::{CompartmentId, RouteLookup};

use crate::netio::*;
use crate::pool::NonPaged;

fn call_each<L: ChangeListener>(
    row: &mut NonPaged<MibIpForwardRow2>,
    interface: &mut NonPaged<MibIpInterfaceRow>,
    lookup: &NonPaged<RouteLookup>,
    answer: &mut NonPaged<BestRoute>,
    listening: Pin<&Listening<L>>,
) -> Result<(), NtStatus> {
    initialize_ip_forward_entry(row);
    create_ip_forward_entry2(row)?;
    set_ip_forward_entry2(row)?;
    delete_ip_forward_entry2(row)?;
    get_ip_forward_entry2(row)?;
    get_ip_forward_table2(AddressFamily::IPV4)?;
    get_best_route2(lookup, answer)?;
    get_ip_interface_entry(interface)?;
    set_ip_interface_entry(interface)?;
    get_ip_interface_table(AddressFamily::IPV4)?;
    // SAFETY: this is not to be compiled.
    unsafe { free_mib_table::<MibIpForwardRow2>(NonNull::dangling()) };
    thread_compartment();
    set_thread_compartment(CompartmentId::DEFAULT)?;
    listening.start()?;
    listening.stop();
    Ok(())
}
