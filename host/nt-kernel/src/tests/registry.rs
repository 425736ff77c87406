//! The registry.

use crate::export_by_name::nt;
use crate::ob::handles::KERNEL_HANDLE;
use crate::pool;
use crate::registry::store::{self, Value};
use crate::unicode::{OwnedUnicodeString, UnicodeString};

/// `STATUS_OBJECT_NAME_NOT_FOUND`.
const NOT_FOUND: u32 = 0xC000_0034;
/// `STATUS_BUFFER_OVERFLOW` and `STATUS_BUFFER_TOO_SMALL`.
const OVERFLOW: u32 = 0x8000_0005;
const TOO_SMALL: u32 = 0xC000_0023;
/// `STATUS_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0x8000_001A;
/// `STATUS_CANNOT_DELETE` and `STATUS_KEY_DELETED`.
const CANNOT_DELETE: u32 = 0xC000_0121;
const KEY_DELETED: u32 = 0xC000_017C;
/// `KeyValuePartialInformation`.
const PARTIAL: u32 = 2;

/// Runs `body` with `OBJECT_ATTRIBUTES` for a key.
fn with_attributes<R>(root: usize, name: &str, body: impl FnOnce(*const [usize; 6]) -> R) -> R {
    let text = OwnedUnicodeString::new(name);
    let name = text.as_unicode_string();
    let name: *const UnicodeString = &raw const name;
    let flags = KERNEL_HANDLE as usize | 0x40;
    body(&[0x30, root, name.expose_provenance(), flags, 0, 0])
}

fn create(root: usize, name: &str) -> Result<(usize, u32), u32> {
    let (mut handle, mut disposition) = (0, 0);
    let status = with_attributes(root, name, |attributes| {
        nt!(ZwCreateKey(
            &raw mut handle => *mut usize, 0xF003F => u32, attributes => *const [usize; 6],
            0 => u32, 0 => usize, 0 => u32, &raw mut disposition => *mut u32) -> u32)
    });
    if status == 0 {
        Ok((handle, disposition))
    } else {
        Err(status)
    }
}

fn open(root: usize, name: &str) -> Result<usize, u32> {
    let mut handle = 0;
    let status = with_attributes(root, name, |attributes| {
        nt!(ZwOpenKey(
            &raw mut handle => *mut usize, 0xF003F => u32, attributes => *const [usize; 6]) -> u32)
    });
    if status == 0 { Ok(handle) } else { Err(status) }
}

fn close(key: usize) {
    nt!(ZwClose(key => usize) -> u32);
}

fn set(key: usize, name: &str, bytes: &[u8]) -> u32 {
    let name = OwnedUnicodeString::new(name);
    nt!(ZwSetValueKey(
        key => usize, &name.as_unicode_string() => *const UnicodeString, 0 => u32,
        3 => u32, bytes.as_ptr() => *const u8,
        u32::try_from(bytes.len()).unwrap() => u32) -> u32)
}

/// Status, bytes in the buffer and bytes that are needed.
fn query(key: usize, name: &str, room: usize) -> (u32, Vec<u8>, u32) {
    let name = OwnedUnicodeString::new(name);
    let (mut buffer, mut needed) = (vec![0xEE; room], 0);
    let status = nt!(ZwQueryValueKey(
        key => usize, &name.as_unicode_string() => *const UnicodeString,
        PARTIAL => u32, buffer.as_mut_ptr() => *mut u8, u32::try_from(room).unwrap() => u32,
        &raw mut needed => *mut u32) -> u32);
    (status, buffer, needed)
}

/// A key of a test's own.
fn top(name: &str) -> usize {
    let path = format!(r"\Registry\Machine\{name}");
    store::create(&path);
    open(0, &path).unwrap()
}

#[test]
fn a_value_is_queried_as_far_as_it_fits() {
    let key = top("Values");
    assert_eq!(set(key, "Data", &[1, 2, 3, 4, 5, 6]), 0);
    let head = [0, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0];
    let all = [&head[..], &[1, 2, 3, 4, 5, 6]].concat();
    assert_eq!(query(key, "DATA", 18), (0, all.clone(), 18));
    assert_eq!(query(key, "Data", 14), (OVERFLOW, all[..14].to_vec(), 18));
    assert_eq!(query(key, "Data", 8), (TOO_SMALL, vec![0xEE; 8], 18));
    assert_eq!(query(key, "Other", 8).0, NOT_FOUND);
    close(key);
}

#[test]
fn a_key_is_created_below_another_and_deleted_last() {
    let key = top("Keys");
    let (below, disposition) = create(key, "Below").unwrap();
    assert_eq!(disposition, 1);
    assert_eq!(create(key, r"Missing\Deep"), Err(NOT_FOUND));
    let (again, disposition) = create(0, r"\registry\machine\keys\below").unwrap();
    assert_eq!(disposition, 2);
    assert_eq!(nt!(ZwDeleteKey(key => usize) -> u32), CANNOT_DELETE);
    assert_eq!(nt!(ZwDeleteKey(again => usize) -> u32), 0);
    assert_eq!(set(below, "Late", &[1]), KEY_DELETED);
    assert_eq!(open(key, "Below"), Err(NOT_FOUND));
    [key, below, again].into_iter().for_each(close);
}

#[test]
fn keys_and_values_are_enumerated_until_there_are_no_more() {
    let key = top("Enumerated");
    for name in ["One", "Two"] {
        close(create(key, name).unwrap().0);
    }
    set(key, "Value", &[7]);
    let (mut buffer, mut needed) = ([0u8; 64], 0);
    let mut enumerate = |index: u32| {
        nt!(ZwEnumerateKey(
            key => usize, index => u32, 0 => u32, buffer.as_mut_ptr() => *mut u8, 64 => u32,
            &raw mut needed => *mut u32) -> u32)
    };
    assert_eq!([0, 1, 2].map(&mut enumerate), [0, 0, NO_MORE]);
    let name: Vec<u8> = "Two".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!((buffer[12], &buffer[16..22]), (6, &name[..]));
    let mut full = [0u32; 11];
    nt!(ZwQueryKey(
        key => usize, 2 => u32, &raw mut full => *mut [u32; 11], 44 => u32,
        &raw mut needed => *mut u32) -> u32);
    let [
        ..,
        subkeys,
        longest_name,
        _class,
        values,
        longest_value,
        longest_data,
    ] = full;
    assert_eq!((subkeys, longest_name), (2, 6));
    assert_eq!((values, longest_value, longest_data), (1, 10, 1));
    close(key);
}

/// An `RTL_QUERY_REGISTRY_TABLE` entry for a value that is stored at `place`.
fn direct(name: &'static [u16], place: usize, flags: u64) -> [u64; 7] {
    const DIRECT: u64 = 0x20;
    let name = name.as_ptr().expose_provenance();
    [0, DIRECT | flags, name as u64, place as u64, 0, 0, 0]
}

/// `RtlQueryRegistryValues` with a table that ends behind this entry.
fn query_table(path: &str, entry: [u64; 7]) -> u32 {
    let path = OwnedUnicodeString::new(path);
    let table = [entry, [0; 7]];
    nt!(RtlQueryRegistryValues(
        0 => u32, path.as_ptr() => *const u16, &raw const table => *const [[u64; 7]; 2],
        0 => usize, 0 => usize) -> u32)
}

#[test]
fn a_table_stores_numbers_and_texts_where_it_says() {
    const LIMIT: &[u16] = &[b'L' as u16, 0];
    const TEXT: &[u16] = &[b'T' as u16, 0];
    const MISSING: &[u16] = &[b'M' as u16, 0];
    const REQUIRED: u64 = 4;
    let path = r"\Registry\Machine\Tabled";
    let bytes = vec![9, 0, 0, 0];
    store::set(path, "L", Value { kind: 4, bytes });
    let bytes = vec![b'x', 0, 0, 0];
    store::set(path, "T", Value { kind: 1, bytes });
    let mut number = 0u32;
    let place = (&raw mut number).expose_provenance();
    assert_eq!((query_table(path, direct(LIMIT, place, 0)), number), (0, 9));
    let mut text = UnicodeString::EMPTY;
    let place = (&raw mut text).expose_provenance();
    assert_eq!(query_table(path, direct(TEXT, place, REQUIRED)), 0);
    // SAFETY: the function has filled the string.
    assert_eq!((unsafe { text.text() }).as_str(), "x");
    pool::free(text.buffer.addr(), None);
    let missing = |flags| query_table(path, direct(MISSING, place, flags));
    assert_eq!((missing(0), missing(REQUIRED)), (0, NOT_FOUND));
}

#[test]
fn a_table_stores_longer_data_where_there_is_room() {
    const DATA: &[u16] = &[b'D' as u16, 0];
    const SEVENS: i32 = 0x0707_0707;
    let path = r"\Registry\Machine\TabledData";
    let bytes = vec![7; 8];
    store::set(path, "D", Value { kind: 3, bytes });
    let query = |size: i32| {
        let mut buffer = [size, -1, -1, -1, -1];
        let place = (&raw mut buffer).expose_provenance();
        (query_table(path, direct(DATA, place, 0)), buffer)
    };
    assert_eq!(query(16), (0, [8, 3, SEVENS, SEVENS, -1]));
    assert_eq!(query(15), (TOO_SMALL, [15, -1, -1, -1, -1]));
    assert_eq!(query(-8), (0, [SEVENS, SEVENS, -1, -1, -1]));
    assert_eq!(query(-7), (TOO_SMALL, [-7, -1, -1, -1, -1]));
}
