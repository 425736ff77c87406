//! The driver's parameters.

use abi::status::NtStatus;

use super::super::attributes::ObjectAttributes;
use super::super::driver::Driver;
use super::super::handle::Handle;
use super::super::key::{Key, registry};
use super::super::pointer::{In, Out};
use super::super::status;
use super::super::test_driver::{TestDriver, wdf};
use crate::io::unicode::{OwnedUnicodeString, UnicodeString};

const KEY_READ: u32 = 0x2_0019;

#[test]
fn parameters_are_not_there_until_someone_sets_one() {
    let driver = TestDriver::new();
    let open = || {
        let mut key = Handle::<Key>::NULL;
        let status = wdf!(driver.globals, 119, driver.handle() => Handle<Driver>,
            KEY_READ => u32, In::NULL => In<ObjectAttributes>,
            Out::from(&mut key) => Out<Handle<Key>>; NtStatus);
        status.into_result().map(|()| key)
    };
    let missing = open().map(|key| key.0);
    assert_eq!(missing, Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    let services = r"\Registry\Machine\System\CurrentControlSet\Services";
    let path = format!(r"{services}\{}\Parameters", driver.name);
    let set = |name: &str, kind, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        registry::set(&path, name, registry::Value { kind, bytes });
    };
    set("Limit", 4, &7u32.to_le_bytes());
    set("Text", 1, b"7");
    let key = open().unwrap();
    let query = |name: &str| {
        let name = OwnedUnicodeString::new(name);
        let mut value = 0;
        let status = wdf!(driver.globals, 240, key => Handle<Key>,
            In::from(&name.as_unicode_string()) => In<UnicodeString>,
            Out::from(&mut value) => Out<u32>; NtStatus);
        status.into_result().map(|()| value)
    };
    assert_eq!(query("limit"), Ok(7));
    assert_eq!(query("Text"), Err(status::OBJECT_TYPE_MISMATCH));
    assert_eq!(query("None"), Err(NtStatus::OBJECT_NAME_NOT_FOUND));
    wdf!(driver.globals, 231, key => Handle<Key>; ());
    driver.unload();
}
