//! WDFSTRING: text with an owner.

use nt_io::unicode::{OwnedUnicodeString, UnicodeString};
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfDriver, WdfString, tag};
use crate::object::{Body, HandleTag, ObjectAttributes, ParentRule, Rules};
use crate::pointer::{In, Out};

functions! {
    PASSIVE WdfDriverRetrieveVersionString = retrieve_version(
        driver: WdfDriver, string: WdfString) -> NtStatus;
    PASSIVE WdfStringCreate = create(
        text: In<UnicodeString>, attributes: In<ObjectAttributes>,
        string: Out<WdfString>) -> NtStatus;
    PASSIVE WdfStringGetUnicodeString = get_unicode_string(
        string: WdfString, text: Out<UnicodeString>);
}

/// The framework's version string.
const VERSION: &str = "Kernel Mode Driver Framework 1.31 (nthost)";

/// Text. A buffer that a driver has received stays valid as long as the object, so a change keeps the
/// earlier text.
pub(crate) struct StringBody(Mutex<Vec<OwnedUnicodeString>>);

impl StringBody {
    /// A string of this text.
    pub(crate) fn new(text: &str) -> Self {
        Self(Mutex::new(vec![OwnedUnicodeString::new(text)]))
    }

    /// Its text.
    pub(crate) fn text(&self) -> String {
        let texts = self.0.lock();
        // SAFETY: the string has its text as long as the object, which the caller has.
        let text = |last: &OwnedUnicodeString| unsafe { last.as_unicode_string().text() };
        texts.last().map(text).unwrap_or_default()
    }

    /// Changes the text.
    pub(crate) fn set(&self, text: &str) {
        self.0.lock().push(OwnedUnicodeString::new(text));
    }
}

impl HandleTag for tag::String {
    type Body = StringBody;
}

impl Body for StringBody {
    const KIND: Kind = Kind::String;
    type Tag = tag::String;
}

fn create(
    call: &FrameworkCall,
    text: In<UnicodeString>,
    attributes: In<ObjectAttributes>,
    string: Out<WdfString>,
) -> NtStatus {
    let string = string.required(call, "String");
    let text = text.optional_text().unwrap_or_default();
    let rules = Rules::plain(ParentRule::Optional);
    call.create(attributes, rules, StringBody::new(&text), string)
}

fn get_unicode_string(call: &FrameworkCall, string: WdfString, text: Out<UnicodeString>) {
    let string = call.object(string, "String");
    let text = text.required(call, "UnicodeString");
    if let Some(last) = string.0.lock().last() {
        text.set(last.as_unicode_string());
    }
}

fn retrieve_version(call: &FrameworkCall, driver: WdfDriver, string: WdfString) -> NtStatus {
    call.object(driver, "Driver");
    let string = call.object(string, "String");
    string.set(VERSION);
    NtStatus::SUCCESS
}
