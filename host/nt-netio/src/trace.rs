//! A trace of a driver's calls of NETIO, with the best route to a destination after each call.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use nt_types::{AddressFamily, MibIpForwardRow2, NtStatus, SockaddrInet};
use parking_lot::Mutex;

use crate::stack::{BestRouteQuery, NetworkStack};

/// The trace that is being taken.
static TRACE: Mutex<Option<Trace>> = Mutex::new(None);
/// True while a trace is taken.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

struct Trace {
    destination: Option<SockaddrInet>,
    lines: String,
}

/// Begins to take down each call, and after each asks for the way to `destination`, if there is
/// one.
pub fn begin(destination: Option<SockaddrInet>) {
    *TRACE.lock() = Some(Trace {
        destination,
        lines: String::new(),
    });
    IS_TAKEN.store(true, Ordering::SeqCst);
}

/// Ends the trace and gives its lines: of each call its function, its status, and the prefix and
/// the next hop of the best route to the destination, or a dash for each of the two.
#[must_use]
pub fn end() -> String {
    IS_TAKEN.store(false, Ordering::SeqCst);
    TRACE
        .lock()
        .take()
        .map_or_else(String::new, |trace| trace.lines)
}

/// Takes down a call that has just been made.
#[inline]
pub(super) fn record(function: &str, status: NtStatus, stack: &dyn NetworkStack) {
    if IS_TAKEN.load(Ordering::SeqCst) {
        take_down(function, status, stack);
    }
}

#[cold]
fn take_down(function: &str, status: NtStatus, stack: &dyn NetworkStack) {
    let mut trace = TRACE.lock();
    let Some(trace) = trace.as_mut() else {
        return;
    };
    let best = trace
        .destination
        .and_then(|destination| best_route(stack, destination));
    let way = best.map_or_else(|| "- -".to_owned(), |route| describe(&route));
    // Writing to a string cannot fail.
    let _ = writeln!(trace.lines, "{function} {:#010x} {way}", status.bits());
}

/// The best route over all interfaces, asked one by one: not every profile answers a query without
/// an interface.
fn best_route(stack: &dyn NetworkStack, destination: SockaddrInet) -> Option<MibIpForwardRow2> {
    let interfaces = stack.interfaces(AddressFamily::UNSPECIFIED).ok()?;
    let answers = interfaces.iter().filter_map(|interface| {
        let query = BestRouteQuery {
            interface_luid: interface.interface_luid,
            destination,
            ..BestRouteQuery::default()
        };
        Some(stack.best_route(&query).ok()?.route)
    });
    answers.max_by_key(|route| route.destination_prefix.prefix_length)
}

fn describe(route: &MibIpForwardRow2) -> String {
    let address = |address: &SockaddrInet| {
        let address = address.address();
        address.map_or_else(|| "-".to_owned(), |address| address.to_string())
    };
    format!(
        "{}/{} {}",
        address(&route.destination_prefix.prefix),
        route.destination_prefix.prefix_length,
        address(&route.next_hop)
    )
}
