//! What the kernel's objects do for a driver that uses them as documented.

mod callbacks;
mod deferred_calls;
mod files;
mod mdls;
mod registry;
mod resources;
mod system;
mod threads;
mod waits;
