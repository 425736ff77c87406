//! Doubly linked lists through the values of a slab: they need no memory of their own, and a value
//! leaves in one step.

use super::{Id, Slab, StaleId};

/// The neighbours of a value in one list.
#[derive(Debug)]
pub(crate) struct Links<T> {
    previous: Option<Id<T>>,
    next: Option<Id<T>>,
}

/// Both ends of a list.
#[derive(Debug)]
pub(crate) struct List<T> {
    first: Option<Id<T>>,
    last: Option<Id<T>>,
}

/// Where the links for one list are in a value.
type LinksOf<T> = fn(&mut T) -> &mut Links<T>;

impl<T> Clone for Links<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Links<T> {}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self {
            previous: None,
            next: None,
        }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            first: None,
            last: None,
        }
    }
}

impl<T> Links<T> {
    /// The value before this one.
    pub(crate) const fn previous(self) -> Option<Id<T>> {
        self.previous
    }

    /// The value after this one.
    pub(crate) const fn next(self) -> Option<Id<T>> {
        self.next
    }
}

impl<T> List<T> {
    /// The first value.
    pub(crate) const fn first(self) -> Option<Id<T>> {
        self.first
    }

    /// The last value.
    pub(crate) const fn last(self) -> Option<Id<T>> {
        self.last
    }

    /// Whether the list holds no value.
    pub(crate) const fn is_empty(self) -> bool {
        self.first.is_none()
    }

    /// Adds a value at the end.
    pub(crate) fn push(
        &mut self,
        slab: &mut Slab<T>,
        id: Id<T>,
        links: LinksOf<T>,
    ) -> Result<(), StaleId> {
        *links(slab.get_mut(id)?) = Links {
            previous: self.last,
            next: None,
        };
        self.relink(slab, id, links)
    }

    /// Adds a value at the beginning.
    pub(crate) fn push_first(
        &mut self,
        slab: &mut Slab<T>,
        id: Id<T>,
        links: LinksOf<T>,
    ) -> Result<(), StaleId> {
        *links(slab.get_mut(id)?) = Links {
            previous: None,
            next: self.first,
        };
        self.relink(slab, id, links)
    }

    /// Adds a value behind another one of the list.
    pub(crate) fn push_behind(
        &mut self,
        slab: &mut Slab<T>,
        id: Id<T>,
        previous: Id<T>,
        links: LinksOf<T>,
    ) -> Result<(), StaleId> {
        let next = links(slab.get_mut(previous)?).next;
        *links(slab.get_mut(id)?) = Links {
            previous: Some(previous),
            next,
        };
        self.relink(slab, id, links)
    }

    /// Removes a value from the list. The value keeps its links, for [`relink`](Self::relink).
    pub(crate) fn unlink(
        &mut self,
        slab: &mut Slab<T>,
        id: Id<T>,
        links: LinksOf<T>,
    ) -> Result<(), StaleId> {
        let Links { previous, next } = *links(slab.get_mut(id)?);
        match previous {
            Some(previous) => links(slab.get_mut(previous)?).next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => links(slab.get_mut(next)?).previous = previous,
            None => self.last = previous,
        }
        Ok(())
    }

    /// Puts a value back where it was unlinked. Every later change of the list must have been
    /// undone.
    pub(crate) fn relink(
        &mut self,
        slab: &mut Slab<T>,
        id: Id<T>,
        links: LinksOf<T>,
    ) -> Result<(), StaleId> {
        let Links { previous, next } = *links(slab.get_mut(id)?);
        match previous {
            Some(previous) => links(slab.get_mut(previous)?).next = Some(id),
            None => self.first = Some(id),
        }
        match next {
            Some(next) => links(slab.get_mut(next)?).previous = Some(id),
            None => self.last = Some(id),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[derive(Debug, Default)]
    struct Value(Links<Self>);

    fn links(value: &mut Value) -> &mut Links<Value> {
        &mut value.0
    }

    fn id(index: usize) -> Id<Value> {
        Id::from_index(index).unwrap()
    }

    fn slab(count: usize) -> Slab<Value> {
        let mut slab = Slab::default();
        for _ in 0..count {
            slab.reserve().unwrap();
            slab.insert(Value::default()).unwrap();
        }
        slab
    }

    fn listed(list: List<Value>, slab: &Slab<Value>) -> Vec<usize> {
        let mut order = Vec::new();
        let mut id = list.first();
        while let Some(here) = id {
            order.push(here.index());
            id = slab.get(here).unwrap().0.next();
        }
        let mut backwards = Vec::new();
        let mut id = list.last();
        while let Some(here) = id {
            backwards.push(here.index());
            id = slab.get(here).unwrap().0.previous();
        }
        backwards.reverse();
        assert_eq!(order, backwards);
        order
    }

    #[test]
    fn values_are_added_at_either_end() {
        let (mut list, mut slab) = (List::default(), slab(4));
        for index in 0..4 {
            if index % 2 == 0 {
                list.push(&mut slab, id(index), links).unwrap();
            } else {
                list.push_first(&mut slab, id(index), links).unwrap();
            }
        }
        assert_eq!(listed(list, &slab), [3, 1, 0, 2]);
    }

    #[test]
    fn a_value_is_added_behind_any_other() {
        let (mut list, mut slab) = (List::default(), slab(4));
        list.push(&mut slab, id(0), links).unwrap();
        for (index, previous) in [(1, 0), (2, 0), (3, 2)] {
            list.push_behind(&mut slab, id(index), id(previous), links)
                .unwrap();
        }
        assert_eq!(listed(list, &slab), [0, 2, 3, 1]);
    }

    #[test]
    fn unlinked_values_return_to_their_places_in_reverse() {
        let (mut list, mut slab) = (List::default(), slab(5));
        for index in 0..5 {
            list.push(&mut slab, id(index), links).unwrap();
        }
        for order in [[0, 1, 2, 3, 4], [4, 0, 2, 1, 3], [2, 4, 3, 0, 1]] {
            for index in order {
                list.unlink(&mut slab, id(index), links).unwrap();
            }
            assert!(list.is_empty());
            for index in order.into_iter().rev() {
                list.relink(&mut slab, id(index), links).unwrap();
            }
            assert_eq!(listed(list, &slab), [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn a_stale_id_is_not_linked() {
        let (mut list, mut slab) = (List::default(), slab(2));
        slab.remove(id(1)).unwrap();
        assert_eq!(list.push(&mut slab, id(1), links), Err(StaleId));
        assert!(list.is_empty());
    }
}
