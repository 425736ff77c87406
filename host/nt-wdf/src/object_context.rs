//! The functions for contexts: memory for the driver that lives as long as an object.

use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Handle, WdfObject};
use crate::object::{ContextTypeInfo, ObjectAttributes, ParentRule, Rules, object_of_context};
use crate::pointer::{In, Out};
use crate::status;
use crate::violation::{self, Violation};

functions! {
    ANY WdfObjectGetTypedContextWorker = get_typed(
        object: WdfObject, context_type: In<ContextTypeInfo>) -> usize;
    DISPATCH WdfObjectAllocateContext = allocate(
        object: WdfObject, attributes: In<ObjectAttributes>, context: Out<usize>) -> NtStatus;
    ANY WdfObjectContextGetObject = get_object(context: usize) -> WdfObject;
}

fn get_typed(call: &FrameworkCall, object: WdfObject, context_type: In<ContextTypeInfo>) -> usize {
    let object = call.referenced_object(object, "Handle");
    let record = context_type.required(call, "TypeInfo");
    let unique = match record.unique.address() {
        0 => context_type.address(),
        unique => unique,
    };
    object.context(unique)
}

fn allocate(
    call: &FrameworkCall,
    object: WdfObject,
    attributes: In<ObjectAttributes>,
    context: Out<usize>,
) -> NtStatus {
    status::from_result(try_allocate(call, object, attributes, context))
}

fn try_allocate(
    call: &FrameworkCall,
    object: WdfObject,
    attributes: In<ObjectAttributes>,
    out: Out<usize>,
) -> Result<(), NtStatus> {
    let object = call.any_object(object, "Handle");
    attributes.required(call, "ContextAttributes");
    let attributes = attributes.check(call, Rules::plain(ParentRule::Forbidden))?;
    let plan = attributes.context.ok_or(status::OBJECT_NAME_INVALID)?;
    let existing = object.context(plan.unique);
    if existing != 0 {
        out.set(existing);
        return Err(status::OBJECT_NAME_EXISTS);
    }
    if object.is_deleting() {
        return Err(status::DELETE_PENDING);
    }
    out.set(object.add_context(&attributes)?);
    Ok(())
}

fn get_object(call: &FrameworkCall, context: usize) -> WdfObject {
    let Some(owner) = object_of_context(context) else {
        violation::stop(
            Violation::InvalidHandle,
            context,
            0,
            format!(
                "{}: {context:#x} is not the beginning of a context",
                call.function.name
            ),
        );
    };
    Handle::new(owner)
}
