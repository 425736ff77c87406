//! Pageable memory.

use crate::codes::{ANY, DRIVER_IRQL_NOT_LESS_OR_EQUAL};
use crate::faulty_host::{commit, rule};

#[test]
fn paged_memory_is_read_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&[
            "was read at DISPATCH_LEVEL, which is pageable: 64 bytes, paged",
            "allocated here",
        ]);
}

#[test]
fn paged_memory_is_written_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&["was written at DISPATCH_LEVEL, which is pageable: 64 bytes, paged"]);
}

#[test]
fn pageable_code_is_executed_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_IRQL_NOT_LESS_OR_EQUAL, ANY)
        .saying(&["was executed at DISPATCH_LEVEL, which is pageable: a section of the image"]);
}
