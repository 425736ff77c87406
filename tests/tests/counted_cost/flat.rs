//! Costs that do not grow with the number of leases.

use crate::operations::Measured;

/// How much more an operation may cost beside many leases than beside few.
const LIMIT: f64 = 1.05;

/// The operations, beside few leases and beside many.
const PAIRS: [[&str; 2]; 2] = [
    [
        "leased batch entry beside 1,000 leases",
        "leased batch entry beside 16,000 leases",
    ],
    [
        "end of a lease beside 1,000 leases",
        "end of a lease beside 16,000 leases",
    ],
];

/// A line for each operation that costs more beside many leases.
pub(crate) fn faults(costs: &[Measured]) -> Vec<String> {
    let instructions = |name: &str| {
        let measured = costs.iter().find(|(measured, _)| *measured == name);
        let (_, cost) = measured.expect("the operation is measured");
        cost.instructions
    };
    let fault = |[few, many]: [&str; 2]| {
        let (beside_few, beside_many) = (instructions(few), instructions(many));
        (beside_many > beside_few * LIMIT)
            .then(|| format!("{many}: {beside_many} instructions, but {beside_few} for a {few}"))
    };
    PAIRS.into_iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Cost;

    fn costs(beside_many: f64) -> Vec<Measured> {
        let cost = |instructions| Cost {
            instructions,
            netio_calls: 1.0,
            allocations: 0.0,
            copied_bytes: 0.0,
        };
        let [[few, many], [end_few, end_many]] = PAIRS;
        vec![
            (few, cost(1_000.0)),
            (many, cost(beside_many)),
            (end_few, cost(1_000.0)),
            (end_many, cost(900.0)),
        ]
    }

    #[test]
    fn five_per_cent_more_are_flat() {
        assert!(faults(&costs(1_050.0)).is_empty());
    }

    #[test]
    fn an_operation_that_grows_is_named() {
        let named = faults(&costs(1_051.0));
        assert_eq!(named.len(), 1);
        assert!(named[0].starts_with("leased batch entry beside 16,000 leases: 1051"));
    }
}
