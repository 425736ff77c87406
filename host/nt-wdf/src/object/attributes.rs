//! `WDF_OBJECT_ATTRIBUTES`: what a driver may set for every object that it creates.

use std::sync::Arc;

use nt_types::status::NtStatus;

use super::context::{ContextPlan, ContextTypeInfo, ObjectCallback, ObjectContext};
use super::{ExecutionLevel, Object, Scope};
use crate::call::FrameworkCall;
use crate::handle::WdfObject;
use crate::pointer::In;
use crate::status;

/// `WDF_OBJECT_ATTRIBUTES` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ObjectAttributes {
    pub(crate) size: u32,
    pub(crate) cleanup: Option<ObjectCallback>,
    pub(crate) destroy: Option<ObjectCallback>,
    pub(crate) execution_level: i32,
    pub(crate) synchronization_scope: i32,
    pub(crate) parent: WdfObject,
    pub(crate) context_size_override: usize,
    pub(crate) context_type: In<ContextTypeInfo>,
}

const _: () = {
    assert!(size_of::<ObjectAttributes>() == 56);
    assert!(core::mem::offset_of!(ObjectAttributes, parent) == 32);
};

/// What an API does with the parent in the attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParentRule {
    /// It must not be given.
    Forbidden,
    /// It must be given.
    Required,
    /// It may be given.
    Optional,
}

/// The attributes that are allowed for one type of object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) parent: ParentRule,
    pub(crate) level: bool,
    pub(crate) scope: bool,
}

impl Rules {
    /// Neither execution level nor synchronization scope.
    pub(crate) const fn plain(parent: ParentRule) -> Self {
        Self {
            parent,
            level: false,
            scope: false,
        }
    }

    /// Both.
    pub(crate) const fn full(parent: ParentRule) -> Self {
        Self {
            parent,
            level: true,
            scope: true,
        }
    }
}

/// Attributes that have been found in order. The default is what NULL means.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) cleanup: Option<ObjectCallback>,
    pub(crate) destroy: Option<ObjectCallback>,
    /// `None`: inherited.
    pub(crate) level: Option<ExecutionLevel>,
    /// `None`: inherited.
    pub(crate) scope: Option<Scope>,
    pub(crate) parent: Option<Arc<Object>>,
    pub(crate) context: Option<ContextPlan>,
}

impl Attributes {
    /// The contexts that an object with these attributes begins its life with.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(super) fn first_contexts(
        &self,
        object: usize,
        tag: u32,
    ) -> Result<Vec<ObjectContext>, NtStatus> {
        let callbacks = self.cleanup.is_some() || self.destroy.is_some();
        if self.context.is_none() && !callbacks {
            return Ok(Vec::new());
        }
        self.new_context(object, tag).map(|context| vec![context])
    }

    /// The context that these attributes ask for, under the pool tag `tag`.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(super) fn new_context(&self, object: usize, tag: u32) -> Result<ObjectContext, NtStatus> {
        ObjectContext::new(object, tag, self.context, self.cleanup, self.destroy)
    }
}

impl In<ObjectAttributes> {
    /// Reads and checks the attributes.
    ///
    /// # Errors
    ///
    /// The status for what is wrong with them.
    pub(crate) fn check(self, call: &FrameworkCall, rules: Rules) -> Result<Attributes, NtStatus> {
        let Some(_) = self.optional() else {
            return match rules.parent {
                ParentRule::Required => Err(status::WDF_PARENT_NOT_SPECIFIED),
                _ => Ok(Attributes::default()),
            };
        };
        let raw = self.sized(call, "Attributes")?;
        Ok(Attributes {
            cleanup: raw.cleanup,
            destroy: raw.destroy,
            level: level(raw.execution_level, rules)?,
            scope: scope(raw.synchronization_scope, rules)?,
            parent: parent(call, raw.parent, rules)?,
            context: context(raw)?,
        })
    }
}

fn level(value: i32, rules: Rules) -> Result<Option<ExecutionLevel>, NtStatus> {
    match value {
        1 => Ok(None),
        2 | 3 if !rules.level => Err(status::WDF_EXECUTION_LEVEL_INVALID),
        2 => Ok(Some(ExecutionLevel::Passive)),
        3 => Ok(Some(ExecutionLevel::Dispatch)),
        _ => Err(status::WDF_OBJECT_ATTRIBUTES_INVALID),
    }
}

fn scope(value: i32, rules: Rules) -> Result<Option<Scope>, NtStatus> {
    match value {
        1 => Ok(None),
        2 | 3 if !rules.scope => Err(status::WDF_SYNCHRONIZATION_SCOPE_INVALID),
        2 => Ok(Some(Scope::Device)),
        3 => Ok(Some(Scope::Queue)),
        4 => Ok(Some(Scope::None)),
        _ => Err(status::WDF_OBJECT_ATTRIBUTES_INVALID),
    }
}

fn parent(
    call: &FrameworkCall,
    handle: WdfObject,
    rules: Rules,
) -> Result<Option<Arc<Object>>, NtStatus> {
    match (rules.parent, handle.0) {
        (ParentRule::Required, 0) => Err(status::WDF_PARENT_NOT_SPECIFIED),
        (_, 0) => Ok(None),
        (ParentRule::Forbidden, _) => Err(status::WDF_PARENT_ASSIGNMENT_NOT_ALLOWED),
        _ => {
            let parent = call.any_object(handle, "Attributes->ParentObject");
            if parent.is_deleting() {
                return Err(status::DELETE_PENDING);
            }
            Ok(Some(parent))
        }
    }
}

fn context(raw: ObjectAttributes) -> Result<Option<ContextPlan>, NtStatus> {
    let invalid = status::WDF_OBJECT_ATTRIBUTES_INVALID;
    let Some(record) = raw.context_type.optional() else {
        return match raw.context_size_override {
            0 => Ok(None),
            _ => Err(invalid),
        };
    };
    if record.size as usize != size_of::<ContextTypeInfo>() {
        return Err(invalid);
    }
    match record.unique.optional() {
        Some(unique) => plan(raw, record.unique.address(), &unique),
        None => plan(raw, raw.context_type.address(), &record),
    }
}

fn plan(
    raw: ObjectAttributes,
    unique: usize,
    record: &ContextTypeInfo,
) -> Result<Option<ContextPlan>, NtStatus> {
    let unnamed = record.context_size > 0 && record.name.is_null();
    let shrunk = raw.context_size_override != 0 && raw.context_size_override < record.context_size;
    if unnamed || shrunk {
        return Err(status::WDF_OBJECT_ATTRIBUTES_INVALID);
    }
    Ok(Some(ContextPlan {
        size: record.context_size.max(raw.context_size_override),
        unique,
    }))
}
