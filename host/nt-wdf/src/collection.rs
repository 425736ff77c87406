//! WDFCOLLECTION: a list of objects, each kept by a reference.

use std::sync::Arc;

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfCollection, WdfObject, tag};
use crate::object::{Body, HandleTag, Object, ObjectAttributes, ParentRule, Ref, Rules, deletion};
use crate::pointer::{In, Out};
use crate::violation::Violation;

functions! {
    DISPATCH WdfCollectionCreate = create(
        attributes: In<ObjectAttributes>, collection: Out<WdfCollection>) -> NtStatus;
    DISPATCH WdfCollectionGetCount = get_count(collection: WdfCollection) -> u32;
    DISPATCH WdfCollectionAdd = add(
        collection: WdfCollection, object: WdfObject) -> NtStatus;
    DISPATCH WdfCollectionRemove = remove(collection: WdfCollection, item: WdfObject);
    DISPATCH WdfCollectionRemoveItem = remove_item(collection: WdfCollection, index: u32);
    DISPATCH WdfCollectionGetItem = get_item(
        collection: WdfCollection, index: u32) -> WdfObject;
    DISPATCH WdfCollectionGetFirstItem = get_first(collection: WdfCollection) -> WdfObject;
    DISPATCH WdfCollectionGetLastItem = get_last(collection: WdfCollection) -> WdfObject;
}

/// A list of objects.
#[derive(Default)]
pub(crate) struct CollectionBody(Mutex<Vec<Arc<Object>>>);

impl CollectionBody {
    /// Adds an object, with a reference.
    pub(crate) fn push(&self, object: Arc<Object>) {
        object.reference();
        self.0.lock().push(object);
    }

    /// Its items, in order.
    pub(crate) fn items(&self) -> Vec<Arc<Object>> {
        self.0.lock().clone()
    }
}

impl HandleTag for tag::Collection {
    type Body = CollectionBody;
}

impl Body for CollectionBody {
    const KIND: Kind = Kind::Collection;
    type Tag = tag::Collection;

    fn stop(this: &Ref<Self>) {
        let items = std::mem::take(&mut *this.0.lock());
        for item in items {
            deletion::dereference(&item);
        }
    }
}

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    collection: Out<WdfCollection>,
) -> NtStatus {
    let rules = Rules::plain(ParentRule::Optional);
    let collection = collection.required(call, "Collection");
    call.create(attributes, rules, CollectionBody::default(), collection)
}

fn get_count(call: &FrameworkCall, collection: WdfCollection) -> u32 {
    let count = call.object(collection, "Collection").0.lock().len();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn add(call: &FrameworkCall, collection: WdfCollection, object: WdfObject) -> NtStatus {
    let collection = call.object(collection, "Collection");
    let object = call.any_object(object, "Object");
    collection.push(object);
    NtStatus::SUCCESS
}

fn remove(call: &FrameworkCall, collection: WdfCollection, item: WdfObject) {
    let collection = call.object(collection, "Collection");
    let item = call.referenced_object(item, "Item");
    let place = |items: &[Arc<Object>]| items.iter().position(|other| Arc::ptr_eq(other, &item));
    remove_at(call, &collection, place, item.handle());
}

fn remove_item(call: &FrameworkCall, collection: WdfCollection, index: u32) {
    let collection = call.object(collection, "Collection");
    let place = |items: &[Arc<Object>]| {
        let index = index as usize;
        (index < items.len()).then_some(index)
    };
    remove_at(call, &collection, place, collection.value());
}

/// Removes the item at a place; stops the host if there is none, because of `subject`.
fn remove_at(
    call: &FrameworkCall,
    collection: &CollectionBody,
    place: impl FnOnce(&[Arc<Object>]) -> Option<usize>,
    subject: usize,
) {
    let mut items = collection.0.lock();
    let removed = place(&items).map(|place| items.remove(place));
    drop(items);
    match removed {
        Some(item) => deletion::dereference(&item),
        None => call.violation(
            Violation::VerifierFatalError,
            subject,
            "the item is not in the collection",
        ),
    }
}

fn get_item(call: &FrameworkCall, collection: WdfCollection, index: u32) -> WdfObject {
    let items = call.object(collection, "Collection").items();
    handle_of(items.get(index as usize))
}

fn get_first(call: &FrameworkCall, collection: WdfCollection) -> WdfObject {
    handle_of(call.object(collection, "Collection").items().first())
}

fn get_last(call: &FrameworkCall, collection: WdfCollection) -> WdfObject {
    handle_of(call.object(collection, "Collection").items().last())
}

/// NULL for no item.
fn handle_of(item: Option<&Arc<Object>>) -> WdfObject {
    item.map_or(Handle::NULL, |item| Handle::new(item.handle()))
}
