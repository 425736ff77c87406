//! The flags of a route.

bitflags::bitflags! {
    /// The four `BOOLEAN` members of `MIB_IPFORWARD_ROW2`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct RouteFlags: u8 {
        /// `Loopback`: the route is a loopback route.
        const LOOPBACK = 1 << 0;
        /// `AutoconfigureAddress`: the address is configured automatically.
        const AUTOCONFIGURE_ADDRESS = 1 << 1;
        /// `Publish`: the route is published, as in router advertisements.
        const PUBLISH = 1 << 2;
        /// `Immortal`: the route does not expire.
        const IMMORTAL = 1 << 3;
    }
}

impl RouteFlags {
    /// Each flag, with its `routectl` keyword.
    pub const KEYWORDS: [(Self, &'static str); 4] = [
        (Self::LOOPBACK, "loopback"),
        (Self::AUTOCONFIGURE_ADDRESS, "autoconfigure"),
        (Self::PUBLISH, "publish"),
        (Self::IMMORTAL, "immortal"),
    ];
}
