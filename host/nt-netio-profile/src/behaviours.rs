//! A choice of all behaviours: by a profile, and single ones by name.

use std::str::FromStr;

use nt_types::NtStatus;

use crate::choices::{
    AbsentRouteStatus, Behaviours, BestRouteWithoutInterface, CallAtApcLevel, CreateOnDisconnected,
    DuplicateStatus, EmptyTable, FreeNullTable, FreshInterfaceRow, FreshSitePrefix, GetMembers,
    GetWithoutNextHop, LargeMetric, LostLinkRoutes, MissingInterfaceStatus, NextHopWithoutFamily,
    NoMemoryStatus, NoRouteStatus, NotificationCompartments, NotificationIrql, NotificationOrder,
    SleepLosses, UnknownInterfaceStatus, ZeroLifetime,
};
use crate::error::BehaviourError;

/// A value for every behaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// [`Behaviours::documented`].
    #[default]
    Documented,
    /// [`Behaviours::alternative`].
    Alternative,
}

impl Profile {
    /// Its behaviours.
    #[must_use]
    pub const fn behaviours(self) -> Behaviours {
        match self {
            Self::Documented => Behaviours::documented(),
            Self::Alternative => Behaviours::alternative(),
        }
    }
}

impl FromStr for Profile {
    type Err = BehaviourError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "documented" => Ok(Self::Documented),
            "alternative" => Ok(Self::Alternative),
            _ => Err(BehaviourError::UnknownProfile(name.to_owned())),
        }
    }
}

/// One behaviour with a value, written `NAME=VALUE`. Name and value exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    name: String,
    value: String,
}

impl FromStr for Choice {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| BehaviourError::Syntax(text.to_owned()))?;
        Behaviours::documented().set(name, value)?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl Default for Behaviours {
    fn default() -> Self {
        Self::documented()
    }
}

/// Written as the name of a profile, or as one behaviour that differs from the `documented` profile
/// (`NAME=VALUE`).
impl FromStr for Behaviours {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('=') {
            Ok(Self::documented().with(&text.parse()?))
        } else {
            Ok(text.parse::<Profile>()?.behaviours())
        }
    }
}

impl Behaviours {
    /// The same but for one behaviour.
    #[must_use]
    pub fn with(mut self, choice: &Choice) -> Self {
        let Choice { name, value } = choice;
        // A choice is checked when it is made.
        let _ = self.set(name, value);
        self
    }

    /// True if a next hop without a family means on-link.
    #[must_use]
    pub fn accepts_next_hop_without_family(self) -> bool {
        self.next_hop_without_family == NextHopWithoutFamily::OnLink
    }

    /// True if the site prefix length of a fresh row counts as not given.
    #[must_use]
    pub fn accepts_fresh_site_prefix(self) -> bool {
        self.fresh_site_prefix == FreshSitePrefix::NotGiven
    }

    /// The status when neither LUID nor index is given.
    pub fn no_interface_given(self) -> NtStatus {
        match self.missing_interface {
            MissingInterfaceStatus::InvalidParameter => NtStatus::INVALID_PARAMETER,
            MissingInterfaceStatus::ObjectNameNotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
        }
    }

    /// True if a get without a next hop finds the first match.
    #[must_use]
    pub fn gets_first_match(self) -> bool {
        self.get_without_next_hop == GetWithoutNextHop::FirstMatch
    }

    /// The status for an absent route.
    pub fn absent(self) -> NtStatus {
        match self.absent_route {
            AbsentRouteStatus::NotFound => NtStatus::NOT_FOUND,
            AbsentRouteStatus::ObjectNameNotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
        }
    }

    /// True if a best route may be asked for without an interface.
    #[must_use]
    pub fn searches_all_interfaces(self) -> bool {
        self.best_route_without_interface == BestRouteWithoutInterface::AllInterfaces
    }

    /// The status for an interface that the stack does not have.
    pub fn unknown_interface(self) -> NtStatus {
        match self.unknown_interface {
            UnknownInterfaceStatus::NotFound => NtStatus::NOT_FOUND,
            UnknownInterfaceStatus::ObjectNameNotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
        }
    }

    /// The status for a route that exists.
    pub fn duplicate(self) -> NtStatus {
        match self.duplicate {
            DuplicateStatus::DuplicateObjectId => NtStatus::DUPLICATE_OBJECTID,
            DuplicateStatus::ObjectIdExists => NtStatus::OBJECTID_EXISTS,
            DuplicateStatus::ObjectNameCollision => NtStatus::OBJECT_NAME_COLLISION,
        }
    }

    /// The status when no route matches.
    pub fn no_route(self) -> NtStatus {
        match self.no_route {
            NoRouteStatus::NetworkUnreachable => NtStatus::NETWORK_UNREACHABLE,
            NoRouteStatus::NotFound => NtStatus::NOT_FOUND,
            NoRouteStatus::HostUnreachable => NtStatus::HOST_UNREACHABLE,
        }
    }

    /// True if a table may have no row.
    #[must_use]
    pub fn lists_nothing(self) -> bool {
        self.empty_table == EmptyTable::Success
    }

    /// True if a route may have no lifetime at all.
    #[must_use]
    pub fn accepts_no_lifetime(self) -> bool {
        self.zero_lifetime == ZeroLifetime::Accepted
    }

    /// True if all ones in a metric mean "not given" and the range is checked.
    #[must_use]
    pub fn checks_metric(self) -> bool {
        self.large_metric == LargeMetric::Checked
    }

    /// The status for a lack of memory.
    pub fn no_memory(self) -> NtStatus {
        match self.no_memory {
            NoMemoryStatus::NoMemory => NtStatus::NO_MEMORY,
            NoMemoryStatus::InsufficientResources => NtStatus::INSUFFICIENT_RESOURCES,
        }
    }

    /// True if a get checks members that it only writes.
    #[must_use]
    pub fn get_checks_members(self) -> bool {
        self.get_members == GetMembers::Checked
    }

    /// True if all ones in an interface row mean "not given".
    #[must_use]
    pub fn interface_sentinels(self) -> bool {
        self.fresh_interface_row == FreshInterfaceRow::AllOnes
    }

    /// True if `FreeMibTable` takes NULL.
    #[must_use]
    pub fn frees_null(self) -> bool {
        self.free_null_table == FreeNullTable::Ignored
    }

    /// True if the routes of an interface go with its link or its last address.
    #[must_use]
    pub fn removes_routes_of_lost_link(self) -> bool {
        self.lost_link_routes == LostLinkRoutes::Removed
    }

    /// True if no route can be created on a disconnected interface.
    #[must_use]
    pub fn refuses_on_disconnected(self) -> bool {
        self.create_on_disconnected == CreateOnDisconnected::Refused
    }

    /// True if routes that are lost in a sleep are notified.
    #[must_use]
    pub fn notifies_routes_lost_in_sleep(self) -> bool {
        self.sleep_losses == SleepLosses::Notified
    }

    /// True if a sleep keeps all routes.
    #[must_use]
    pub fn keeps_routes_in_sleep(self) -> bool {
        self.sleep_losses == SleepLosses::None
    }

    /// True if a call at `APC_LEVEL` stops the machine even where the reference allows it.
    #[must_use]
    pub fn stops_at_apc(self) -> bool {
        self.call_at_apc_level == CallAtApcLevel::Stops
    }

    /// True if a later change may be notified before an earlier one.
    #[must_use]
    pub fn notifies_later_first(self) -> bool {
        self.notification_order == NotificationOrder::LaterFirst
    }

    /// True if the callbacks of notifications are called at `DISPATCH_LEVEL`.
    #[must_use]
    pub fn notifies_at_dispatch(self) -> bool {
        self.notification_irql == NotificationIrql::Dispatch
    }

    /// True if a registration is notified of changes in every compartment.
    #[must_use]
    pub fn notifies_all_compartments(self) -> bool {
        self.notification_compartments == NotificationCompartments::All
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_changes_one_behaviour_of_a_profile() {
        let choice = "duplicate-status=object-name-collision".parse().unwrap();
        let behaviours = Behaviours::alternative().with(&choice);
        assert_eq!(behaviours.duplicate(), NtStatus::OBJECT_NAME_COLLISION);
        assert_eq!(behaviours.no_route(), NtStatus::NOT_FOUND);
    }

    #[test]
    fn one_behaviour_alone_differs_from_the_documented_profile() {
        let behaviours: Behaviours = "no-route-status=not-found".parse().unwrap();
        assert_eq!(behaviours.no_route(), NtStatus::NOT_FOUND);
        assert_eq!(behaviours.duplicate(), NtStatus::DUPLICATE_OBJECTID);
    }

    #[test]
    fn profiles_differ_in_every_behaviour() {
        let texts = [Behaviours::documented(), Behaviours::alternative()];
        let [documented, alternative] = texts.map(|all| format!("{all:?}"));
        let fields = |text: &str| text.split(", ").map(str::to_owned).collect::<Vec<_>>();
        let pairs = fields(&documented).into_iter().zip(fields(&alternative));
        assert!(pairs.into_iter().all(|(one, other)| one != other));
    }

    #[test]
    fn a_wrong_behaviour_is_named_with_what_would_be_right() {
        let error = |text: &str| text.parse::<Choice>().unwrap_err().to_string();
        let unknown = error("duplicate=x");
        assert!(
            unknown.contains("`duplicate`") && unknown.contains("duplicate-status"),
            "{unknown}"
        );
        assert_eq!(
            error("empty-table=empty"),
            "unknown value `empty` of empty-table: give one of not-found, success"
        );
        assert!(error("empty-table").contains("NAME=VALUE"));
    }
}
