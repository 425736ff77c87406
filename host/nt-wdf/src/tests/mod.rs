//! What the framework promises, one file a subject.

mod buffers;
mod cancellation;
mod device_irps;
mod devices;
mod dispatching;
mod dpcs;
mod filters;
mod io_targets;
mod loader;
mod locks;
mod objects;
mod pnp;
mod properties;
mod query_interfaces;
mod queues;
mod races;
mod registry;
mod requests;
mod scopes;
mod small;
mod stopping;
mod target_states;
mod timers;
