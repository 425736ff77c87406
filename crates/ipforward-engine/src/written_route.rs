//! A route that was written: what was requested, and what the stack stored.
//!
//! The documentation does not say that the stack stores the `BOOLEAN` members of a row as they are
//! written. So a route is compared with the row that was read back after the write, and a request
//! with the request before.

use abi::MibIpForwardRow2;

use crate::route_attributes::{RouteAttributes, is_refreshed};

/// The attributes of a route after a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WrittenRoute {
    /// As they read back, with the requested lifetimes; as requested if they were not read back.
    stored: RouteAttributes,
    requested_flags: u8,
    /// False if the stack failed to read the route, or another program had changed it already.
    is_read_back: bool,
}

impl WrittenRoute {
    /// The attributes after a write of `requested`. `found` is the route as it read back.
    pub(crate) fn new(requested: RouteAttributes, found: Option<&MibIpForwardRow2>) -> Self {
        let unread = Self {
            stored: requested,
            requested_flags: requested.flags(),
            is_read_back: false,
        };
        unread.with_read_back(found, None)
    }

    /// The same after the route has been read back. A row that a write of the requested attributes
    /// cannot have left is another program's, and changes nothing.
    pub(crate) fn with_read_back(
        self,
        found: Option<&MibIpForwardRow2>,
        displaced: Option<&MibIpForwardRow2>,
    ) -> Self {
        let unread = Self {
            is_read_back: false,
            ..self
        };
        match found {
            Some(found) if unread.is_left_in(found, displaced) => Self {
                stored: RouteAttributes::of(found).with_lifetimes_of(&self.stored),
                is_read_back: true,
                ..self
            },
            _ => unread,
        }
    }

    /// Whether the attributes are those that read back.
    pub(crate) const fn is_read_back(&self) -> bool {
        self.is_read_back
    }

    /// The attributes as the stack has stored them, with the requested lifetimes.
    pub(crate) const fn stored(&self) -> RouteAttributes {
        self.stored
    }

    /// The attributes that were requested, with what the stack has chosen where they left it open.
    pub(crate) const fn requested(&self) -> RouteAttributes {
        self.stored.with_flags(self.requested_flags)
    }

    /// Whether no program has changed the route since it was written, which is in the route table as
    /// `current` now. `displaced` is the row that it displaced: if the stack refreshed its
    /// lifetimes, it still does.
    pub(crate) fn is_left_in(
        &self,
        current: &MibIpForwardRow2,
        displaced: Option<&MibIpForwardRow2>,
    ) -> bool {
        let now = RouteAttributes::of(current);
        // What is not read back yet may have any flags.
        let now = if self.is_read_back {
            now
        } else {
            now.with_flags(self.stored.flags())
        };
        let may_be_refreshed = displaced.is_some_and(is_refreshed);
        if may_be_refreshed {
            self.stored.match_but_lifetimes(&now)
        } else {
            now.unchanged_since(&self.stored)
        }
    }

    /// Whether the write has changed nothing: the route had the attributes `before`.
    pub(crate) fn leaves(&self, before: &RouteAttributes) -> bool {
        self.is_read_back && self.stored == *before
    }

    /// Whether `wanted` requests what was requested for this route.
    pub(crate) fn is_request_of(&self, wanted: &RouteAttributes) -> bool {
        wanted.matches(&self.requested()) || wanted.matches(&self.stored)
    }

    /// Whether the route, which has the attributes `current` now, is as it was read back after a
    /// write of `wanted`.
    pub(crate) fn is_as_requested(
        &self,
        wanted: &RouteAttributes,
        current: &RouteAttributes,
    ) -> bool {
        self.is_read_back && self.stored == *current && wanted.matches(&self.requested())
    }
}
