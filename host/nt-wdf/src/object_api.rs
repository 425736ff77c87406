//! WDFOBJECT: objects of no particular type, and what all objects have in common.

use std::sync::Arc;

use nt_kernel::on_windows::Rule;
use nt_types::Guid;
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::device::DeviceBody;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfObject, tag};
use crate::io_target::IoTargetBody;
use crate::object::{Body, Object, ObjectAttributes, ParentRule, Ref, Rules, deletion};
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
    if let Some((rule, words)) = refusal(&object) {
        return call.broken(rule, Violation::VerifierFatalError, object.handle(), words);
    }
    match object.kind() {
        Kind::Device => Ref::<DeviceBody>::new(object).delete_when_unused(),
        _ => deletion::delete(&object),
    }
}

/// Why the driver must not delete the object.
fn refusal(object: &Arc<Object>) -> Option<(Rule, &'static str)> {
    const DRIVER: Rule = Rule::named("objects::the_driver_is_deleted");
    const FILE: Rule = Rule::named("files::a_file_object_is_deleted");
    const REQUEST: Rule = Rule::named("requests::a_request_is_deleted");
    const SENT: Rule = Rule::named("targets::a_sent_request_is_deleted");
    const QUEUE: Rule = Rule::named("objects::the_default_queue_is_deleted");
    const TARGET: Rule = Rule::named("wdm::the_devices_own_target_is_deleted");
    const DEVICE: Rule = Rule::named("objects::the_device_is_deleted");
    let refusal = match object.kind() {
        Kind::Driver => (DRIVER, "the driver is deleted by its unload"),
        Kind::File => (FILE, "file objects are deleted when their file is closed"),
        Kind::Request => {
            let request = Ref::<RequestBody>::new(object.clone());
            let rule = if request.is_created() { SENT } else { REQUEST };
            (rule, request.why_it_stays()?)
        }
        Kind::Queue if Ref::<QueueBody>::new(object.clone()).is_fixed() => {
            let words = "a queue that the framework delivers to belongs to its device";
            (QUEUE, words)
        }
        Kind::IoTarget if Ref::<IoTargetBody>::new(object.clone()).is_own() => {
            (TARGET, "a device's own I/O target goes with its device")
        }
        Kind::Device if !Ref::<DeviceBody>::new(object.clone()).is_control() => {
            (DEVICE, "a PnP device is deleted by its removal")
        }
        _ => return None,
    };
    Some(refusal)
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
