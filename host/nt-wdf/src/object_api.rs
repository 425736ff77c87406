//! WDFOBJECT: objects of no particular type, and what all objects have in common.

use nt_types::Guid;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfObject, tag};
use crate::io_target::IoTargetBody;
use crate::object::{Body, ObjectAttributes, ParentRule, Ref, Rules, deletion};
use crate::pointer::{In, Out};
use crate::queue::QueueBody;
use crate::request::RequestBody;
use crate::violation::Violation;

functions! {
    DISPATCH WdfObjectReferenceActual = reference(
        object: WdfObject, tag: usize, line: i32, file: usize);
    DISPATCH WdfObjectDereferenceActual = dereference(
        object: WdfObject, tag: usize, line: i32, file: usize);
    DISPATCH WdfObjectCreate = create(
        attributes: In<ObjectAttributes>, object: Out<WdfObject>) -> NtStatus;
    DISPATCH WdfObjectDelete = delete(object: WdfObject);
    DISPATCH WdfObjectQuery = query(
        object: WdfObject, guid: In<Guid>, length: u32, buffer: usize) -> NtStatus;
}

/// An object of no particular type.
pub(crate) struct ObjectBody;

impl Body for ObjectBody {
    const KIND: Kind = Kind::Object;
    type Tag = tag::Object;
}

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    object: Out<WdfObject>,
) -> NtStatus {
    let rules = Rules {
        parent: ParentRule::Optional,
        level: true,
        scope: false,
    };
    call.create(
        attributes,
        rules,
        ObjectBody,
        object.required(call, "Object"),
    )
}

fn reference(call: &FrameworkCall, object: WdfObject, _tag: usize, _line: i32, _file: usize) {
    call.referenced_object(object, "Handle").reference();
}

fn dereference(call: &FrameworkCall, object: WdfObject, _tag: usize, _line: i32, _file: usize) {
    deletion::dereference(&call.referenced_object(object, "Handle"));
}

fn delete(call: &FrameworkCall, object: WdfObject) {
    let object = call.any_object(object, "Object");
    let refusal = match object.kind() {
        Kind::Driver => Some("the driver is deleted by its unload"),
        Kind::File => Some("file objects are deleted when their file is closed"),
        Kind::Request => Ref::<RequestBody>::new(object.clone()).why_it_stays(),
        Kind::Queue if Ref::<QueueBody>::new(object.clone()).is_fixed() => {
            Some("a queue that the framework delivers to belongs to its device")
        }
        Kind::IoTarget if Ref::<IoTargetBody>::new(object.clone()).is_own() => {
            Some("a device's own I/O target goes with its device")
        }
        Kind::Device if !Ref::<DeviceBody>::new(object.clone()).is_control() => {
            Some("a PnP device is deleted by its removal")
        }
        _ => None,
    };
    if let Some(rule) = refusal {
        call.violation(Violation::VerifierFatalError, object.handle(), rule);
    }
    match object.kind() {
        Kind::Device => Ref::<DeviceBody>::new(object).delete_when_unused(),
        _ => deletion::delete(&object),
    }
}

/// The framework answers queries only for its own test hooks, and no release has any.
fn query(
    call: &FrameworkCall,
    object: WdfObject,
    _guid: In<Guid>,
    _length: u32,
    _buffer: usize,
) -> NtStatus {
    call.any_object(object, "Object");
    NtStatus::NOT_FOUND
}
