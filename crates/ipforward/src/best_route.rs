//! The route that a packet would take.

use std::fmt;
use std::net::IpAddr;

use abi::{AddressFamily, BestRouteRequest, SockaddrInet};

use crate::route::{Interface, InvalidRow, Route};

/// The destination of a packet, optionally with its interface and source address.
///
/// ```
/// use std::net::IpAddr;
///
/// use ipforward::{Destination, Interface};
///
/// let address = IpAddr::from([10, 20, 0, 1]);
/// let anywhere = Destination::from(address);
/// let bound = Destination::new(address)
///     .interface(Interface::Index(7))
///     .source(IpAddr::from([192, 0, 2, 10]));
/// assert_eq!(anywhere.to_string(), "10.20.0.1");
/// assert_eq!(bound.to_string(), "10.20.0.1 from 192.0.2.10 dev 7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Destination {
    /// The destination address.
    pub address: IpAddr,
    /// The interface that the packet must leave by; any if `None`.
    pub interface: Option<Interface>,
    /// The source address; the stack chooses if `None`.
    pub source: Option<IpAddr>,
}

impl Destination {
    /// To `address`, by any interface and from any source.
    #[must_use]
    pub const fn new(address: IpAddr) -> Self {
        Self {
            address,
            interface: None,
            source: None,
        }
    }

    /// The family of the address.
    #[must_use]
    pub const fn family(&self) -> AddressFamily {
        match self.address {
            IpAddr::V4(_) => AddressFamily::IPV4,
            IpAddr::V6(_) => AddressFamily::IPV6,
        }
    }

    /// The same destination through this interface.
    #[must_use]
    pub fn interface(self, interface: Interface) -> Self {
        Self {
            interface: Some(interface),
            ..self
        }
    }

    /// The same destination from this source.
    #[must_use]
    pub fn source(self, source: IpAddr) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }
}

impl From<IpAddr> for Destination {
    fn from(address: IpAddr) -> Self {
        Self::new(address)
    }
}

impl fmt::Display for Destination {
    /// Formats it as the arguments of `routectl route get`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.address)?;
        if let Some(source) = self.source {
            write!(formatter, " from {source}")?;
        }
        if let Some(interface) = self.interface {
            write!(formatter, " dev {interface}")?;
        }
        Ok(())
    }
}

impl From<Destination> for BestRouteRequest {
    fn from(destination: Destination) -> Self {
        let interface = destination.interface;
        Self {
            interface_luid: interface.and_then(Interface::luid).unwrap_or(0),
            interface_index: interface.and_then(Interface::index).unwrap_or(0),
            source: destination
                .source
                .map_or_else(SockaddrInet::default, SockaddrInet::from),
            destination: destination.address.into(),
            reserved: 0,
        }
    }
}

/// The route that a packet would take, and its source address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BestRoute {
    /// The route.
    pub route: Route,
    /// The source address; `None` if no address is usable.
    pub source: Option<IpAddr>,
}

impl TryFrom<&abi::BestRoute> for BestRoute {
    type Error = InvalidRow;

    fn try_from(answer: &abi::BestRoute) -> Result<Self, InvalidRow> {
        let source = match (answer.source.family, answer.source.address()) {
            (0, _) => None,
            (_, Some(address)) => Some(address).filter(|address| !address.is_unspecified()),
            (family, None) => return Err(InvalidRow::Family(family)),
        };
        Ok(Self {
            route: Route::try_from(&answer.route)?,
            source,
        })
    }
}
