//! Configurations of Linux with sections for routes.

mod configured_route;
pub(super) mod netplan;
pub(super) mod networkd;
