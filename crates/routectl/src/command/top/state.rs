//! What the screen shows, and which part of it.

use std::collections::{BTreeMap, VecDeque};

use ipforward::abi::Statistics;
use ipforward::{AddressFamily, Route};

use super::row::{TopLease, TopRow};
use super::update::{FeedUpdate, TopEvent, TopEventSubject};
use crate::command::interface_states::InterfaceStates;
use crate::command::route_id::{RouteId, follow_event};
use crate::spec::IpFamily;

/// The number of events that are kept.
const EVENTS_MAX: usize = 100;

/// The routes that are shown, besides those that a text selects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OwnerFilter {
    /// All routes.
    #[default]
    Any,
    /// Leased routes.
    Leased,
    /// Guarded routes.
    Guarded,
}

/// The state of the screen.
#[derive(Debug, Default)]
pub(super) struct TopState {
    routes: BTreeMap<RouteId, Route>,
    /// `None` until they are read first.
    interfaces: Option<InterfaceStates>,
    pub(super) leases: Vec<TopLease>,
    pub(super) statistics: Statistics,
    /// The newest event first.
    pub(super) events: VecDeque<TopEvent>,
    pub(super) family: Option<IpFamily>,
    pub(super) ownership: OwnerFilter,
    /// What the line of a route must contain.
    pub(super) text: String,
    /// True while the user types the text.
    pub(super) is_typing: bool,
    /// The number of routes above the first one on the screen.
    pub(super) offset: usize,
    /// The number of routes that the last frame had room for.
    pub(super) page: usize,
}

impl TopState {
    pub(super) fn new(family: Option<IpFamily>) -> Self {
        Self {
            family,
            ..Self::default()
        }
    }

    /// The number of routes in the table.
    pub(super) fn route_count(&self) -> usize {
        self.routes.len()
    }

    /// Takes in what was read from the device.
    pub(super) fn update(&mut self, update: FeedUpdate) {
        match update {
            FeedUpdate::Table(routes) => {
                let with_id = |route: Route| (RouteId::from(&route), route);
                self.routes = routes.into_iter().map(with_id).collect();
            }
            FeedUpdate::Interfaces(time, rows) => {
                let differences = match &mut self.interfaces {
                    Some(states) => states.update(&rows),
                    first @ None => {
                        *first = Some(InterfaceStates::new(&rows));
                        Vec::new()
                    }
                };
                for difference in differences {
                    self.push_event(TopEvent {
                        time: time.clone(),
                        subject: TopEventSubject::Interface(difference),
                        process: None,
                    });
                }
            }
            FeedUpdate::Event(event) => self.take_event(event),
            FeedUpdate::Counters { leases, statistics } => {
                self.leases = leases;
                self.statistics = *statistics;
            }
        }
    }

    fn take_event(&mut self, event: TopEvent) {
        if let TopEventSubject::Route(kind) = &event.subject {
            follow_event(&mut self.routes, kind);
        }
        self.push_event(event);
    }

    fn push_event(&mut self, event: TopEvent) {
        self.events.truncate(EVENTS_MAX - 1);
        self.events.push_front(event);
    }

    /// The routes that pass the filters, sorted by destination.
    pub(super) fn rows(&self) -> Vec<TopRow> {
        let unknown = InterfaceStates::default();
        let interfaces = self.interfaces.as_ref().unwrap_or(&unknown);
        let mut rows = TopRow::all(&self.routes, &self.leases, interfaces);
        rows.retain(|row| self.passes(row));
        rows
    }

    fn passes(&self, row: &TopRow) -> bool {
        let route = &row.route;
        let is_owned = match self.ownership {
            OwnerFilter::Any => true,
            OwnerFilter::Leased => !row.leases.is_empty(),
            OwnerFilter::Guarded => row.is_guarded(),
        };
        let has_text = || {
            let line = format!(
                "{route} {} {} {} {}",
                row.interface(),
                route.protocol,
                row.processes(),
                row.guards()
            );
            line.to_lowercase().contains(&self.text.to_lowercase())
        };
        is_owned
            && self
                .family
                .is_none_or(|family| AddressFamily::from(family) == route.family())
            && (self.text.is_empty() || has_text())
    }
}
