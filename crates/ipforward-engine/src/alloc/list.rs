//! Lists through the values of a slab: no memory of their own, and a value leaves in one step.

use super::{NONE, Slab};

/// A value's neighbours in one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Links {
    previous: u32,
    next: u32,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            previous: NONE,
            next: NONE,
        }
    }
}

/// Both ends of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    first: u32,
    last: u32,
}

impl Default for List {
    fn default() -> Self {
        Self {
            first: NONE,
            last: NONE,
        }
    }
}

impl Links {
    /// The value before this one.
    pub(crate) const fn previous(self) -> u32 {
        self.previous
    }

    /// The value after this one.
    pub(crate) const fn next(self) -> u32 {
        self.next
    }
}

impl List {
    /// The first value, or [`NONE`].
    pub(crate) const fn first(self) -> u32 {
        self.first
    }

    /// The last value, or [`NONE`].
    pub(crate) const fn last(self) -> u32 {
        self.last
    }

    /// Whether nothing is in it.
    pub(crate) const fn is_empty(self) -> bool {
        self.first == NONE
    }

    /// Puts a value at the end.
    pub(crate) fn push<T: Default>(
        &mut self,
        slab: &mut Slab<T>,
        index: u32,
        links: fn(&mut T) -> &mut Links,
    ) {
        *links(slab.at_mut(index)) = Links {
            previous: self.last,
            next: NONE,
        };
        self.relink(slab, index, links);
    }

    /// Puts a value at the beginning.
    pub(crate) fn push_first<T: Default>(
        &mut self,
        slab: &mut Slab<T>,
        index: u32,
        links: fn(&mut T) -> &mut Links,
    ) {
        *links(slab.at_mut(index)) = Links {
            previous: NONE,
            next: self.first,
        };
        self.relink(slab, index, links);
    }

    /// Puts a value behind another one of the list.
    pub(crate) fn push_behind<T: Default>(
        &mut self,
        slab: &mut Slab<T>,
        index: u32,
        previous: u32,
        links: fn(&mut T) -> &mut Links,
    ) {
        let next = links(slab.at_mut(previous)).next;
        *links(slab.at_mut(index)) = Links { previous, next };
        self.relink(slab, index, links);
    }

    /// Takes a value out. Its links keep the place, for [`relink`](Self::relink).
    pub(crate) fn unlink<T: Default>(
        &mut self,
        slab: &mut Slab<T>,
        index: u32,
        links: fn(&mut T) -> &mut Links,
    ) {
        let Links { previous, next } = *links(slab.at_mut(index));
        links(slab.at_mut(previous)).next = next;
        links(slab.at_mut(next)).previous = previous;
        if previous == NONE {
            self.first = next;
        }
        if next == NONE {
            self.last = previous;
        }
    }

    /// Puts a value back to where it was taken out, if all that was done to the list since has
    /// been undone.
    pub(crate) fn relink<T: Default>(
        &mut self,
        slab: &mut Slab<T>,
        index: u32,
        links: fn(&mut T) -> &mut Links,
    ) {
        let Links { previous, next } = *links(slab.at_mut(index));
        links(slab.at_mut(previous)).next = index;
        links(slab.at_mut(next)).previous = index;
        if previous == NONE {
            self.first = index;
        }
        if next == NONE {
            self.last = index;
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn links(links: &mut Links) -> &mut Links {
        links
    }

    fn listed(list: List, slab: &Slab<Links>) -> Vec<u32> {
        let mut order = Vec::new();
        let mut index = list.first();
        while index != NONE {
            order.push(index);
            index = slab.at(index).next();
        }
        let mut backwards = Vec::new();
        let mut index = list.last();
        while index != NONE {
            backwards.push(index);
            index = slab.at(index).previous();
        }
        backwards.reverse();
        assert_eq!(order, backwards);
        order
    }

    #[test]
    fn values_are_put_at_either_end() {
        let (mut list, mut slab) = (List::default(), Slab::default());
        for number in 0..4 {
            slab.reserve().unwrap();
            let index = slab.insert(Links::default());
            if number % 2 == 0 {
                list.push(&mut slab, index, links);
            } else {
                list.push_first(&mut slab, index, links);
            }
        }
        assert_eq!(listed(list, &slab), [3, 1, 0, 2]);
    }

    #[test]
    fn a_value_is_put_behind_any_other() {
        let (mut list, mut slab) = (List::default(), Slab::default());
        for _ in 0..4 {
            slab.reserve().unwrap();
            slab.insert(Links::default());
        }
        list.push(&mut slab, 0, links);
        list.push_behind(&mut slab, 1, 0, links);
        list.push_behind(&mut slab, 2, 0, links);
        list.push_behind(&mut slab, 3, 2, links);
        assert_eq!(listed(list, &slab), [0, 2, 3, 1]);
    }

    #[test]
    fn what_is_taken_out_goes_back_to_its_place_in_reverse() {
        let (mut list, mut slab) = (List::default(), Slab::default());
        for _ in 0..5 {
            slab.reserve().unwrap();
            let index = slab.insert(Links::default());
            list.push(&mut slab, index, links);
        }
        for order in [[0, 1, 2, 3, 4], [4, 0, 2, 1, 3], [2, 4, 3, 0, 1]] {
            for index in order {
                list.unlink(&mut slab, index, links);
            }
            assert!(list.is_empty());
            for index in order.into_iter().rev() {
                list.relink(&mut slab, index, links);
            }
            assert_eq!(listed(list, &slab), [0, 1, 2, 3, 4]);
        }
    }
}
