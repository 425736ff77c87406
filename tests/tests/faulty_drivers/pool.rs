//! The pool.

use crate::codes::{
    ANY, BAD_POOL_CALLER, DRIVER_VERIFIER_DETECTED_VIOLATION, PAGE_FAULT_IN_NONPAGED_AREA,
    SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION,
};
use crate::faulty_host::{commit, load, rule};

#[test]
fn a_block_is_freed_twice() {
    commit(rule!()).stops(BAD_POOL_CALLER, 7).saying(&[
        "was freed twice",
        "freed here:",
        "allocated here:",
    ]);
}

#[test]
fn a_block_is_freed_with_another_tag() {
    commit(rule!()).stops(BAD_POOL_CALLER, 0xA).saying(&[
        "tag 'Flty'",
        "freed with the tag 'Glty'",
        "allocated here:",
    ]);
}

#[test]
fn a_block_has_no_tag() {
    commit(rule!())
        .stops(BAD_POOL_CALLER, 0x9B)
        .saying(&["without a tag"]);
}

#[test]
fn a_block_has_no_bytes() {
    commit(rule!())
        .stops(BAD_POOL_CALLER, 0)
        .saying(&["of no bytes"]);
}

#[test]
fn memory_of_the_stack_is_freed() {
    commit(rule!())
        .stops(BAD_POOL_CALLER, 0x42)
        .saying(&["which is not pool memory"]);
}

#[test]
fn the_middle_of_a_block_is_freed() {
    commit(rule!())
        .stops(BAD_POOL_CALLER, 0x42)
        .saying(&["16 bytes into a block"]);
}

#[test]
fn a_null_pointer_is_freed() {
    commit(rule!())
        .stops(BAD_POOL_CALLER, 0x42)
        .saying(&["0x0 was freed"]);
}

#[test]
fn a_block_is_written_past_its_end() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&[
            "was written, 0 bytes past the end of a block (64 bytes",
            "allocated here:",
        ]);
}

#[test]
fn the_rest_of_a_blocks_page_is_written() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x52)
        .saying(&["was written past its end, at offset 61", "allocated here:"]);
}

#[test]
fn a_block_is_written_before_its_start() {
    commit(rule!())
        .stops(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, ANY)
        .saying(&[
            "was written before its start, at offset -1",
            "allocated here:",
        ]);
}

#[test]
fn a_freed_block_is_read() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&[
            "was read, 8 bytes into a freed block",
            "freed here:",
            "allocated here:",
        ]);
}

#[test]
fn a_freed_block_is_written() {
    commit(rule!())
        .stops(PAGE_FAULT_IN_NONPAGED_AREA, ANY)
        .saying(&[
            "was written, 8 bytes into a freed block",
            "freed here:",
            "allocated here:",
        ]);
}

#[test]
fn paged_memory_is_taken_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 1)
        .saying(&["was asked for at DISPATCH_LEVEL"]);
}

#[test]
fn paged_memory_is_freed_at_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x11)
        .saying(&["was freed at DISPATCH_LEVEL"]);
}

#[test]
fn memory_is_taken_above_dispatch() {
    commit(rule!())
        .stops(DRIVER_VERIFIER_DETECTED_VIOLATION, 2)
        .saying(&["was asked for at IRQL 5"]);
}

#[test]
fn a_block_is_left_at_unload() {
    commit(rule!())
        .leaves_something()
        .saying(&["pool", "tag 'Flty'", "a_block_is_left_at_unload"]);
}

#[test]
fn a_block_is_left_on_an_error_path() {
    commit(rule!()).leaves_something().saying(&[
        "pool",
        "tag 'Flty'",
        "a_block_is_left_on_an_error_path",
    ]);
}

#[test]
fn a_block_is_left_by_an_entry_point_that_fails() {
    load(rule!()).leaves_something().saying(&[
        "the driver's entry point returned",
        "tag 'Flty'",
        "a_block_is_left_by_an_entry_point_that_fails",
    ]);
}
