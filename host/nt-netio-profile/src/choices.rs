//! The table of behaviours: the points that the documentation leaves open, and their values.

/// Declares [`Behaviours`] and one enum for each of its fields. The first value
/// is that of the `documented` profile, the second that of the `alternative` one.
macro_rules! behaviours {
    ($(
        $(#[$doc:meta])*
        $field:ident, $name:literal: $type:ident {
            $($(#[$value_doc:meta])* $value:ident = $text:literal,)+
        }
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $type {
                $($(#[$value_doc])* $value,)+
            }

            impl Behaviour for $type {
                const NAME: &'static str = $name;
                const VALUES: &'static [(&'static str, Self)] = &[$(($text, Self::$value),)+];
            }
        )+

        /// What the stack does at each point that the documentation leaves open.
        ///
        /// A driver has to be right whatever the values are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Behaviours {
            $($(#[$doc])* pub $field: $type,)+
        }

        impl Behaviours {
            /// What the documentation says, and where it is silent or contradicts itself, what is
            /// most likely.
            #[must_use]
            pub const fn documented() -> Self {
                Self { $($field: <$type as Behaviour>::VALUES[0].1,)+ }
            }

            /// What callers in the field, or another page of the documentation, say instead.
            #[must_use]
            pub const fn alternative() -> Self {
                Self { $($field: <$type as Behaviour>::VALUES[1].1,)+ }
            }

            /// The name of every behaviour, in the order of the table.
            pub const NAMES: &[&str] = &[$($name,)+];

            /// The name of every behaviour with the name of its value, in the order of the table.
            #[must_use]
            pub fn named_values(&self) -> Vec<(&'static str, &'static str)> {
                vec![$(($name, self.$field.text()),)+]
            }

            /// The names of the values that the behaviour called `name` may have.
            #[must_use]
            pub fn values_of(name: &str) -> Option<Vec<&'static str>> {
                match name {
                    $($name => Some($type::VALUES.iter().map(|(text, _)| *text).collect()),)+
                    _ => None,
                }
            }

            /// Sets the behaviour called `name` to the value called `value`.
            pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), BehaviourError> {
                match name {
                    $($name => self.$field = $type::from_text(value)?,)+
                    _ => return Err(BehaviourError::UnknownName {
                        name: name.to_owned(),
                        known: Self::NAMES.join(", "),
                    }),
                }
                Ok(())
            }
        }
    };
}

use crate::behaviour::Behaviour;
use crate::error::BehaviourError;

behaviours! {
    /// A route's next hop that is all zero, its family included.
    next_hop_without_family, "next-hop-without-family": NextHopWithoutFamily {
        /// The route is on-link; the host warns.
        OnLink = "on-link",
        /// `STATUS_INVALID_PARAMETER`.
        Refused = "refused",
    }
    /// Site prefix length 255, which `InitializeIpForwardEntry` writes.
    fresh_site_prefix, "fresh-site-prefix": FreshSitePrefix {
        /// Counts as not given; a get returns 0.
        NotGiven = "not-given",
        /// `STATUS_INVALID_PARAMETER`.
        Refused = "refused",
    }
    /// The status when LUID and index are both zero.
    missing_interface, "missing-interface-status": MissingInterfaceStatus {
        /// `STATUS_INVALID_PARAMETER`.
        InvalidParameter = "invalid-parameter",
        /// `STATUS_OBJECT_NAME_NOT_FOUND`.
        ObjectNameNotFound = "object-name-not-found",
    }
    /// `GetIpForwardEntry2` without a next hop.
    get_without_next_hop, "get-without-next-hop": GetWithoutNextHop {
        /// Finds the first route with the other keys.
        FirstMatch = "first-match",
        /// `STATUS_INVALID_PARAMETER`.
        Refused = "refused",
    }
    /// The status when the route to get, set or delete is absent.
    absent_route, "absent-route-status": AbsentRouteStatus {
        /// `STATUS_NOT_FOUND`.
        NotFound = "not-found",
        /// `STATUS_OBJECT_NAME_NOT_FOUND`.
        ObjectNameNotFound = "object-name-not-found",
    }
    /// `GetBestRoute2` without an interface.
    best_route_without_interface, "best-route-without-interface": BestRouteWithoutInterface {
        /// Searches all interfaces; the host warns.
        AllInterfaces = "all-interfaces",
        /// `STATUS_INVALID_PARAMETER`.
        Refused = "refused",
    }
    /// The status for an unknown interface in interface and best-route calls.
    unknown_interface, "unknown-interface-status": UnknownInterfaceStatus {
        /// `STATUS_NOT_FOUND`.
        NotFound = "not-found",
        /// `STATUS_OBJECT_NAME_NOT_FOUND`.
        ObjectNameNotFound = "object-name-not-found",
    }
    /// The status when the route to create exists.
    duplicate, "duplicate-status": DuplicateStatus {
        /// `STATUS_DUPLICATE_OBJECTID`.
        DuplicateObjectId = "duplicate-objectid",
        /// `STATUS_OBJECTID_EXISTS`.
        ObjectIdExists = "objectid-exists",
        /// `STATUS_OBJECT_NAME_COLLISION`.
        ObjectNameCollision = "object-name-collision",
    }
    /// The status when no route matches the destination.
    no_route, "no-route-status": NoRouteStatus {
        /// `STATUS_NETWORK_UNREACHABLE`.
        NetworkUnreachable = "network-unreachable",
        /// `STATUS_NOT_FOUND`.
        NotFound = "not-found",
        /// `STATUS_HOST_UNREACHABLE`.
        HostUnreachable = "host-unreachable",
    }
    /// A table without a row.
    empty_table, "empty-table": EmptyTable {
        /// `STATUS_NOT_FOUND`.
        NotFound = "not-found",
        /// Success with no rows.
        Success = "success",
    }
    /// A valid lifetime of zero.
    zero_lifetime, "zero-lifetime": ZeroLifetime {
        /// The route is created and expires at once.
        Accepted = "accepted",
        /// `STATUS_INVALID_PARAMETER`.
        Refused = "refused",
    }
    /// A metric of all ones, or above 0x7FFFFFFF.
    large_metric, "large-metric": LargeMetric {
        /// All ones count as not given; other large values are refused.
        Checked = "checked",
        /// Stored as given.
        Stored = "stored",
    }
    /// The status for a lack of memory.
    no_memory, "no-memory-status": NoMemoryStatus {
        /// `STATUS_NO_MEMORY`.
        NoMemory = "no-memory",
        /// `STATUS_INSUFFICIENT_RESOURCES`.
        InsufficientResources = "insufficient-resources",
    }
    /// Whether `GetIpForwardEntry2` checks lifetimes and site prefix length.
    get_members, "get-members": GetMembers {
        /// It ignores them.
        Ignored = "ignored",
        /// It checks them.
        Checked = "checked",
    }
    /// What `InitializeIpInterfaceEntry` writes into the members that Set takes.
    fresh_interface_row, "fresh-interface-row": FreshInterfaceRow {
        /// All ones, which Set leaves as they are.
        AllOnes = "all-ones",
        /// Zero, which Set stores.
        Zero = "zero",
    }
    /// `FreeMibTable` with NULL.
    free_null_table, "free-null-table": FreeNullTable {
        /// Does nothing; the host warns.
        Ignored = "ignored",
        /// The machine stops.
        Stops = "stops",
    }
    /// The routes of an interface that loses its link, or its last address of a family, but for
    /// those that the stack has made.
    lost_link_routes, "routes-of-lost-link": LostLinkRoutes {
        /// They are removed and do not return.
        Removed = "removed",
        /// They stay in the table, inactive.
        Kept = "kept",
    }
    /// `CreateIpForwardEntry2` on a disconnected interface.
    create_on_disconnected, "create-on-disconnected": CreateOnDisconnected {
        /// The route is created, inactive.
        Accepted = "accepted",
        /// `STATUS_NETWORK_UNREACHABLE`.
        Refused = "refused",
    }
    /// The routes that the stack loses while the system sleeps, and their notifications.
    sleep_losses, "routes-lost-in-sleep": SleepLosses {
        /// They are notified, also while the system sleeps.
        Notified = "notified",
        /// They are not.
        Silent = "silent",
        /// There are none: a sleep keeps all routes.
        None = "none",
    }
    /// The `BOOLEAN` members `Loopback`, `AutoconfigureAddress`, `Publish` and `Immortal` of a row
    /// that a caller creates or sets.
    stored_flags, "stored-flags": StoredFlags {
        /// They are stored as they are given.
        AsGiven = "as-given",
        /// The stack derives them: from the interface, which is no router and no loopback, and from
        /// the lifetime.
        Derived = "derived",
        /// They are stored when the route is created; a set leaves them as they are.
        KeptBySet = "kept-by-set",
    }
    /// A call at `APC_LEVEL` that the reference allows there.
    call_at_apc_level, "call-at-apc-level": CallAtApcLevel {
        /// The host warns, and stops only where the reference asks for `PASSIVE_LEVEL`.
        Warns = "warns",
        /// The machine stops.
        Stops = "stops",
    }
    /// The order in which a registration is notified of changes.
    notification_order, "notification-order": NotificationOrder {
        /// One thread serves it, in the order of the changes.
        InOrder = "in-order",
        /// Two threads serve it, and of two changes that wait the later one comes first.
        LaterFirst = "later-first",
    }
    /// The IRQL at which a notification's callback is called.
    notification_irql, "notification-irql": NotificationIrql {
        /// `PASSIVE_LEVEL`.
        Passive = "passive",
        /// `DISPATCH_LEVEL`; the host stops a callback that allocates pool.
        Dispatch = "dispatch",
    }
    /// The network compartments whose changes a registration is notified of.
    notification_compartments, "notification-compartments": NotificationCompartments {
        /// That of the thread that made the registration.
        Own = "own",
        /// All.
        All = "all",
    }
}
