//! WDFCOLLECTION: a list of objects, each kept by a reference.

use std::sync::Arc;

use nt_types::status::NtStatus;
use parking_lot::Mutex;

use super::attributes::{ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::deletion;
use super::functions::functions;
use super::handle::{Any, Handle, Kind};
use super::object::{Body, Object, Ref};
use super::pointer::{In, Out};
use super::violation::Violation;

functions! {
    DISPATCH WdfCollectionCreate = create(
        attributes: In<ObjectAttributes>, collection: Out<Handle<Collection>>) -> NtStatus;
    DISPATCH WdfCollectionGetCount = get_count(collection: Handle<Collection>) -> u32;
    DISPATCH WdfCollectionAdd = add(
        collection: Handle<Collection>, object: Handle<Any>) -> NtStatus;
    DISPATCH WdfCollectionRemove = remove(collection: Handle<Collection>, item: Handle<Any>);
    DISPATCH WdfCollectionGetItem = get_item(
        collection: Handle<Collection>, index: u32) -> Handle<Any>;
}

/// A list of objects.
#[derive(Default)]
pub(crate) struct Collection(Mutex<Vec<Arc<Object>>>);

impl Collection {
    /// Adds an object, with a reference.
    pub(super) fn push(&self, object: Arc<Object>) {
        object.reference();
        self.0.lock().push(object);
    }
}

impl Body for Collection {
    const KIND: Kind = Kind::Collection;

    fn stop(this: &Ref<Self>) {
        let items = std::mem::take(&mut *this.0.lock());
        for item in items {
            deletion::dereference(&item);
        }
    }
}

fn create(
    call: &Call,
    attributes: In<ObjectAttributes>,
    collection: Out<Handle<Collection>>,
) -> NtStatus {
    let rules = Rules::plain(ParentRule::Optional);
    let collection = collection.required(call, "Collection");
    call.create(attributes, rules, Collection::default(), collection)
}

fn get_count(call: &Call, collection: Handle<Collection>) -> u32 {
    let count = call.object(collection, "Collection").0.lock().len();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn add(call: &Call, collection: Handle<Collection>, object: Handle<Any>) -> NtStatus {
    let collection = call.object(collection, "Collection");
    let object = call.any_object(object, "Object");
    collection.push(object);
    NtStatus::SUCCESS
}

fn remove(call: &Call, collection: Handle<Collection>, item: Handle<Any>) {
    let collection = call.object(collection, "Collection");
    let item = call.remains(item, "Item");
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

fn get_item(call: &Call, collection: Handle<Collection>, index: u32) -> Handle<Any> {
    let collection = call.object(collection, "Collection");
    let items = collection.0.lock();
    let item = items.get(index as usize);
    item.map_or(Handle::NULL, |item| Handle::new(item.handle()))
}
