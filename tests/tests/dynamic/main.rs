//! Tests that are chosen at run time: those of each function of the route family, those that need
//! root, and those that need a network namespace.

mod device_access;
#[path = "../../../host/nt-netio-rtnetlink/tests/netns_vectors/namespace.rs"]
mod namespace;
mod netns;
mod netns_guards;
mod whole_family;

use std::process::ExitCode;

use libtest_mimic::Arguments;

/// The names and the functions of tests.
macro_rules! named {
    ($($test:ident),* $(,)?) => {
        &[$((stringify!($test), $test)),*]
    };
}
pub(crate) use named;

fn main() -> ExitCode {
    netns::hold_routes_if_asked();
    let arguments = Arguments::from_args();
    if !arguments.list {
        whole_family::print_family();
    }
    let mut trials = whole_family::trials();
    trials.extend(device_access::trials());
    trials.extend(netns::trials());
    trials.extend(netns_guards::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}
