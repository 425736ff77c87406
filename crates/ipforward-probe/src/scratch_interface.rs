//! The interface whose routes the experiments make.

use std::time::{Duration, Instant};

use ipforward::abi::{MibIpInterfaceRow, SockaddrInet};
use ipforward::{AddressFamily, Interface};

use crate::call_error::CallError;
use crate::probed_stack::ProbedStack;

/// `IF_TYPE_SOFTWARE_LOOPBACK`, in the upper 16 bits of a LUID.
const LOOPBACK: u64 = 24;

/// The index of the loopback interface, for a system that cannot list its interfaces.
const USUAL_LOOPBACK: u32 = 1;

/// How long the stack may take to get the interface of a new adapter.
const TIME_LIMIT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The interface whose routes the experiments make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScratchInterface {
    luid: u64,
    index: u32,
    is_connected: bool,
}

impl ScratchInterface {
    /// The interface with this LUID (0: only its index is known) and index.
    #[must_use]
    pub const fn new(luid: u64, index: u32, is_connected: bool) -> Self {
        Self {
            luid,
            index,
            is_connected,
        }
    }

    /// The wanted interface, or else the loopback interface.
    ///
    /// # Errors
    ///
    /// The stack has no such interface with IPv4.
    pub fn find(stack: &dyn ProbedStack, wanted: Option<Interface>) -> Result<Self, CallError> {
        let Some(interface) = wanted else {
            return Self::loopback(stack);
        };
        let keys = MibIpInterfaceRow {
            family: AddressFamily::IPV4.0,
            interface_luid: interface.luid().unwrap_or(0),
            interface_index: interface.index().unwrap_or(0),
            ..MibIpInterfaceRow::default()
        };
        Ok(Self::of(&stack.interface(&keys)?))
    }

    /// The interface with this LUID, once the stack has it with a link.
    ///
    /// # Errors
    ///
    /// It does not get it.
    pub fn wait_for(stack: &dyn ProbedStack, luid: u64) -> Result<Self, CallError> {
        let keys = MibIpInterfaceRow {
            family: AddressFamily::IPV4.0,
            interface_luid: luid,
            ..MibIpInterfaceRow::default()
        };
        let begun = Instant::now();
        loop {
            let is_late = begun.elapsed() > TIME_LIMIT;
            match stack.interface(&keys).map(|row| Self::of(&row)) {
                Ok(interface) if interface.is_connected => return Ok(interface),
                Ok(_) if is_late => {
                    return Err(CallError::Failed("it does not get a link".to_owned()));
                }
                Err(error) if is_late || !matches!(error, CallError::Refused(_)) => {
                    return Err(error);
                }
                Ok(_) | Err(_) => std::thread::sleep(POLL_INTERVAL),
            }
        }
    }

    fn loopback(stack: &dyn ProbedStack) -> Result<Self, CallError> {
        let interfaces = match stack.interfaces(AddressFamily::IPV4) {
            Ok(interfaces) => interfaces,
            Err(error @ CallError::Failed(_)) => return Err(error),
            Err(_) => return Ok(Self::new(0, USUAL_LOOPBACK, true)),
        };
        let found = interfaces
            .iter()
            .find(|row| row.interface_luid >> 48 == LOOPBACK);
        found.map(Self::of).ok_or_else(|| {
            CallError::Failed("no loopback interface: name another with --interface".to_owned())
        })
    }

    fn of(row: &MibIpInterfaceRow) -> Self {
        Self::new(row.interface_luid, row.interface_index, row.connected != 0)
    }

    /// Its LUID; 0 if only the index is known.
    #[must_use]
    pub const fn luid(&self) -> u64 {
        self.luid
    }

    /// Its index.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// False if it had no link when the probe started.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.is_connected
    }
}

/// The next hop of an on-link route of IPv4.
pub(crate) fn on_link() -> SockaddrInet {
    SockaddrInet::unspecified(AddressFamily::IPV4)
}
