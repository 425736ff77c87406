//! WDFLOOKASIDE: buffers of one size.

use nt_types::status::NtStatus;

use super::attributes::{Attributes, ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::functions::functions;
use super::handle::{Handle, Kind};
use super::memory::{Memory, PoolBuffer, is_nonpaged};
use super::object::{Body, Object, Plan, Ref};
use super::pointer::{In, Out};
use super::status;
use crate::kernel::irql::{self, Irql};

functions! {
    DISPATCH WdfLookasideListCreate = create(
        attributes: In<ObjectAttributes>, size: usize, pool_type: i32,
        memory_attributes: In<ObjectAttributes>, tag: u32,
        lookaside: Out<Handle<Lookaside>>) -> NtStatus;
    DISPATCH WdfMemoryCreateFromLookaside = create_memory(
        lookaside: Handle<Lookaside>, memory: Out<Handle<Memory>>) -> NtStatus;
}

/// A source of buffers. Each comes from the pool, so that the pool's checks see each.
pub(crate) struct Lookaside {
    size: usize,
    pool_type: i32,
    tag: u32,
    memory: Attributes,
}

impl Body for Lookaside {
    const KIND: Kind = Kind::Lookaside;
}

fn create(
    call: &Call,
    attributes: In<ObjectAttributes>,
    size: usize,
    pool_type: i32,
    memory_attributes: In<ObjectAttributes>,
    tag: u32,
    lookaside: Out<Handle<Lookaside>>,
) -> NtStatus {
    let lookaside = lookaside.required(call, "Lookaside");
    if !is_nonpaged(pool_type) {
        irql::require_at_most(call.function, Irql::PASSIVE);
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
        0 => call.binding.read_globals().driver_tag,
        tag => tag,
    };
    let body = Lookaside {
        size,
        pool_type,
        tag,
        memory,
    };
    call.create(attributes, rules, body, lookaside)
}

fn create_memory(
    call: &Call,
    lookaside: Handle<Lookaside>,
    memory: Out<Handle<Memory>>,
) -> NtStatus {
    let memory = memory.required(call, "Memory");
    let lookaside = call.object(lookaside, "Lookaside");
    if !is_nonpaged(lookaside.pool_type) {
        irql::require_at_most(call.function, Irql::APC);
    }
    let created =
        PoolBuffer::new(lookaside.pool_type, lookaside.size, lookaside.tag).and_then(|buffer| {
            let plan = Plan::below(call.driver().object(), lookaside.memory.clone());
            Object::create(&call.binding, plan, Memory::owned(buffer, lookaside.size))
        });
    status::from_result(created.map(|object: Ref<Memory>| memory.set(object.handle())))
}
