//! Costs that do not grow with the number of leases.

use crate::operations::Measured;

/// How much more an operation may cost beside many leases than beside few.
const LIMIT: f64 = 1.05;

/// What the name of an operation beside few leases ends with.
const FEW: &str = "1,000 leases";

/// What is before the number of leases in a name.
const BESIDE: &str = " beside ";

/// A line for each operation that costs more beside many leases than beside few.
pub(crate) fn faults(costs: &[Measured]) -> Vec<String> {
    let beside_few = |operation: &str| {
        let name = format!("{operation}{BESIDE}{FEW}");
        let measured = costs.iter().find(|(measured, _)| *measured == name);
        let (_, cost) = measured.expect("the operation is measured beside few leases");
        cost.instructions
    };
    let fault = |(name, cost): &Measured| {
        let (operation, _) = name.split_once(BESIDE)?;
        let (few, many) = (beside_few(operation), cost.instructions);
        (many > few * LIMIT).then(|| format!("{name}: {many} instructions, but {few} beside {FEW}"))
    };
    costs.iter().filter_map(fault).collect()
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
        vec![
            ("create", cost(700.0)),
            ("leased batch entry beside 1,000 leases", cost(1_000.0)),
            ("leased batch entry beside 16,000 leases", cost(beside_many)),
            ("end of a lease beside 1,000 leases", cost(1_000.0)),
            ("end of a lease beside 16,000 leases", cost(900.0)),
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
