//! What each operation costs in the driver, in counted instructions, against `budget.toml`.
//!
//! The host runs under callgrind, which counts the instructions of each loaded object: the figures
//! say nothing of the host, and do not depend on what else the machine does. `UPDATE_BUDGET=1`
//! writes the measured costs into the budget.

mod budget;
mod callgrind;
mod cost;
mod flat;
mod measured_host;
mod operations;

use budget::Budget;

#[test]
fn no_operation_costs_more_than_its_budget() {
    let costs = operations::measure();
    if std::env::var_os("UPDATE_BUDGET").is_some() {
        Budget::write(&costs);
    }
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
