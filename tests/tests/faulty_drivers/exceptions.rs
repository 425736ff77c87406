//! A driver's `__except` does not get a fault at an address that is not the caller's: the host stops, as
//! Windows does.

use crate::irps::stop;

/// How the host stops for a page fault.
const PAGE_FAULT: &str = "*** STOP 0x00000050 PAGE_FAULT_IN_NONPAGED_AREA (";

#[test]
fn freed_pool_within_a_try_stops_the_host() {
    let report = stop("freed_pool_is_read_within_a_try");
    assert!(report.contains(PAGE_FAULT), "{report}");
    for words in ["was read", "tag 'Fult'", "freed here:"] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn an_upper_address_within_a_try_stops_the_host() {
    let report = stop("an_upper_address_is_read_within_a_try");
    let stop = format!("{PAGE_FAULT}0xffff800000001000, ");
    assert!(report.contains(&stop), "{report}");
}
