//! WDFLOOKASIDE: buffers of one size.

use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfLookaside, WdfMemory, tag};
use crate::memory::{MemoryBody, PoolBuffer, is_nonpaged};
use crate::object::{
    Attributes, Body, HandleTag, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules,
};
use crate::pointer::{In, Out};
use crate::status;

functions! {
    DISPATCH WdfLookasideListCreate = create(
        attributes: In<ObjectAttributes>, size: usize, pool_type: i32,
        memory_attributes: In<ObjectAttributes>, tag: u32,
        lookaside: Out<WdfLookaside>) -> NtStatus;
    DISPATCH WdfMemoryCreateFromLookaside = create_memory(
        lookaside: WdfLookaside, memory: Out<WdfMemory>) -> NtStatus;
}

/// A source of buffers. Each buffer is a pool allocation of its own, so that the pool checks it.
pub(crate) struct LookasideBody {
    size: usize,
    pool_type: i32,
    tag: u32,
    memory: Attributes,
}

impl HandleTag for tag::Lookaside {
    type Body = LookasideBody;
}

impl Body for LookasideBody {
    const KIND: Kind = Kind::Lookaside;
    type Tag = tag::Lookaside;
}

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    size: usize,
    pool_type: i32,
    memory_attributes: In<ObjectAttributes>,
    tag: u32,
    lookaside: Out<WdfLookaside>,
) -> NtStatus {
    let lookaside = lookaside.required(call, "Lookaside");
    if !is_nonpaged(pool_type) {
        irql::require_at_most(call.function.name, Irql::PASSIVE);
    }
    if size == 0 {
        return NtStatus::INVALID_PARAMETER;
    }
    let rules = Rules::plain(ParentRule::Optional);
    let memory = match memory_attributes.check(call, rules) {
        Ok(memory) => memory,
        Err(status) => return status,
    };
    let tag = match tag {
        0 => call.binding.pool_tag(),
        tag => tag,
    };
    let body = LookasideBody {
        size,
        pool_type,
        tag,
        memory,
    };
    call.create(attributes, rules, body, lookaside)
}

fn create_memory(
    call: &FrameworkCall,
    lookaside: WdfLookaside,
    memory: Out<WdfMemory>,
) -> NtStatus {
    let memory = memory.required(call, "Memory");
    let lookaside = call.object(lookaside, "Lookaside");
    if !is_nonpaged(lookaside.pool_type) {
        irql::require_at_most(call.function.name, Irql::APC);
    }
    let created =
        PoolBuffer::new(lookaside.pool_type, lookaside.size, lookaside.tag).and_then(|buffer| {
            let plan = ObjectPlan::below(call.driver().object(), lookaside.memory.clone());
            Object::create(
                call.binding,
                plan,
                MemoryBody::owned(buffer, lookaside.size),
            )
        });
    status::from_result(created.map(|object: Ref<MemoryBody>| memory.set(object.handle())))
}
