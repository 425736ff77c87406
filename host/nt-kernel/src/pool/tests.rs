//! The rules of the pool, each broken once.

use super::*;
use crate::testing::{expect_stop, run_alone};

const TAG: u32 = u32::from_le_bytes(*b"Test");

fn take(nonpaged: bool, size: usize) -> usize {
    allocate(nonpaged, size, TAG)
        .unwrap()
        .as_ptr()
        .expose_provenance()
}

fn write(address: usize) {
    let address = std::ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: sound for live blocks; tests that break the rule end within it.
    unsafe { address.write_volatile(1) };
}

#[test]
fn blocks_are_zeroed_aligned_and_end_their_page() {
    for size in [1, 15, 16, 100, 4095, 4096, 5000] {
        let address = take(true, size);
        let alignment = if size < PAGE_SIZE {
            ALIGNMENT
        } else {
            PAGE_SIZE
        };
        assert_eq!(address % alignment, 0, "{size}");
        let start = std::ptr::with_exposed_provenance::<u8>(address);
        // SAFETY: the block that was just allocated.
        let bytes = unsafe { std::slice::from_raw_parts(start, size) };
        assert!(bytes.iter().all(|byte| *byte == 0));
        assert_eq!(contains(address + size - 1).unwrap().size, size);
        free(address, Some(TAG));
        assert_eq!(contains(address), None);
    }
}

#[test]
fn heap_blocks_keep_the_same_promises() {
    let (address, margin) = plain::take(100).unwrap();
    let block = PoolBlock {
        address: address.addr().get(),
        size: 100,
        nonpaged: true,
        tag: TAG,
    };
    assert_eq!(plain::overrun(&block), None);
    write(block.address + 103);
    assert_eq!(plain::overrun(&block), Some(103));
    plain::fill_freed(&block);
    assert_eq!(plain::written_after_free(&block), None);
    write(block.address + 7);
    assert_eq!(plain::written_after_free(&block), Some(7));
    margin.give_back(&block);
}

#[test]
fn unfreed_blocks_are_in_the_resource_tracker() {
    let address = take(true, 24);
    let entry = resource_tracker::outstanding()
        .into_iter()
        .find(|entry| entry.address == address);
    assert_eq!(
        entry.unwrap().detail.to_string(),
        "24 bytes, nonpaged, tag 'Test'"
    );
    free(address, None);
    assert!(
        resource_tracker::outstanding()
            .iter()
            .all(|entry| entry.address != address)
    );
}

#[test]
fn freeing_twice_stops() {
    let report = expect_stop!(|| {
        let address = take(true, 24);
        free(address, None);
        free(address, None);
    });
    assert!(
        report.contains("0x000000C2 BAD_POOL_CALLER (0x7"),
        "{report}"
    );
}

#[test]
fn freeing_what_is_no_block_stops() {
    let report = expect_stop!(|| free(take(true, 24) + 16, None));
    assert!(report.contains("16 bytes into a block"), "{report}");
}

#[test]
fn freeing_with_another_tag_stops() {
    let report = expect_stop!(|| free(take(true, 24), Some(u32::from_le_bytes(*b"Else"))));
    assert!(
        report.contains("tag 'Test', was freed with the tag 'Else'"),
        "{report}"
    );
}

#[test]
fn no_bytes_stop() {
    let report = expect_stop!(|| assert!(allocate(true, 0, TAG).is_none()));
    assert!(report.contains("no bytes"), "{report}");
}

#[test]
fn no_tag_stops() {
    let report = expect_stop!(|| assert!(allocate(true, 8, 0).is_none()));
    assert!(report.contains("(0x9b, 0x0, 0x8"), "{report}");
}

#[test]
fn paged_pool_at_dispatch_level_stops() {
    let report = expect_stop!(|| {
        irql::raise(Irql::DISPATCH);
        take(false, 8);
    });
    assert!(
        report.contains("0x000000C4") && report.contains("(0x1, 0x2, 0x1, 0x8)"),
        "{report}"
    );
}

#[test]
fn a_byte_within_the_alignment_is_found_when_the_block_is_freed() {
    let report = expect_stop!(|| {
        let address = take(true, 20);
        write(address + 21);
        free(address, None);
    });
    assert!(
        report.contains("written past its end, at offset 21"),
        "{report}"
    );
}

#[test]
fn a_byte_beyond_the_page_faults() {
    let report = expect_stop!(|| {
        crate::fault_handler::install().unwrap();
        write(take(true, 32) + 32);
    });
    assert!(
        report.contains("0x00000050 PAGE_FAULT_IN_NONPAGED_AREA"),
        "{report}"
    );
    assert!(
        report.contains("0 bytes past the end of a block (32 bytes"),
        "{report}"
    );
}

#[test]
fn the_pages_of_a_freed_block_are_a_mapping_of_their_own() {
    run_alone!(|| {
        let address = take(true, 32);
        let page = address - address % PAGE_SIZE;
        let mapping = format!("{page:x}-{:x} ", page + PAGE_SIZE);
        for is_allocated in [true, false] {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            assert!(maps.contains(&mapping), "{is_allocated}: {maps}");
            if is_allocated {
                free(address, None);
            }
        }
    });
}

#[test]
fn a_freed_block_faults() {
    let report = expect_stop!(|| {
        crate::fault_handler::install().unwrap();
        let address = take(true, 32);
        free(address, None);
        write(address + 5);
    });
    assert!(
        report.contains("5 bytes into a freed block (32 bytes"),
        "{report}"
    );
}
