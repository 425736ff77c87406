//! A WDM driver inside the test: it calls what ntoskrnl exports, as a real one does.

mod built_irps;
mod cancellation;
mod device_properties;
mod device_state;
mod devices;
mod drivers_irps;
mod filters;
mod pnp;
mod requests;
mod rules;
mod security;
mod stack_rules;
mod start_io;
mod start_io_rules;
mod wdm_driver;
mod wmi;
mod work_items;
