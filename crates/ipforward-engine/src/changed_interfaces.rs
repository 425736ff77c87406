//! The interfaces whose arrivals and changes were notified, until deferred work takes them.

/// How many LUIDs are kept; more count as all interfaces.
const LUIDS: usize = 8;

/// Stands for an interface whose LUID is not known.
pub(crate) const ANY_INTERFACE: u64 = 0;

/// A set of interfaces, of fixed size: it is filled in a callback that must not allocate memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangedInterfaces {
    /// LUIDs; 0 marks a free place.
    luids: [u64; LUIDS],
    all: bool,
}

impl Default for ChangedInterfaces {
    fn default() -> Self {
        Self::NONE
    }
}

impl ChangedInterfaces {
    /// No interface.
    pub(crate) const NONE: Self = Self {
        luids: [0; LUIDS],
        all: false,
    };

    /// Adds an interface, or [`ANY_INTERFACE`].
    pub(crate) fn insert(&mut self, luid: u64) {
        let place = self
            .luids
            .iter_mut()
            .find(|place| **place == luid || **place == 0);
        match place {
            Some(place) if luid != ANY_INTERFACE => *place = luid,
            _ => self.all = true,
        }
    }

    /// Whether it holds no interface.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Whether it holds every interface.
    #[cfg(test)]
    pub(crate) const fn is_all(&self) -> bool {
        self.all
    }

    /// Whether it holds an interface.
    pub(crate) fn contains(&self, luid: u64) -> bool {
        self.all || self.luids().any(|other| other == luid)
    }

    /// The interfaces that it holds by their LUIDs.
    fn luids(&self) -> impl Iterator<Item = u64> {
        self.luids.into_iter().filter(|luid| *luid != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_kept_once() {
        let mut changed = ChangedInterfaces::NONE;
        for luid in [7, 9, 7, 9] {
            changed.insert(luid);
        }
        assert!(changed.luids().eq([7, 9]));
        assert!(changed.contains(7) && !changed.contains(8));
    }

    #[test]
    fn more_interfaces_than_places_are_all_interfaces() {
        let mut changed = ChangedInterfaces::NONE;
        for luid in 1..=LUIDS as u64 {
            changed.insert(luid);
        }
        assert!(!changed.is_all());
        changed.insert(99);
        assert!(changed.is_all() && changed.contains(12_345));
    }

    #[test]
    fn an_unknown_interface_may_be_any() {
        let mut changed = ChangedInterfaces::NONE;
        changed.insert(ANY_INTERFACE);
        assert!(changed.is_all() && !changed.is_empty());
    }
}
