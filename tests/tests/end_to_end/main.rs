//! The driver image that ships, in the host, driven through the public client and the command line.
//!
//! One module is one subject. `fault_injection/list.toml` names each test with the scenarios in
//! which its calls fail.

mod adapters;
mod aliases;
mod best_route;
mod buffers;
mod cancelled_batches;
mod client_values;
mod compartments;
mod covered_prefix;
mod delegation;
mod device_interface;
mod device_security;
mod documentation;
mod equal_set;
mod failed_batch;
mod field;
mod guard_events;
mod guards;
mod import;
mod interface_removal;
mod interface_settings;
mod killed_clients;
mod killed_owners;
mod late_notifications;
mod leases;
mod leases_listed;
mod links;
mod losses;
mod manual_pages;
mod notifications_refused;
mod operations;
mod pool_tags;
mod probe;
mod processes;
mod quotas;
mod refusals;
mod reinstalling;
mod removal;
mod removed_under_load;
mod routes;
mod seed;
mod selftest;
mod several_devices;
mod shared_batches;
mod sleep;
mod stored_values;
mod watch_overflow;
mod watching;
mod watching_interfaces;
