//! WDFOBJECT: objects of no particular type, and what all objects have in common.

use nt_types::Guid;
use nt_types::status::NtStatus;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::deletion;
use super::device::Device;
use super::functions::functions;
use super::handle::{Any, Handle, Kind};
use super::object::{Body, Object, Plan, Ref};
use super::pointer::{In, Out};
use super::queue::Queue;
use super::status;
use super::violation::Violation;

functions! {
    DISPATCH WdfObjectReferenceActual = reference(
        object: Handle<Any>, tag: usize, line: i32, file: usize);
    DISPATCH WdfObjectDereferenceActual = dereference(
        object: Handle<Any>, tag: usize, line: i32, file: usize);
    DISPATCH WdfObjectCreate = create(
        attributes: In<ObjectAttributes>, object: Out<Handle<General>>) -> NtStatus;
    DISPATCH WdfObjectDelete = delete(object: Handle<Any>);
    DISPATCH WdfObjectQuery = query(
        object: Handle<Any>, guid: In<Guid>, length: u32, buffer: usize) -> NtStatus;
}

/// An object of no particular type.
pub(crate) struct General;

impl Body for General {
    const KIND: Kind = Kind::General;
}

impl Call {
    /// Creates an object below the parent in `attributes`, or else the driver, and writes its
    /// handle to `out`.
    pub(crate) fn create<T: Body>(
        &self,
        attributes: In<ObjectAttributes>,
        rules: Rules,
        body: T,
        out: Out<Handle<T>>,
    ) -> NtStatus {
        let created = attributes.check(self, rules).and_then(|attributes| {
            let plan = Plan::below(self.driver().object(), attributes);
            Object::create(&self.binding, plan, body)
        });
        status::from_result(created.map(|object: Ref<T>| out.set(object.handle())))
    }
}

fn create(call: &Call, attributes: In<ObjectAttributes>, object: Out<Handle<General>>) -> NtStatus {
    let rules = Rules {
        parent: ParentRule::Optional,
        level: true,
        scope: false,
    };
    call.create(attributes, rules, General, object.required(call, "Object"))
}

fn reference(call: &Call, object: Handle<Any>, _tag: usize, _line: i32, _file: usize) {
    call.remains(object, "Handle").reference();
}

fn dereference(call: &Call, object: Handle<Any>, _tag: usize, _line: i32, _file: usize) {
    deletion::dereference(&call.remains(object, "Handle"));
}

fn delete(call: &Call, object: Handle<Any>) {
    let object = call.any_object(object, "Object");
    let refusal = match object.kind() {
        Kind::Driver => Some("the driver is deleted by its unload"),
        Kind::File => Some("file objects are deleted when their file is closed"),
        Kind::Request => Some("a request that came from the I/O manager ends by completion"),
        Kind::Queue if Ref::<Queue>::new(object.clone()).is_fixed() => {
            Some("a queue that the framework delivers to belongs to its device")
        }
        Kind::IoTarget => Some("a device's own I/O target goes with its device"),
        Kind::Device if !Ref::<Device>::new(object.clone()).is_control() => {
            Some("a PnP device is deleted by its removal")
        }
        _ => None,
    };
    if let Some(rule) = refusal {
        call.violation(Violation::VerifierFatalError, object.handle(), rule);
    }
    match object.kind() {
        Kind::Device => Ref::<Device>::new(object).delete_when_unused(),
        _ => deletion::delete(&object),
    }
}

/// What it could be asked for are the framework's own test hooks, of which none is in a release.
fn query(
    call: &Call,
    object: Handle<Any>,
    _guid: In<Guid>,
    _length: u32,
    _buffer: usize,
) -> NtStatus {
    call.any_object(object, "Object");
    NtStatus::NOT_FOUND
}
