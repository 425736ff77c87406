//! WDFSTRING: text with an owner.

use abi::status::NtStatus;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::object::Body;
use super::pointer::{In, Out};
use crate::io::unicode::{OwnedUnicodeString, UnicodeString};

functions! {
    308 PASSIVE WdfStringCreate = create(
        text: In<UnicodeString>, attributes: In<ObjectAttributes>,
        string: Out<Handle<WdfString>>) -> NtStatus;
    309 PASSIVE WdfStringGetUnicodeString = get_unicode_string(
        string: Handle<WdfString>, text: Out<UnicodeString>);
}

/// Text.
pub(crate) struct WdfString(OwnedUnicodeString);

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
    let body = WdfString(OwnedUnicodeString::new(&text));
    call.create(attributes, rules, body, string)
}

fn get_unicode_string(call: &Call, string: Handle<WdfString>, text: Out<UnicodeString>) {
    let string = call.object(string, "String");
    let text = text.required(call, "UnicodeString");
    text.set(string.0.as_unicode_string());
}
