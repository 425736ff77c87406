//! The kernel's multicast events: changes of routes, links and addresses.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use netlink_packet_core::{NLM_F_REPLACE, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::RouteMessage;
use netlink_sys::Socket;
use netlink_sys::SocketAddr;
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;

use crate::datagram::DatagramBuffer;
use crate::event_filter;
use crate::requests::{Received, messages};

/// `RTNLGRP_…`: links, IPv4 addresses and routes, IPv6 addresses and routes, next hop objects.
const GROUPS: [u32; 6] = [1, 5, 7, 9, 11, 32];
/// Room for a burst of some ten thousand routes; if it is lost, everything is read again.
const BUFFER: u32 = 8 << 20;

/// One change.
pub(crate) enum Event {
    /// A route was added.
    Added(RouteMessage),
    /// A route was removed.
    Removed(RouteMessage),
    /// Another change, or lost events: the whole table must be read again.
    Unclear,
}

/// A socket at which the changes arrive.
pub(crate) struct Events {
    socket: Socket,
    buffer: DatagramBuffer,
}

impl Events {
    /// A socket in the namespace of the calling thread. It gets no events of IPv4 routes that are
    /// changed by requests of `own_port`.
    pub(crate) fn open(own_port: u32) -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind(&SocketAddr::new(0, 0))?;
        socket.set_non_blocking(true)?;
        socket.set_rx_buf_sz(BUFFER)?;
        event_filter::drop_events_of(&socket, own_port)?;
        for group in GROUPS {
            socket.add_membership(group)?;
        }
        Ok(Self {
            socket,
            buffer: DatagramBuffer::new(),
        })
    }

    /// Something to wait on for the next event.
    pub(crate) fn readiness(&self) -> io::Result<OwnedFd> {
        self.socket.as_fd().try_clone_to_owned()
    }

    /// The events since the last call. The kernel sends an event before it answers the request that
    /// made the change, so no earlier change is missing.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.buffer.receive(&self.socket) {
                Ok(datagram) => events.extend(messages(datagram).filter_map(event)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return events,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_overflow(&error) => {
                    self.discard();
                    return vec![Event::Unclear];
                }
                Err(_) => {
                    events.push(Event::Unclear);
                    return events;
                }
            }
        }
    }

    /// Discards the events that Linux kept when it dropped later ones for want of room. What is read
    /// from now on is newer than all of them.
    fn discard(&mut self) {
        loop {
            match self.buffer.receive(&self.socket) {
                Err(error) if !is_overflow(&error) => return,
                _ => {}
            }
        }
    }
}

/// Whether Linux has dropped events for want of room.
fn is_overflow(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::ENOBUFS as i32)
}

fn event(received: Received) -> Option<Event> {
    let Ok(message) = received else {
        return Some(Event::Unclear);
    };
    // The event does not name the route that was replaced.
    let replaces = message.header.flags & NLM_F_REPLACE != 0;
    match message.payload {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewRoute(route)) if !replaces => {
            Some(Event::Added(route))
        }
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelRoute(route)) => {
            Some(Event::Removed(route))
        }
        NetlinkPayload::InnerMessage(_) => Some(Event::Unclear),
        _ => None,
    }
}
