//! The options of a lease, and the driver's report about a lease.

mod info;
mod interface_lease;

pub use info::{Guard, GuardState, LeaseInfo, LeaseOwner};
pub use interface_lease::{InterfaceLease, SettingValues};

bitflags::bitflags! {
    /// The terms on which a route is leased.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct LeaseTerms: u8 {
        /// Other handles may lease the route too, if they also ask for a shared lease. The route is
        /// removed when the last lease ends.
        const SHARED = 1 << 0;
        /// The driver restores the route when another program removes or changes it.
        const GUARDED = 1 << 1;
    }
}
