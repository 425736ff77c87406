#![doc = include_str!("../README.md")]

mod behaviour;
mod behaviours;
mod choices;
mod error;
mod file;

pub use behaviour::Behaviour;
pub use behaviours::{Choice, Profile};
pub use choices::{
    AbsentRouteStatus, Behaviours, BestRouteWithoutInterface, CallAtApcLevel, CreateOnDisconnected,
    DuplicateStatus, EmptyTable, FreeNullTable, FreshInterfaceRow, FreshSitePrefix, GetMembers,
    GetWithoutNextHop, LargeMetric, LostLinkRoutes, MissingInterfaceStatus, NextHopWithoutFamily,
    NoMemoryStatus, NoRouteStatus, NotificationCompartments, NotificationIrql, NotificationOrder,
    SleepLosses, StoredFlags, UnknownInterfaceStatus, ZeroLifetime,
};
pub use error::BehaviourError;
pub use file::{MeasuredMachine, ProfileFile, ProfileFileError, is_profile_file};
