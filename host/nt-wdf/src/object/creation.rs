//! The creation of objects.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};

use nt_kernel::resource_tracker;
use nt_kernel::stack::Stack;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::{
    Attributes, Body, ExecutionLevel, Node, Object, ObjectAttributes, Phase, Ref, Rules, Scope,
    handle_table,
};
use crate::call::FrameworkCall;
use crate::driver_binding::DriverBinding;
use crate::handle::{self, Handle, Kind};
use crate::pointer::{In, Out};
use crate::status;
use crate::violation::Violation;

/// Where an object is to be put.
pub(crate) struct ObjectPlan {
    /// `None` for the root of a tree, a driver.
    pub(crate) parent: Option<Arc<Object>>,
    pub(crate) attributes: Attributes,
}

impl ObjectPlan {
    /// Below the parent in the attributes, or else `parent`.
    pub(crate) fn below(parent: &Arc<Object>, attributes: Attributes) -> Self {
        Self {
            parent: Some(attributes.parent.clone().unwrap_or_else(|| parent.clone())),
            attributes,
        }
    }
}

impl Object {
    /// Creates an object. Its creation reference belongs to its place in the tree.
    ///
    /// # Errors
    ///
    /// No memory for its context, or the parent is being deleted. Nothing is left then.
    pub(crate) fn create<T: Body>(
        binding: &'static DriverBinding,
        plan: ObjectPlan,
        body: T,
    ) -> Result<Ref<T>, NtStatus> {
        let ObjectPlan { parent, attributes } = plan;
        let handle = handle::next(T::KIND);
        let contexts = attributes.first_contexts(handle, binding.pool_tag())?;
        let inherited = parent
            .as_ref()
            .map_or((ExecutionLevel::Dispatch, Scope::None), |parent| {
                (parent.level, parent.scope)
            });
        let level = attributes.level.unwrap_or(inherited.0);
        let object = Arc::new(Self {
            handle,
            kind: T::KIND,
            binding,
            level,
            scope: attributes.scope.unwrap_or(inherited.1),
            passive: T::PASSIVE || attributes.level == Some(ExecutionLevel::Passive),
            body: Box::new(body),
            stop: |object| T::stop(&Ref::new(object.clone())),
            cleaned_up: AtomicBool::new(false),
            node: Mutex::new(Node {
                phase: Phase::Alive,
                references: 1,
                parent: parent.as_ref().map_or_else(Weak::new, Arc::downgrade),
                children: BTreeMap::new(),
                contexts,
                ended: Stack::default(),
                referenced: Stack::default(),
            }),
        });
        if let Some(parent) = parent {
            parent.adopt(&object)?;
        }
        handle_table::register(object.clone());
        if T::KIND != Kind::Request {
            // The I/O manager tracks the IRPs, and each request ends with its IRP.
            resource_tracker::record(T::KIND.name(), handle, format!("created for {binding}"));
        }
        Ok(Ref::new(object))
    }

    /// Adds the context that `attributes` ask for and returns its address.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn add_context(&self, attributes: &Attributes) -> Result<usize, NtStatus> {
        let context = attributes.new_context(self.handle, self.binding.pool_tag())?;
        let address = context.address();
        self.node.lock().contexts.push(context);
        Ok(address)
    }

    fn adopt(&self, child: &Arc<Self>) -> Result<(), NtStatus> {
        let mut node = self.node.lock();
        if node.phase != Phase::Alive {
            return Err(status::DELETE_PENDING);
        }
        node.children.insert(child.serial(), child.clone());
        Ok(())
    }
}

impl FrameworkCall {
    /// Creates an object below the parent in `attributes`, or else the driver, and writes its
    /// handle to `out`.
    pub(crate) fn create<T: Body>(
        &self,
        attributes: In<ObjectAttributes>,
        rules: Rules,
        body: T,
        out: Out<Handle<T::Tag>>,
    ) -> NtStatus {
        let created = attributes.check(self, rules).and_then(|attributes| {
            let plan = ObjectPlan::below(&self.driver_object(), attributes);
            Object::create(self.binding, plan, body)
        });
        status::from_result(created.map(|object: Ref<T>| out.set(object.handle())))
    }

    /// The calling driver's WDFDRIVER; stops the host if the driver has not created one.
    pub(crate) fn driver_object(&self) -> Arc<Object> {
        driver_of(self.binding).unwrap_or_else(|| {
            self.violation(
                Violation::InvalidHandle,
                0,
                "the driver has not called WdfDriverCreate",
            )
        })
    }
}

/// The WDFDRIVER of a bound driver, once it has been created.
pub(crate) fn driver_of(binding: &DriverBinding) -> Option<Arc<Object>> {
    handle_table::find(binding.driver()?)
}
