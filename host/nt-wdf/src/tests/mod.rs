//! What the framework promises, one file a subject.

mod buffers;
mod cancellation;
mod device_irps;
mod devices;
mod dispatching;
mod dpcs;
mod loader;
mod locks;
mod objects;
mod pnp;
mod properties;
mod queues;
mod races;
mod registry;
mod requests;
mod scopes;
mod small;
mod stopping;
mod timers;
