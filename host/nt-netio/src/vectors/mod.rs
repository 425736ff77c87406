//! The test vectors of the route API, for every network stack.
//!
//! `vectors/README.md` of this package says how they are written. A test program implements
//! [`TestStack`] for its stack, and runs each [`BehaviourRun`] of [`all`] as a test of its own.

mod behaviour_run;
mod row;
mod run;
mod test_stack;
mod vector;
mod watcher;

use nt_types::{MibIpForwardRow2, SockaddrInet};
use serde::Deserialize;

pub use behaviour_run::{BehaviourRun, name, split};
pub use test_stack::{InterfaceLuids, TestStack};
pub use vector::Vector;

/// The files of the vectors, with their names.
const FILES: [(&str, &str); 8] = [
    ("best_route", include_str!("../../vectors/best_route.toml")),
    ("create", include_str!("../../vectors/create.toml")),
    ("delete", include_str!("../../vectors/delete.toml")),
    ("get", include_str!("../../vectors/get.toml")),
    ("interfaces", include_str!("../../vectors/interfaces.toml")),
    (
        "notifications",
        include_str!("../../vectors/notifications.toml"),
    ),
    ("plain_rows", include_str!("../../vectors/plain_rows.toml")),
    ("set", include_str!("../../vectors/set.toml")),
];

/// Every vector of every file.
///
/// # Panics
///
/// If a file is malformed.
#[must_use]
pub fn all() -> Vec<Vector> {
    #[derive(Deserialize)]
    struct File {
        vector: Vec<Vector>,
    }
    FILES
        .into_iter()
        .flat_map(|(name, text)| {
            let file: Result<File, _> = toml::from_str(text);
            file.unwrap_or_else(|error| panic!("{name}.toml: {error}"))
                .vector
        })
        .collect()
}

/// The route row that the vectors call `name`.
///
/// # Panics
///
/// If they call no row so.
#[must_use]
pub fn row(name: &str, luids: InterfaceLuids) -> MibIpForwardRow2 {
    row::named(name, luids)
}

/// The address of this text; `none` is all zero, family included.
///
/// # Panics
///
/// If it is no address.
#[must_use]
pub fn address(text: &str) -> SockaddrInet {
    row::address(text)
}

/// Whether two rows have the keys of one route.
#[must_use]
pub fn same_keys(one: &MibIpForwardRow2, other: &MibIpForwardRow2) -> bool {
    row::same_keys(one, other)
}
