//! The open points: what is asked, and the answers that are possible.

/// The open points, in the order of [`KNOBS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    K1,
    K2,
    K3,
    K3b,
    K4,
    K5,
    K6,
    K7,
    K8,
    K9,
    K10,
    K11,
    K12,
    K13,
    K14,
    K15,
    K16,
}

/// One open point.
#[derive(Debug, PartialEq, Eq)]
pub struct Knob {
    pub(super) point: Point,
    /// Its name, `K1` to `K16`.
    pub name: &'static str,
    /// What nobody knows.
    pub question: &'static str,
    /// The answers: the default first, then the alternatives.
    pub readings: &'static [&'static str],
}

/// Every knob, in the order of their names.
pub const KNOBS: [Knob; 17] = [
    knob(
        Point::K1,
        "K1",
        "a next hop that is all zero, family included",
        &["on-link, with a warning", "STATUS_INVALID_PARAMETER"],
    ),
    knob(
        Point::K2,
        "K2",
        "site prefix length 255, as a fresh row has it",
        &["not given, reads 0", "STATUS_INVALID_PARAMETER"],
    ),
    knob(
        Point::K3,
        "K3",
        "LUID and index are both zero",
        &["STATUS_INVALID_PARAMETER", "STATUS_OBJECT_NAME_NOT_FOUND"],
    ),
    knob(
        Point::K3b,
        "K3b",
        "GetIpForwardEntry2 without a next hop",
        &["the first match", "STATUS_INVALID_PARAMETER"],
    ),
    knob(
        Point::K4,
        "K4",
        "the route to get, set or delete is absent",
        &["STATUS_NOT_FOUND", "STATUS_OBJECT_NAME_NOT_FOUND"],
    ),
    knob(
        Point::K5,
        "K5",
        "GetBestRoute2 without an interface",
        &["all interfaces, with a warning", "STATUS_INVALID_PARAMETER"],
    ),
    knob(
        Point::K6,
        "K6",
        "an unknown interface in interface and best-route calls",
        &["STATUS_NOT_FOUND", "STATUS_OBJECT_NAME_NOT_FOUND"],
    ),
    knob(
        Point::K7,
        "K7",
        "the route to create exists",
        &[
            "STATUS_DUPLICATE_OBJECTID",
            "STATUS_OBJECTID_EXISTS",
            "STATUS_OBJECT_NAME_COLLISION",
        ],
    ),
    knob(
        Point::K8,
        "K8",
        "no route leads to the destination",
        &[
            "STATUS_NETWORK_UNREACHABLE",
            "STATUS_NOT_FOUND",
            "STATUS_HOST_UNREACHABLE",
        ],
    ),
    knob(
        Point::K9,
        "K9",
        "a table without a row",
        &["STATUS_NOT_FOUND", "success with no rows"],
    ),
    knob(
        Point::K10,
        "K10",
        "a valid lifetime of zero",
        &["accepted, expires at once", "STATUS_INVALID_PARAMETER"],
    ),
    knob(
        Point::K11,
        "K11",
        "a metric of all ones, or above 0x7FFFFFFF",
        &["all ones: not given; else refused", "stored as given"],
    ),
    knob(
        Point::K12,
        "K12",
        "no memory",
        &["STATUS_NO_MEMORY", "STATUS_INSUFFICIENT_RESOURCES"],
    ),
    knob(
        Point::K13,
        "K13",
        "GetIpForwardEntry2 checks lifetimes and site prefix length",
        &["no", "yes"],
    ),
    knob(
        Point::K14,
        "K14",
        "InitializeIpInterfaceEntry, in the members that Set takes",
        &["all ones: leave as it is", "zero"],
    ),
    knob(
        Point::K15,
        "K15",
        "FreeMibTable(NULL)",
        &["nothing, with a warning", "stop"],
    ),
    knob(
        Point::K16,
        "K16",
        "a call at APC_LEVEL",
        &["a warning; stop where PASSIVE_LEVEL is due", "stop"],
    ),
];

const fn knob(
    point: Point,
    name: &'static str,
    question: &'static str,
    readings: &'static [&'static str],
) -> Knob {
    Knob {
        point,
        name,
        question,
        readings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_stand_in_the_order_of_their_points() {
        for (place, knob) in KNOBS.iter().enumerate() {
            assert_eq!(knob.point as usize, place);
            assert_eq!(format!("{:?}", knob.point), knob.name);
        }
    }

    #[test]
    fn every_knob_has_an_alternative() {
        assert!(KNOBS.iter().all(|knob| knob.readings.len() >= 2));
    }
}
