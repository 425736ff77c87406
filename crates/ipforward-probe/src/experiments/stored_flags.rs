//! The `BOOLEAN` members of a row that a caller creates or sets.

use ipforward::abi::MibIpForwardRow2;
use nt_netio_profile::StoredFlags;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

const NONE: [u8; 4] = [0; 4];
const EVERY: [u8; 4] = [1; 4];

fn with_flags(row: MibIpForwardRow2, flag: u8) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        loopback: flag,
        autoconfigure_address: flag,
        publish: flag,
        immortal: flag,
        ..row
    }
}

const fn flags(row: &MibIpForwardRow2) -> [u8; 4] {
    [
        row.loopback,
        row.autoconfigure_address,
        row.publish,
        row.immortal,
    ]
}

/// Creates a route without flags and one with all, and sets the others.
pub(super) struct CreateAndSetFlags;

impl Experiment for CreateAndSetFlags {
    type Behaviour = StoredFlags;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let without = context.create(with_flags(context.row(18), 0))?;
        let with = context.create(with_flags(context.row(19), 1))?;
        let read = |row: &MibIpForwardRow2| context.stack.get_route(row).map(|row| flags(&row));
        let (created_without, created_with) = (read(&without.row)?, read(&with.row)?);
        context.stack.set_route(&with_flags(without.row, 1))?;
        context.stack.set_route(&with_flags(with.row, 0))?;
        let (set_with, set_without) = (read(&without.row)?, read(&with.row)?);
        match (created_without, created_with, set_with, set_without) {
            (NONE, EVERY, EVERY, NONE) => Ok(StoredFlags::AsGiven),
            (NONE, EVERY, NONE, EVERY) => Ok(StoredFlags::KeptBySet),
            (one, two, three, four) if one == two && two == three && three == four => {
                Ok(StoredFlags::Derived)
            }
            (one, two, three, four) => Err(Unknown::Unexpected(format!(
                "created without {one:?}, with {two:?}; then set with {three:?}, without {four:?}"
            ))),
        }
    }
}
