//! The experiments, one file for each named behaviour: what is tried, and how the answer follows from
//! what is seen.

mod absent_route;
mod best_route_without_interface;
mod call_at_apc_level;
mod create_on_disconnected;
mod duplicate;
mod empty_table;
mod free_null_table;
mod fresh_interface_row;
mod fresh_site_prefix;
mod get_members;
mod get_without_next_hop;
mod large_metric;
mod lost_link_routes;
mod missing_interface;
mod next_hop_without_family;
mod no_memory;
mod no_route;
mod notification_compartments;
mod notification_irql;
mod notification_order;
mod sleep_losses;
mod stored_flags;
mod unknown_interface;
mod zero_lifetime;

use nt_netio_profile::Behaviour;

use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// One experiment: it finds the value of one behaviour.
trait Experiment {
    /// The behaviour.
    type Behaviour: Behaviour;

    /// Finds its value.
    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown>;
}

/// An experiment, whatever its behaviour.
#[derive(Clone, Copy, Debug)]
pub struct NamedExperiment {
    /// The name of the behaviour.
    pub behaviour: &'static str,
    run: fn(&ExperimentContext<'_>) -> Result<&'static str, Unknown>,
}

impl NamedExperiment {
    const fn of<E: Experiment>() -> Self {
        Self {
            behaviour: E::Behaviour::NAME,
            run: |context| E::run(context).map(Behaviour::text),
        }
    }

    /// The name of the value that the behaviour has.
    ///
    /// # Errors
    ///
    /// The value is not known.
    pub fn run(&self, context: &ExperimentContext<'_>) -> Result<&'static str, Unknown> {
        (self.run)(context)
    }
}

/// An experiment for every behaviour, in the order of [`Behaviours::NAMES`].
///
/// [`Behaviours::NAMES`]: nt_netio_profile::Behaviours::NAMES
pub const ALL: &[NamedExperiment] = &[
    NamedExperiment::of::<next_hop_without_family::CreateWithoutFamily>(),
    NamedExperiment::of::<fresh_site_prefix::CreateWithFreshSitePrefix>(),
    NamedExperiment::of::<missing_interface::DeleteWithoutInterface>(),
    NamedExperiment::of::<get_without_next_hop::GetByPrefix>(),
    NamedExperiment::of::<absent_route::UseAbsentRoute>(),
    NamedExperiment::of::<best_route_without_interface::SearchEverywhere>(),
    NamedExperiment::of::<unknown_interface::GetUnknownInterface>(),
    NamedExperiment::of::<duplicate::CreateTwice>(),
    NamedExperiment::of::<no_route::SearchInVain>(),
    NamedExperiment::of::<empty_table::ListNothing>(),
    NamedExperiment::of::<zero_lifetime::CreateExpired>(),
    NamedExperiment::of::<large_metric::CreateWithLargeMetrics>(),
    NamedExperiment::of::<no_memory::RunOutOfMemory>(),
    NamedExperiment::of::<get_members::GetWithWrongLifetimes>(),
    NamedExperiment::of::<fresh_interface_row::InitializeRow>(),
    NamedExperiment::of::<free_null_table::FreeNull>(),
    NamedExperiment::of::<lost_link_routes::PullCableOut>(),
    NamedExperiment::of::<create_on_disconnected::CreateWithoutLink>(),
    NamedExperiment::of::<sleep_losses::LoseRouteInSleep>(),
    NamedExperiment::of::<stored_flags::CreateAndSetFlags>(),
    NamedExperiment::of::<call_at_apc_level::RaiseIrql>(),
    NamedExperiment::of::<notification_order::CreateInSuccession>(),
    NamedExperiment::of::<notification_irql::ReadIrql>(),
    NamedExperiment::of::<notification_compartments::CreateInOtherCompartment>(),
];

#[cfg(test)]
mod tests {
    use nt_netio_profile::Behaviours;

    use super::ALL;

    #[test]
    fn there_is_an_experiment_for_every_behaviour() {
        let experiments: Vec<_> = ALL.iter().map(|one| one.behaviour).collect();
        assert_eq!(experiments, Behaviours::NAMES);
    }
}
