//! The driver's parameters.

use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_kernel::fault::{self, Plan};
use nt_kernel::registry::store;
use nt_kernel::testing::run_alone;
use nt_types::status::NtStatus;

use crate::handle::{Handle, WdfCollection, WdfDriver, WdfKey, WdfMemory, WdfObject, WdfString};
use crate::object::ObjectAttributes;
use crate::pointer::{In, Out};
use crate::request_api::MemoryOffset;
use crate::status;
use crate::test_driver::{TestDriver, bytes, wdf};

const KEY_READ: u32 = 0x2_0019;

/// The driver's own key below `Software`, made if it is not there.
fn create_key(driver: &TestDriver) -> (WdfKey, u32) {
    let path = OwnedUnicodeString::new(&format!(r"\Registry\Machine\Software\{}", driver.name));
    let (mut key, mut disposition) = (WdfKey::NULL, 0);
    let status = wdf!(driver.globals, 230, Handle::NULL => WdfKey,
        In::from(&path.as_unicode_string()) => In<UnicodeString>, KEY_READ => u32, 0 => u32,
        Out::from(&mut disposition) => Out<u32>, In::NULL => In<ObjectAttributes>,
        Out::from(&mut key) => Out<WdfKey>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    (key, disposition)
}

#[test]
fn parameters_are_not_there_until_someone_sets_one() {
    let driver = TestDriver::new();
    let open = || {
        let mut key = WdfKey::NULL;
        let status = wdf!(driver.globals, 119, driver.handle() => WdfDriver,
            KEY_READ => u32, In::NULL => In<ObjectAttributes>,
            Out::from(&mut key) => Out<WdfKey>; NtStatus);
        status.into_result().map(|()| key)
    };
    let missing = open().map(|key| key.0);
    assert_eq!(missing, Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    let services = r"\Registry\Machine\System\CurrentControlSet\Services";
    let path = format!(r"{services}\{}\Parameters", driver.name);
    let set = |name: &str, kind, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        store::set(&path, name, store::Value { kind, bytes });
    };
    set("Limit", 4, &7u32.to_le_bytes());
    set("Text", 1, b"7");
    let key = open().unwrap();
    let query = |name: &str| {
        let name = OwnedUnicodeString::new(name);
        let mut value = 0;
        let status = wdf!(driver.globals, 240, key => WdfKey,
            In::from(&name.as_unicode_string()) => In<UnicodeString>,
            Out::from(&mut value) => Out<u32>; NtStatus);
        status.into_result().map(|()| value)
    };
    assert_eq!(query("limit"), Ok(7));
    assert_eq!(query("Text"), Err(status::OBJECT_TYPE_MISMATCH));
    assert_eq!(query("None"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    wdf!(driver.globals, 231, key => WdfKey; ());
    driver.unload();
}

#[test]
fn what_is_written_to_a_key_is_read_back() {
    let driver = TestDriver::new();
    let (created, opened) = (1, 2);
    assert_eq!(create_key(&driver).1, created);
    let (key, disposition) = create_key(&driver);
    assert_eq!(disposition, opened);
    let name = OwnedUnicodeString::new("Text");
    let name = name.as_unicode_string();
    let text: Vec<u8> = "abc\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let status = wdf!(driver.globals, 241, key => WdfKey,
        In::from(&name) => In<UnicodeString>, 1 => u32, 8 => u32,
        text.as_ptr() => *const u8; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);

    let (mut short, mut length, mut kind) = ([0; 4], 0, 0);
    let status = wdf!(driver.globals, 235, key => WdfKey,
        In::from(&name) => In<UnicodeString>, 4 => u32, short.as_mut_ptr() => *mut u8,
        Out::from(&mut length) => Out<u32>, Out::from(&mut kind) => Out<u32>; NtStatus);
    assert_eq!((status, length, kind), (status::BUFFER_OVERFLOW, 8, 1));
    assert_eq!(short, text[..4]);

    let mut memory = WdfMemory::NULL;
    let status = wdf!(driver.globals, 236, key => WdfKey,
        In::from(&name) => In<UnicodeString>, 512 => i32, In::NULL => In<ObjectAttributes>,
        Out::from(&mut memory) => Out<WdfMemory>, Out::NULL => Out<u32>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let mut size = 0;
    let buffer = wdf!(driver.globals, 194, memory => WdfMemory,
        Out::from(&mut size) => Out<usize>; usize);
    assert_eq!(bytes(buffer, size), text);
    driver.unload();
}

/// The driver's own key, and the name of a `REG_DWORD` in it that is 7.
fn key_with_number(driver: &TestDriver) -> (WdfKey, OwnedUnicodeString) {
    let (key, _) = create_key(driver);
    let name = OwnedUnicodeString::new("Number");
    let status = wdf!(driver.globals, 246, key => WdfKey,
        In::from(&name.as_unicode_string()) => In<UnicodeString>, 7 => u32; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    (key, name)
}

#[test]
fn the_type_of_a_value_matters_if_it_fits_into_the_string() {
    let driver = TestDriver::new();
    let (key, name) = key_with_number(&driver);
    let name = name.as_unicode_string();
    let query = |room: u16| {
        let (mut buffer, mut length) = ([0u16; 4], 0);
        let mut value = UnicodeString {
            length: 0,
            maximum_length: room,
            buffer: buffer.as_mut_ptr(),
        };
        let status = wdf!(driver.globals, 238, key => WdfKey,
            In::from(&name) => In<UnicodeString>, Out::from(&mut length) => Out<u16>,
            Out::from(&mut value) => Out<UnicodeString>; NtStatus);
        (status, length)
    };
    assert_eq!(query(2), (status::BUFFER_OVERFLOW, 4));
    assert_eq!(query(4), (status::OBJECT_TYPE_MISMATCH, 0));
    driver.unload();
}

#[test]
fn a_value_that_was_too_long_for_a_moment_says_how_long() {
    run_alone!(|| {
        let driver = TestDriver::new();
        let (key, name) = key_with_number(&driver);
        let name = name.as_unicode_string();
        let query = || {
            let (mut value, mut length, mut kind) = (0u32, 0, 0);
            let status = wdf!(driver.globals, 235, key => WdfKey,
                In::from(&name) => In<UnicodeString>, 4 => u32,
                (&raw mut value).cast() => *mut u8, Out::from(&mut length) => Out<u32>,
                Out::from(&mut kind) => Out<u32>; NtStatus);
            (status, value, length, kind)
        };
        let mut told = Vec::new();
        for way in 0..5 {
            fault::arm_way(Plan::Only(0), way);
            let (status, value, length, kind) = query();
            assert_eq!((fault::disarm().failed.unwrap().status, value), (status, 0));
            told.push((status, length, kind));
        }
        told.retain(|(_, length, _)| *length > 0);
        assert_eq!(told, [(status::BUFFER_OVERFLOW, 5, 4)]);
        assert_eq!(query(), (NtStatus::SUCCESS, 7, 4, 4));
    });
}

/// `WdfStringCreate`.
fn string(driver: &TestDriver, text: &str) -> WdfString {
    let text = OwnedUnicodeString::new(text);
    let mut string = WdfString::NULL;
    let status = wdf!(driver.globals, 308,
        In::from(&text.as_unicode_string()) => In<UnicodeString>,
        In::NULL => In<ObjectAttributes>, Out::from(&mut string) => Out<WdfString>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    string
}

#[test]
fn texts_and_memory_are_assigned_to_values_and_removed() {
    const MULTI_STRING: u32 = 7;
    const BINARY: u32 = 3;
    let driver = TestDriver::new();
    let (key, _) = create_key(&driver);
    let path = format!(r"\Registry\Machine\Software\{}", driver.name);
    let stored = |name: &str| {
        let value = store::query(&path, name)?;
        Some((value.kind, value.bytes))
    };
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16();
        units.flat_map(u16::to_le_bytes).collect()
    };
    let name = OwnedUnicodeString::new("Value");
    let name = name.as_unicode_string();
    let name = In::from(&name);
    let text = OwnedUnicodeString::new("one");
    let text = text.as_unicode_string();
    let status = wdf!(driver.globals, 244, key => WdfKey, name => In<UnicodeString>,
        In::from(&text) => In<UnicodeString>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    assert_eq!(stored("Value"), Some((1, utf16("one\0"))));
    let strings = ["two", "three"].map(|text| string(&driver, text));
    let status = wdf!(driver.globals, 245, key => WdfKey, name => In<UnicodeString>,
        strings[0] => WdfString; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    assert_eq!(stored("Value"), Some((1, utf16("two\0"))));
    let mut collection = WdfCollection::NULL;
    let status = wdf!(driver.globals, 13, In::NULL => In<ObjectAttributes>,
        Out::from(&mut collection) => Out<WdfCollection>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    let assign_all = || {
        wdf!(driver.globals, 243, key => WdfKey, name => In<UnicodeString>,
            collection => WdfCollection; NtStatus)
    };
    assert_eq!(assign_all(), NtStatus::INVALID_PARAMETER);
    for string in strings {
        let item = WdfObject::new(string.0);
        let status = wdf!(driver.globals, 15, collection => WdfCollection, item => WdfObject;
            NtStatus);
        assert_eq!(status, NtStatus::SUCCESS);
    }
    assert_eq!(assign_all(), NtStatus::SUCCESS);
    let both = utf16("two\0three\0\0");
    assert_eq!(stored("Value"), Some((MULTI_STRING, both)));
    let (mut memory, mut place) = (WdfMemory::NULL, 0);
    let status = wdf!(driver.globals, 192, In::NULL => In<ObjectAttributes>, 512 => i32,
        0 => u32, 4 => usize, Out::from(&mut memory) => Out<WdfMemory>,
        Out::from(&mut place) => Out<usize>; NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    bytes(place, 4).copy_from_slice(&[1, 2, 3, 4]);
    let assign_part = |offset: usize, length: usize| {
        let part = MemoryOffset { offset, length };
        wdf!(driver.globals, 242, key => WdfKey, name => In<UnicodeString>, BINARY => u32,
            memory => WdfMemory, In::from(&part) => In<MemoryOffset>; NtStatus)
    };
    assert_eq!(assign_part(1, 2), NtStatus::SUCCESS);
    assert_eq!(stored("Value"), Some((BINARY, vec![2, 3])));
    assert_eq!(assign_part(1, 4), NtStatus::INVALID_PARAMETER);
    let remove = || wdf!(driver.globals, 234, key => WdfKey, name => In<UnicodeString>; NtStatus);
    assert_eq!(remove(), NtStatus::SUCCESS);
    assert_eq!(remove(), NtStatus::OBJECT_NAME_NOT_FOUND);
    driver.unload();
}

#[test]
fn a_key_is_removed_when_none_is_below_it() {
    let driver = TestDriver::new();
    let (key, _) = create_key(&driver);
    let path = format!(r"\Registry\Machine\Software\{}", driver.name);
    let below = format!(r"{path}\Below");
    store::create(&below);
    let remove = || wdf!(driver.globals, 233, key => WdfKey; NtStatus);
    assert_eq!(remove(), status::CANNOT_DELETE);
    assert_eq!(store::delete(&below), Ok(true));
    assert_eq!(remove(), NtStatus::SUCCESS);
    assert!(!store::exists(&path));
    driver.unload();
}
