//! The budget: what each operation may cost.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cost::Cost;
use crate::operations::Measured;

/// How much more than its budget an operation may cost: a compiler's other choice is no fault.
const TOLERANCE: f64 = 1.03;

/// The lines before the costs.
const HEADER: &str = "\
# What each operation may cost on average: in the driver, or in the host where its name says so.
# `cargo xtask test` fails if a figure is exceeded by more than 3 %. Written by
# `UPDATE_BUDGET=1 cargo xtask bench --count`.
";

/// The costs of all operations by their names.
pub(crate) struct Budget(BTreeMap<String, Cost>);

impl Budget {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(path()).expect("the budget can be read");
        Self(toml::from_str(&text).expect("the budget has a table for each operation"))
    }

    /// A line for each figure that exceeds the budget, and for each operation that only one side has.
    pub(crate) fn faults(&self, costs: &[Measured]) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, cost) in costs {
            let Some(budget) = self.0.get(*name) else {
                faults.push(format!("{name}: it is not in the budget"));
                continue;
            };
            for ((figure, budget), (_, cost)) in budget.figures().iter().zip(cost.figures()) {
                if cost > budget * TOLERANCE {
                    faults.push(format!("{name}: {cost} {figure}, the budget is {budget}"));
                }
            }
        }
        let is_measured = |name: &str| costs.iter().any(|(measured, _)| *measured == name);
        let unknown = self.0.keys().filter(|name| !is_measured(name));
        faults.extend(unknown.map(|name| format!("{name}: it is in the budget but not measured")));
        faults
    }

    /// A table: each operation's instructions beside their budget, and its other figures.
    pub(crate) fn table(&self, costs: &[Measured]) -> String {
        let mut table = format!(
            "{:<44} {:>12} {:>8} {:>8} {:>8} {:>8}\n",
            "OPERATION", "INSTRUCTIONS", "BUDGET", "NETIO", "POOL", "COPIED"
        );
        for (name, cost) in costs {
            let budget = self.0.get(*name).map_or(0.0, |budget| budget.instructions);
            let _ = writeln!(
                table,
                "{name:<44} {:>12.1} {budget:>8.1} {:>8.1} {:>8.1} {:>8.1}",
                cost.instructions, cost.netio_calls, cost.allocations, cost.copied_bytes
            );
        }
        table
    }
}

/// Where the budget is.
pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counted_cost/budget.toml")
}

/// Writes costs as a budget.
pub(crate) fn write(path: &Path, costs: &[Measured]) {
    let costs: BTreeMap<_, _> = costs.iter().copied().collect();
    let text = toml::to_string(&costs).expect("costs can be written");
    fs::write(path, format!("{HEADER}\n{text}")).expect("the costs can be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost {
        instructions: 1_000.0,
        netio_calls: 1.0,
        allocations: 2.0,
        copied_bytes: 104.0,
    };

    fn budget() -> Budget {
        Budget([("create".to_owned(), COST)].into())
    }

    #[test]
    fn three_per_cent_more_are_tolerated() {
        let instructions = 1_030.0;
        let cost = Cost {
            instructions,
            ..COST
        };
        assert!(budget().faults(&[("create", cost)]).is_empty());
    }

    #[test]
    fn each_exceeded_figure_is_named() {
        let (instructions, netio_calls) = (1_031.0, 2.0);
        let cost = Cost {
            instructions,
            netio_calls,
            ..COST
        };
        let faults = budget().faults(&[("create", cost)]);
        assert_eq!(
            faults,
            [
                "create: 1031 instructions, the budget is 1000",
                "create: 2 NETIO calls, the budget is 1",
            ]
        );
    }

    #[test]
    fn each_operation_that_one_side_lacks_is_named() {
        let faults = budget().faults(&[("get", COST)]);
        assert_eq!(
            faults,
            [
                "get: it is not in the budget",
                "create: it is in the budget but not measured",
            ]
        );
    }
}
