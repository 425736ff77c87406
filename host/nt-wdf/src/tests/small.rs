//! Memory, lookaside lists, strings, collections.

use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_kernel::testing::expect_stop;
use nt_types::status::NtStatus;

use crate::handle::{WdfCollection, WdfLookaside, WdfMemory, WdfObject, WdfString};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::status;
use crate::test_driver::{TestDriver, attributes, bytes, wdf};

/// `NonPagedPoolNx`.
const NON_PAGED: i32 = 512;

#[test]
fn memory_has_the_size_that_was_asked_for() {
    let driver = TestDriver::new();
    let create = |size: usize| {
        let (mut memory, mut buffer) = (WdfMemory::NULL, 0);
        let status = wdf!(driver.globals, 192, In::NULL => In<ObjectAttributes>,
            NON_PAGED => i32, 0 => u32, size => usize,
            Out::from(&mut memory) => Out<WdfMemory>,
            Out::from(&mut buffer) => Out<usize>; NtStatus);
        status.into_result().map(|()| (memory, buffer))
    };
    assert_eq!(
        create(0).map(|found| found.1),
        Err(NtStatus::INVALID_PARAMETER)
    );
    let (memory, buffer) = create(33).unwrap();
    bytes(buffer, 33).fill(1);
    let mut size = 0;
    let again = wdf!(driver.globals, 194, memory => WdfMemory,
        Out::from(&mut size) => Out<usize>; usize);
    assert_eq!((again, size), (buffer, 33));
    driver.delete(memory);
    driver.unload();
}

#[test]
fn memory_is_copied_within_its_bounds_only() {
    let driver = TestDriver::new();
    let (mut memory, mut buffer) = (WdfMemory::NULL, 0);
    let status = wdf!(driver.globals, 192, In::NULL => In<ObjectAttributes>,
        NON_PAGED => i32, 0 => u32, 4 => usize,
        Out::from(&mut memory) => Out<WdfMemory>,
        Out::from(&mut buffer) => Out<usize>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let mut bytes = *b"abcd";
    let at = bytes.as_mut_ptr();
    let from_buffer = |offset: usize, count: usize| {
        wdf!(driver.globals, 197, memory => WdfMemory, offset => usize,
            at => *const u8, count => usize; NtStatus)
    };
    assert_eq!(from_buffer(0, 4), NtStatus::SUCCESS);
    let status = wdf!(driver.globals, 196, memory => WdfMemory, 2 => usize,
        at => *mut u8, 2 => usize; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    for (offset, count, refusal) in [
        (0, 0, NtStatus::INVALID_PARAMETER),
        (3, 2, NtStatus::BUFFER_TOO_SMALL),
        (usize::MAX, 2, status::INTEGER_OVERFLOW),
    ] {
        assert_eq!(from_buffer(offset, count), refusal);
    }
    assert_eq!(&bytes, b"cdcd");
    driver.unload();
}

#[test]
fn memory_of_a_lookaside_list_is_usable() {
    let driver = TestDriver::new();
    let mut list = WdfLookaside::NULL;
    let status = wdf!(driver.globals, 198, In::NULL => In<ObjectAttributes>, 16 => usize,
        NON_PAGED => i32, In::NULL => In<ObjectAttributes>, 0 => u32,
        Out::from(&mut list) => Out<WdfLookaside>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let mut memory = WdfMemory::NULL;
    let status = wdf!(driver.globals, 199, list => WdfLookaside,
        Out::from(&mut memory) => Out<WdfMemory>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let buffer = wdf!(driver.globals, 194, memory => WdfMemory,
        Out::NULL => Out<usize>; usize);
    bytes(buffer, 16).fill(1);
    driver.unload();
}

#[test]
fn a_string_is_a_copy() {
    let driver = TestDriver::new();
    let text = OwnedUnicodeString::new("routes");
    let mut string = WdfString::NULL;
    let status = wdf!(driver.globals, 308,
        In::from(&text.as_unicode_string()) => In<UnicodeString>,
        In::NULL => In<ObjectAttributes>,
        Out::from(&mut string) => Out<WdfString>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let mut copy = UnicodeString::EMPTY;
    wdf!(driver.globals, 309, string => WdfString,
        Out::from(&mut copy) => Out<UnicodeString>; ());
    // SAFETY: the text lives as long as the string.
    assert_eq!(unsafe { copy.text() }, "routes");
    assert_ne!(copy.buffer, text.as_ptr());
    driver.unload();
}

#[test]
fn a_collection_keeps_its_items_in_order() {
    let driver = TestDriver::new();
    let mut collection = WdfCollection::NULL;
    let status = wdf!(driver.globals, 13, In::NULL => In<ObjectAttributes>,
        Out::from(&mut collection) => Out<WdfCollection>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let items = [0; 3].map(|_| driver.object(&attributes()).unwrap());
    for item in items {
        let status = wdf!(driver.globals, 15, collection => WdfCollection,
            item => WdfObject; NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    wdf!(driver.globals, 16, collection => WdfCollection, items[1] => WdfObject; ());
    let count = wdf!(driver.globals, 14, collection => WdfCollection; u32);
    let at = |index: u32| {
        wdf!(driver.globals, 18, collection => WdfCollection, index => u32; WdfObject).0
    };
    assert_eq!((count, at(0), at(1), at(2)), (2, items[0].0, items[2].0, 0));
    let first = || wdf!(driver.globals, 19, collection => WdfCollection; WdfObject).0;
    let last = || wdf!(driver.globals, 20, collection => WdfCollection; WdfObject).0;
    assert_eq!((first(), last()), (items[0].0, items[2].0));
    wdf!(driver.globals, 17, collection => WdfCollection, 0 => u32; ());
    assert_eq!((first(), last()), (items[2].0, items[2].0));
    wdf!(driver.globals, 17, collection => WdfCollection, 0 => u32; ());
    assert_eq!((first(), last()), (0, 0));
    driver.unload();
}

#[test]
fn a_driver_can_stop_the_machine_itself() {
    let report = expect_stop!(|| {
        let driver = TestDriver::new();
        wdf!(driver.globals, 368, 0xE2 => u32, 1 => usize, 2 => usize, 3 => usize, 4 => usize; ());
    });
    assert!(report.contains("STOP 0x000000E2"), "{report}");
    assert!(report.contains("(0x1, 0x2, 0x3, 0x4)"), "{report}");
}
