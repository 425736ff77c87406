//! Fault injection sweeps over the driver that ships: what a scenario is, and what must hold after
//! each of its runs. `nthost_testkit::sweep` does the runs.

mod check;
mod context;
mod events;
mod scenario;

pub use context::ScenarioContext;
pub use scenario::Scenario;
