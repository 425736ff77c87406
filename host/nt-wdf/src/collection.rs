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
    DISPATCH WdfCollectionGetItem = get_item(
        collection: WdfCollection, index: u32) -> WdfObject;
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
    let mut items = collection.0.lock();
    let place = items.iter().position(|other| Arc::ptr_eq(other, &item));
    let removed = place.map(|place| items.remove(place));
    drop(items);
    match removed {
        Some(item) => deletion::dereference(&item),
        None => call.violation(
            Violation::VerifierFatalError,
            item.handle(),
            "the item is not in the collection",
        ),
    }
}

fn get_item(call: &FrameworkCall, collection: WdfCollection, index: u32) -> WdfObject {
    let collection = call.object(collection, "Collection");
    let items = collection.0.lock();
    let item = items.get(index as usize);
    item.map_or(Handle::NULL, |item| Handle::new(item.handle()))
}
