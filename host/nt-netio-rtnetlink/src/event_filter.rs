//! The filter of the socket for events: Linux does not send this host the events of its own changes of
//! IPv4 routes. To receive and to parse one would take longer than all else that the host does for a
//! route.
//!
//! Those of IPv6 come, because Linux may make another entry there than it was asked for.

use std::io;
use std::os::fd::AsFd;

use netlink_sys::Socket;
use nix::libc::{AF_INET, RTM_DELROUTE, RTM_NEWROUTE};
use socket2::{SockFilter, SockRef};

/// `nlmsg_type` of `nlmsghdr`.
const TYPE_OFFSET: u32 = 4;
/// `nlmsg_pid` of `nlmsghdr`: the port of the request.
const PORT_OFFSET: u32 = 12;
/// `rtm_family` of `rtmsg`, which follows the header.
const FAMILY_OFFSET: u32 = 16;

/// `BPF_LD | BPF_B | BPF_ABS`: loads a byte.
const LOAD_8: u16 = 0x30;
/// `BPF_LD | BPF_H | BPF_ABS`: loads two bytes, the first as the higher one.
const LOAD_16: u16 = 0x28;
/// `BPF_LD | BPF_W | BPF_ABS`: loads four bytes, the first as the highest one.
const LOAD_32: u16 = 0x20;
/// `BPF_JMP | BPF_JEQ | BPF_K`.
const JUMP_IF_EQUAL: u16 = 0x15;
/// `BPF_RET | BPF_K`: ends with the number of bytes to keep.
const RETURN: u16 = 0x06;

/// Has Linux drop events of IPv4 routes whose change was requested at this port.
pub(crate) fn drop_events_of(events: &Socket, port: u32) -> io::Result<()> {
    SockRef::from(&events.as_fd()).attach_filter(&program(port))
}

fn program(port: u32) -> [SockFilter; 9] {
    const KEEP: u32 = u32::MAX;
    const DROP: u32 = 0;
    [
        load(LOAD_16, TYPE_OFFSET),
        jump(as_loaded_16(RTM_NEWROUTE), 1, 0),
        jump(as_loaded_16(RTM_DELROUTE), 0, 4),
        load(LOAD_8, FAMILY_OFFSET),
        jump(AF_INET.cast_unsigned(), 0, 2),
        load(LOAD_32, PORT_OFFSET),
        jump(u32::from_be_bytes(port.to_ne_bytes()), 1, 0),
        SockFilter::new(RETURN, 0, 0, KEEP),
        SockFilter::new(RETURN, 0, 0, DROP),
    ]
}

/// A member of a message, which has the byte order of the machine, as BPF loads it.
fn as_loaded_16(member: u16) -> u32 {
    u16::from_be_bytes(member.to_ne_bytes()).into()
}

fn load(instruction: u16, offset: u32) -> SockFilter {
    SockFilter::new(instruction, 0, 0, offset)
}

/// Passes over `equal` instructions if the loaded value is `value`, else over `other`.
fn jump(value: u32, equal: u8, other: u8) -> SockFilter {
    SockFilter::new(JUMP_IF_EQUAL, equal, other, value)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use nix::libc::{AF_INET6, RTM_NEWADDR};

    use super::*;

    const OWN: u32 = 0x8001_0203;

    /// The beginning of an event.
    fn event(kind: u16, family: i32, port: u32) -> Vec<u8> {
        let mut event = vec![0; FAMILY_OFFSET as usize];
        event[TYPE_OFFSET as usize..][..2].copy_from_slice(&kind.to_ne_bytes());
        event[PORT_OFFSET as usize..][..4].copy_from_slice(&port.to_ne_bytes());
        event.push(u8::try_from(family).unwrap());
        event
    }

    #[test]
    fn only_own_changes_of_ipv4_routes_are_dropped() {
        let (linux, events) = UnixDatagram::pair().unwrap();
        SockRef::from(&events).attach_filter(&program(OWN)).unwrap();
        events.set_nonblocking(true).unwrap();
        let is_dropped = |kind, family, port| {
            let event = event(kind, family, port);
            linux.send(&event).unwrap();
            let mut received = [0; 32];
            match events.recv(&mut received) {
                Ok(length) => {
                    assert_eq!(received[..length], event);
                    false
                }
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    true
                }
            }
        };
        assert!(is_dropped(RTM_NEWROUTE, AF_INET, OWN));
        assert!(is_dropped(RTM_DELROUTE, AF_INET, OWN));
        assert!(!is_dropped(RTM_NEWROUTE, AF_INET, OWN.swap_bytes()));
        assert!(!is_dropped(RTM_DELROUTE, AF_INET, 0));
        assert!(!is_dropped(RTM_NEWROUTE, AF_INET6, OWN));
        assert!(!is_dropped(RTM_NEWADDR, AF_INET, OWN));
    }
}
