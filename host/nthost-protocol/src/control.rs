//! Test control: what a test asks the host itself, past the driver. Only for the host's own user.

use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// A request to the host. Its number is none of a [`CallKind`](crate::syscall::CallKind).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ControlKind {
    /// Arm fault injection. `argument` is 0 for no fault, 1 to fail
    /// the call that has the number `target` alone, 2 to fail it and all later ones. The payload
    /// is empty, or one byte: in which of the ways that its documentation lists the call fails,
    /// from 0, counted round; and then what a function's name has to contain to count. The reply's
    /// `information` is how many calls have been counted since the last time, its payload what is
    /// known of the first one that was failed meanwhile, if any: a [`FailedCall`] and then the
    /// function's name.
    ArmFault = 7,
    /// What the driver has taken and not given back. The reply's
    /// `information` is the number of entries, its payload as much of their text as there is room
    /// for.
    Outstanding = 8,
    /// Set the pause point: a call of the driver's at which its thread waits. `argument` is 0 to remove it
    /// and resume the thread, 1 to set it to the call that has the number `target` among those that may
    /// fail, counted from 0 now, 2 to change nothing. The payload is the name of the function whose calls
    /// count, or empty for any. The reply's `information` is 1 if a thread waits now, otherwise 0.
    PausePoint = 9,
    /// Which requests the driver has not completed. The reply's
    /// `information` is their number, its payload as much of their text as there is room for, a line
    /// each.
    InFlight = 10,
    /// Answer when nothing but requests is under way: the stack has reported every change, every due
    /// timer has run and no work item is left. With the `argument` 1, work items begin from now on only
    /// during such a call.
    Quiesce = 11,
    /// Let `target` units of 100 ns pass for the driver, whose clock
    /// stands still otherwise from now on, and [quiesce](Self::Quiesce).
    PassTime = 12,
    /// Take the interface with the index `target` out of the machine, with its routes (`argument`
    /// 0), or put it back (1), with another LUID and its GUID (2), or put another adapter in its
    /// place, with its LUID and another GUID (3).
    Plug = 13,
    /// Begin to trace the calls of NETIO (`argument` 1), with the
    /// payload empty, or the `SOCKADDR_INET` of a destination whose way is asked for after each
    /// call; or end the trace (0). The reply to the end has a line for each call: its function, its
    /// status, and the prefix and the next hop of the best route to the destination, or dashes.
    Trace = 14,
    /// Tell the `PnP` manager, not the driver: remove the root-enumerated device with the number
    /// `target`. `argument` is 0 to do so in order, which an open file vetoes
    /// (`STATUS_PLUGPLAY_QUERY_VETOED`), 1 to do so by surprise: the reply comes when the driver has
    /// seen it, the rest of the removal follows the close of the last file. With its last device the
    /// driver is unloaded.
    Remove = 15,
    /// End all other client processes that have open files, remove the devices in order and unload
    /// the driver, if it is still loaded. The host does this, not the driver, and continues without
    /// it. `STATUS_PLUGPLAY_QUERY_VETOED` if the caller has open files itself. The reply's
    /// `information` is the number of resources that the driver has leaked; its payload is the
    /// report about them, as much as there is room for.
    Unload = 16,
    /// The routes of its network, also without a driver. The reply's
    /// `information` is their number, its payload a `MIB_IPFORWARD_ROW2` each.
    Routes = 17,
    /// How many bytes the driver has copied by calls of `memcpy`, `memmove`, `RtlCopyMemory` and
    /// `RtlMoveMemory`, as the reply's `information`.
    CopiedBytes = 34,
    /// The names by which a program can open a device: device interfaces (`\\?\…`) and symbolic links
    /// (`\\.\…`). The reply's `information` is their number, its payload as many as there is room for,
    /// a line each.
    DeviceNames = 21,
    /// Take the link of an interface down (`argument` 0) or up (1). The payload is the index or the
    /// alias of the interface (UTF-8).
    Link = 30,
    /// Take an address off an interface (`argument` 0), or give the interface one (1). The payload
    /// is the index or the alias of the interface, a space, and the address with the length of its
    /// on-link prefix (UTF-8).
    Address = 31,
    /// Have a router or DHCP tell the stack a route, or tell it again, which refreshes its lifetimes.
    /// The payload is the index or the alias of the interface, the destination with its length, the
    /// next hop and the lifetime in seconds, with spaces between them (UTF-8).
    Advertise = 33,
    /// Use a token with other SIDs for all later opens of the calling process: the payload has them in
    /// the form `S-1-5-18`, one a line.
    SetToken = 40,
    /// Tell the `PnP` manager that it has found one more root-enumerated device for the driver. The
    /// reply's status is that of the start, its `information` the number of the device.
    AddDevice = 41,
    /// Put the calling process into the network compartment `argument`, as a process is in that of its
    /// job: all its later calls are made there. `STATUS_NOT_FOUND` for a compartment that the network
    /// does not have.
    SetCompartment = 50,
    /// Put the system to sleep: every device leaves D0 for D3. The bits of `target` are
    /// [`SLEEP_LOSE_ROUTES`] and [`SLEEP_FAST_STARTUP`]. The reply comes when all devices are in D3.
    /// Until [`Resume`](Self::Resume) the host refuses other commands to the `PnP` manager with
    /// `STATUS_POWER_STATE_INVALID`.
    Sleep = 60,
    /// Resume the system: every device returns to D0. The reply comes when all are there.
    Resume = 61,
}

/// While the system sleeps, the network stack loses all routes that it has not made itself.
pub const SLEEP_LOSE_ROUTES: u64 = 1;
/// Before the system sleeps, all user sessions are logged off, as for the shutdown that precedes a
/// fast startup: all other client processes with open files end, but for services.
pub const SLEEP_FAST_STARTUP: u64 = 2;

impl ControlKind {
    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        [
            Self::ArmFault,
            Self::Outstanding,
            Self::PausePoint,
            Self::InFlight,
            Self::Quiesce,
            Self::PassTime,
            Self::Plug,
            Self::Trace,
            Self::Remove,
            Self::Unload,
            Self::Routes,
            Self::CopiedBytes,
            Self::DeviceNames,
            Self::Link,
            Self::Address,
            Self::Advertise,
            Self::SetToken,
            Self::AddDevice,
            Self::SetCompartment,
            Self::Sleep,
            Self::Resume,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }
}

impl From<ControlKind> for u32 {
    fn from(kind: ControlKind) -> Self {
        kind as Self
    }
}

/// The report of [`ControlKind::ArmFault`] about the call that failed, before its name (UTF-8).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Unaligned,
)]
#[repr(C)]
pub struct FailedCall {
    /// The `NTSTATUS` with which it failed.
    pub status: U32,
    /// In how many ways it may fail.
    pub ways: U32,
    /// 1 if it, or a later call that was failed too, said that something is absent.
    pub said_absent: U32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syscall::CallKind;

    #[test]
    fn no_number_is_that_of_two_kinds() {
        let is_both = |number: &u32| {
            ControlKind::from_number(*number).is_some() && CallKind::from_number(*number).is_some()
        };
        assert_eq!((0..1_000).find(is_both), None);
    }
}
