//! Drivers that share no code with the driver that ships run in the host unchanged: a `PnP` device
//! that echoes, a control device that is a mailbox, two that look below the framework, and several in C,
//! among them filters and one that binds to a framework library.

mod echo;
mod exceptions;
mod filters;
mod framework_library;
mod host_process;
mod inspector;
mod mailbox;
mod matrix;
mod miniport;
mod pipe;
mod pipe_wdm;
mod sleep;
mod start_io;
mod system_data;
mod testkit;
mod verify_page;
