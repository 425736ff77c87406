//! The points at which nobody knows what Windows does, and which reading the host follows.
//!
//! The reference contradicts itself, or callers in the field contradict it. Each such point is a
//! knob with a default reading, the likelier one, and one or two others. A driver has to be right
//! under all of them.

mod points;

use std::fmt;
use std::str::FromStr;

use nt_types::NtStatus;
use thiserror::Error;

use points::Point;
pub use points::{KNOBS, Knob};

/// A reading for every knob.
///
/// Written as a list: `default`, `alternative`, `K3` (the first alternative of one knob), `K7=2`
/// (its second), `alternative,K5=0` (all alternatives but that one).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Knobs([u8; KNOBS.len()]);

/// Why a list of knobs cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KnobsError {
    /// No knob has this name.
    #[error("no knob is called `{0}`; give default, alternative, or K1 to K16, as in K3 or K7=2")]
    Unknown(String),
    /// The knob has fewer readings than that.
    #[error("`{knob}` has no reading {reading}; it has 0 to {}", last)]
    Reading {
        /// The knob.
        knob: &'static str,
        /// What was asked for.
        reading: String,
        /// The number of its last reading.
        last: usize,
    },
}

impl Knobs {
    /// The first alternative of every knob.
    #[must_use]
    pub const fn alternative() -> Self {
        Self([1; KNOBS.len()])
    }

    const fn reading(self, point: Point) -> u8 {
        self.0[point as usize]
    }

    fn choose(self, point: Point, statuses: &[NtStatus]) -> NtStatus {
        statuses[usize::from(self.reading(point))]
    }

    /// K1: whether a next hop without a family means on-link.
    #[must_use]
    pub fn accepts_next_hop_without_family(self) -> bool {
        self.reading(Point::K1) == 0
    }

    /// K2: whether the site prefix length of a fresh row counts as not given.
    #[must_use]
    pub fn accepts_fresh_site_prefix(self) -> bool {
        self.reading(Point::K2) == 0
    }

    /// K3: the status when neither LUID nor index is given.
    pub fn no_interface_given(self) -> NtStatus {
        self.choose(
            Point::K3,
            &[NtStatus::INVALID_PARAMETER, NtStatus::OBJECT_NAME_NOT_FOUND],
        )
    }

    /// K3b: whether a get without a next hop finds the first match.
    #[must_use]
    pub fn gets_first_match(self) -> bool {
        self.reading(Point::K3b) == 0
    }

    /// K4: the status for an absent route.
    pub fn absent(self) -> NtStatus {
        self.choose(
            Point::K4,
            &[NtStatus::NOT_FOUND, NtStatus::OBJECT_NAME_NOT_FOUND],
        )
    }

    /// K5: whether a best route may be asked for without an interface.
    #[must_use]
    pub fn searches_all_interfaces(self) -> bool {
        self.reading(Point::K5) == 0
    }

    /// K6: the status for an interface that the machine does not have.
    pub fn unknown_interface(self) -> NtStatus {
        self.choose(
            Point::K6,
            &[NtStatus::NOT_FOUND, NtStatus::OBJECT_NAME_NOT_FOUND],
        )
    }

    /// K7: the status for a route that exists.
    pub fn duplicate(self) -> NtStatus {
        self.choose(
            Point::K7,
            &[
                NtStatus::DUPLICATE_OBJECTID,
                NtStatus::OBJECTID_EXISTS,
                NtStatus::OBJECT_NAME_COLLISION,
            ],
        )
    }

    /// K8: the status when no route matches.
    pub fn no_route(self) -> NtStatus {
        self.choose(
            Point::K8,
            &[
                NtStatus::NETWORK_UNREACHABLE,
                NtStatus::NOT_FOUND,
                NtStatus::HOST_UNREACHABLE,
            ],
        )
    }

    /// K9: whether a table may have no row.
    #[must_use]
    pub fn lists_nothing(self) -> bool {
        self.reading(Point::K9) == 1
    }

    /// K10: whether a route may have no lifetime at all.
    #[must_use]
    pub fn accepts_no_lifetime(self) -> bool {
        self.reading(Point::K10) == 0
    }

    /// K11: whether all ones in a metric mean "not given" and the range is checked.
    #[must_use]
    pub fn checks_metric(self) -> bool {
        self.reading(Point::K11) == 0
    }

    /// K12: the status for no memory.
    pub fn no_memory(self) -> NtStatus {
        self.choose(
            Point::K12,
            &[NtStatus::NO_MEMORY, NtStatus::INSUFFICIENT_RESOURCES],
        )
    }

    /// K13: whether a get checks members that it only writes.
    #[must_use]
    pub fn get_checks_members(self) -> bool {
        self.reading(Point::K13) == 1
    }

    /// K14: whether all ones in an interface row mean "not given".
    #[must_use]
    pub fn interface_sentinels(self) -> bool {
        self.reading(Point::K14) == 0
    }

    /// K15: whether `FreeMibTable` takes NULL.
    #[must_use]
    pub fn frees_null(self) -> bool {
        self.reading(Point::K15) == 0
    }

    /// K16: whether a call at `APC_LEVEL` stops even where the reference allows it.
    #[must_use]
    pub fn stops_at_apc(self) -> bool {
        self.reading(Point::K16) == 1
    }
}

impl FromStr for Knobs {
    type Err = KnobsError;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut knobs = Self::default();
        for word in list.split(',').map(str::trim) {
            match word {
                "default" => knobs = Self::default(),
                "alternative" => knobs = Self::alternative(),
                _ => knobs.turn(word)?,
            }
        }
        Ok(knobs)
    }
}

impl Knobs {
    fn turn(&mut self, word: &str) -> Result<(), KnobsError> {
        let (name, reading) = word.split_once('=').unwrap_or((word, "1"));
        let place = KNOBS
            .iter()
            .position(|knob| knob.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| KnobsError::Unknown(name.to_owned()))?;
        let last = KNOBS[place].readings.len() - 1;
        self.0[place] = reading
            .parse()
            .ok()
            .filter(|&reading| usize::from(reading) <= last)
            .ok_or_else(|| KnobsError::Reading {
                knob: KNOBS[place].name,
                reading: reading.to_owned(),
                last,
            })?;
        Ok(())
    }
}

impl fmt::Display for Knobs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (knob, reading) in KNOBS.iter().zip(self.0) {
            let answer = knob.readings[usize::from(reading)];
            writeln!(
                formatter,
                "{}={reading}  {}: {answer}",
                knob.name, knob.question
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_from_left_to_right() {
        let knobs: Knobs = "alternative, K5=0, k7=2".parse().unwrap();
        assert!(knobs.searches_all_interfaces());
        assert_eq!(knobs.duplicate(), NtStatus::OBJECT_NAME_COLLISION);
        assert_eq!(knobs.no_route(), NtStatus::NOT_FOUND);
    }

    #[test]
    fn one_knob_alone_is_its_first_alternative() {
        let knobs: Knobs = "K8".parse().unwrap();
        assert_eq!(knobs.no_route(), NtStatus::NOT_FOUND);
        assert_eq!(knobs.duplicate(), NtStatus::DUPLICATE_OBJECTID);
    }

    #[test]
    fn a_wrong_knob_is_named_with_what_would_be_right() {
        let unknown = "K17".parse::<Knobs>().unwrap_err().to_string();
        assert!(
            unknown.contains("`K17`") && unknown.contains("K1 to K16"),
            "{unknown}"
        );
        let reading = "K3=2".parse::<Knobs>().unwrap_err().to_string();
        assert_eq!(reading, "`K3` has no reading 2; it has 0 to 1");
    }
}
