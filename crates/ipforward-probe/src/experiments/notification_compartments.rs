//! The network compartments whose changes a registration is notified of.

use nt_netio_profile::NotificationCompartments;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::reported_changes::ReportedChanges;
use crate::unknown::Unknown;

/// Creates a route in the other compartment and then some in this one, and looks at what is reported.
pub(super) struct CreateInOtherCompartment;

impl Experiment for CreateInOtherCompartment {
    type Behaviour = NotificationCompartments;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let other = context.other_compartment.ok_or_else(|| {
            Unknown::not_observable("needs a second network compartment: --compartment")
        })?;
        let mut changes = ReportedChanges::begin(context.stack)?;
        let there = other.create(other.row(110))?;
        let mut reported = Vec::new();
        // The first of these may be reported before the change in the other compartment.
        for number in 111..115 {
            let here = context.create(context.row(number))?;
            reported.extend(changes.wait_until_added(&[here])?);
        }
        let destination = there.row.destination_prefix;
        let is_reported = reported
            .iter()
            .any(|change| change.destination == destination);
        Ok(if is_reported {
            NotificationCompartments::All
        } else {
            NotificationCompartments::Own
        })
    }
}
