#![doc = include_str!("../README.md")]

mod adapter_functions;
mod call_error;
mod context;
mod device_stack;
pub mod experiments;
mod journal;
mod operator;
mod probed_stack;
mod report;
mod reported_changes;
mod scratch_adapter;
mod scratch_interface;
mod unknown;

pub use adapter_functions::{AdapterFunctions, NoAdapters};
pub use call_error::CallError;
pub use context::ExperimentContext;
pub use device_stack::{Creation, DeviceStack};
pub use journal::Journal;
pub use operator::{NoOperator, Operator, PromptedOperator};
pub use probed_stack::{ProbedStack, ReportedChange, ReportedKind, RouteWatch, create_each};
pub use report::{ProbeColumn, ProbeReport};
pub use scratch_adapter::ScratchAdapter;
pub use scratch_interface::ScratchInterface;
pub use unknown::Unknown;
