//! WDFSTRING: text with an owner.

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::driver::Driver;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::object::Body;
use super::pointer::{In, Out};
use crate::io::unicode::{OwnedUnicodeString, UnicodeString};

functions! {
    PASSIVE WdfDriverRetrieveVersionString = retrieve_version(
        driver: Handle<Driver>, string: Handle<WdfString>) -> NtStatus;
    PASSIVE WdfStringCreate = create(
        text: In<UnicodeString>, attributes: In<ObjectAttributes>,
        string: Out<Handle<WdfString>>) -> NtStatus;
    PASSIVE WdfStringGetUnicodeString = get_unicode_string(
        string: Handle<WdfString>, text: Out<UnicodeString>);
}

/// What the framework says of itself.
const VERSION: &str = "Kernel Mode Driver Framework 1.31 (nthost)";

/// Text. What a driver was told of it stays valid as long as the object, so a change keeps what was
/// there before.
pub(crate) struct WdfString(Mutex<Vec<OwnedUnicodeString>>);

impl WdfString {
    /// A string of this text.
    pub(super) fn new(text: &str) -> Self {
        Self(Mutex::new(vec![OwnedUnicodeString::new(text)]))
    }

    /// Changes the text.
    pub(super) fn set(&self, text: &str) {
        self.0.lock().push(OwnedUnicodeString::new(text));
    }
}

impl Body for WdfString {
    const KIND: Kind = Kind::String;
}

fn create(
    call: &Call,
    text: In<UnicodeString>,
    attributes: In<ObjectAttributes>,
    string: Out<Handle<WdfString>>,
) -> NtStatus {
    let string = string.required(call, "String");
    let text = text.optional().unwrap_or(UnicodeString::EMPTY).text();
    let rules = Rules::plain(ParentRule::Optional);
    call.create(attributes, rules, WdfString::new(&text), string)
}

fn get_unicode_string(call: &Call, string: Handle<WdfString>, text: Out<UnicodeString>) {
    let string = call.object(string, "String");
    let text = text.required(call, "UnicodeString");
    if let Some(last) = string.0.lock().last() {
        text.set(last.as_unicode_string());
    }
}

fn retrieve_version(call: &Call, driver: Handle<Driver>, string: Handle<WdfString>) -> NtStatus {
    call.object(driver, "Driver");
    let string = call.object(string, "String");
    string.set(VERSION);
    NtStatus::SUCCESS
}
