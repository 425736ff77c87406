//! The order in which a registration is notified of changes.

use nt_netio_profile::NotificationOrder;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::probed_stack::ReportedKind;
use crate::reported_changes::ReportedChanges;
use crate::unknown::Unknown;

/// The routes of each round, and the numbers of the first ones. A stack that may report a later change
/// first does so by chance.
const ROUTES: u8 = 4;
const ROUNDS: std::ops::Range<u8> = 6..26;

/// Creates some routes right after each other, and looks at the order of their notifications. Repeats that
/// until a later one comes first.
pub(super) struct CreateInSuccession;

impl Experiment for CreateInSuccession {
    type Behaviour = NotificationOrder;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let mut changes = ReportedChanges::begin(context.stack)?;
        for round in ROUNDS {
            let numbers = (0..ROUTES).map(|number| round * ROUTES + number);
            let rows: Vec<_> = numbers.map(|number| context.row(number)).collect();
            let created: Vec<_> = rows.iter().map(|row| row.destination_prefix).collect();
            let routes = context.create_all(&rows)?;
            let mut reported = changes.wait_until_added(&routes)?;
            // Other programs may add routes meanwhile.
            reported.retain(|change| {
                change.kind == ReportedKind::Added && created.contains(&change.destination)
            });
            let reported = reported.iter().map(|change| change.destination);
            if reported.ne(created) {
                return Ok(NotificationOrder::LaterFirst);
            }
        }
        Ok(NotificationOrder::InOrder)
    }
}
