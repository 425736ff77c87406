//! Drivers that share no code with the driver that ships run in the host unchanged: a `PnP` device
//! that echoes, a control device that is a mailbox, and two that look below the framework.

mod echo;
mod inspector;
mod mailbox;
mod miniport;
mod sleep;
mod testkit;
