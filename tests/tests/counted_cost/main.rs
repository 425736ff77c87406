//! What each operation costs in the driver, in counted instructions, against `budget.toml`.
//!
//! The host runs under callgrind, which counts the instructions of each loaded object: the figures
//! are those of the driver, or of the host where their names say so, and not of what else the machine
//! does. `UPDATE_BUDGET=1` writes the measured costs into the budget.

mod budget;
mod callgrind;
mod cost;
mod flat;
mod measured_host;
mod operations;
mod scale;

use std::path::Path;

use budget::Budget;
use operations::Measured;

#[test]
fn no_operation_costs_more_than_its_budget() {
    let costs = operations::measure();
    if std::env::var_os("UPDATE_BUDGET").is_some() {
        budget::write(&budget::path(), &costs);
    }
    report("costs.toml", &costs);
    let budget = Budget::read();
    print!("{}", budget.table(&costs));
    let mut faults = budget.faults(&costs);
    faults.extend(flat::faults(&costs));
    assert!(
        faults.is_empty(),
        "{}\nmake it cheaper, or accept the cost with UPDATE_BUDGET=1",
        faults.join("\n")
    );
}

#[test]
#[ignore = "`cargo xtask bench --count --scale` runs it: making a million leases takes minutes"]
fn a_lease_costs_the_same_beside_a_million() {
    let costs = scale::measure();
    report("leases.toml", &costs);
    for (name, cost) in &costs {
        println!("{name}: {} instructions", cost.instructions);
    }
    let faults = flat::faults(&costs);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Writes costs for the report that `cargo xtask bench --report` makes.
fn report(file: &str, costs: &[Measured]) {
    if let Some(directory) = std::env::var_os("COUNTED_COSTS") {
        budget::write(&Path::new(&directory).join(file), costs);
    }
}
