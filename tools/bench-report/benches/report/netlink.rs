//! Routes of a network namespace, made by plain netlink messages.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use ipforward::Route;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::route::{
    RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::sched::{CloneFlags, setns};
use tests::scattered_route;

/// A socket in a network namespace.
pub(crate) struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    /// A socket in the namespace that `ip netns` calls `name`.
    pub(crate) fn open(name: &str) -> Result<Self> {
        let namespace = File::open(format!("/run/netns/{name}"))?;
        let socket = thread::spawn(move || -> io::Result<Socket> {
            setns(namespace, CloneFlags::CLONE_NEWNET)?;
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            Ok(socket)
        });
        let socket = socket
            .join()
            .map_err(|_| anyhow!("opening a socket panicked"))?;
        Ok(Self {
            socket: socket?,
            sequence: 0,
        })
    }

    /// Creates the routes with these numbers, so many of them with each datagram. The kernel answers the
    /// last message of each.
    pub(crate) fn create(&mut self, numbers: Range<u32>, each_time: usize) -> Result<()> {
        let numbers: Vec<_> = numbers.collect();
        for numbers in numbers.chunks(each_time) {
            let mut datagram = Vec::new();
            for (place, number) in numbers.iter().enumerate() {
                let is_last = place + 1 == numbers.len();
                self.append(&mut datagram, &scattered_route(*number), is_last)?;
            }
            self.socket.send(&datagram, 0)?;
            self.wait_for_answer()?;
        }
        Ok(())
    }

    fn append(&mut self, datagram: &mut Vec<u8>, route: &Route, is_answered: bool) -> Result<()> {
        let message = RouteNetlinkMessage::NewRoute(message(route)?);
        let mut message = NetlinkMessage::from(message);
        self.sequence += 1;
        message.header.sequence_number = self.sequence;
        let answer = if is_answered { NLM_F_ACK } else { 0 };
        message.header.flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | answer;
        message.finalize();
        let start = datagram.len();
        datagram.resize(start + message.buffer_len(), 0);
        message.serialize(&mut datagram[start..]);
        Ok(())
    }

    fn wait_for_answer(&self) -> Result<()> {
        let (bytes, _) = self.socket.recv_from_full()?;
        let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&bytes)?;
        let NetlinkPayload::Error(error) = answer.payload else {
            return Err(anyhow!("not an answer: {answer:?}"));
        };
        ensure!(error.code.is_none(), "{}", error.to_io());
        ensure!(answer.header.sequence_number == self.sequence);
        Ok(())
    }
}

/// The message that adds a route.
fn message(route: &Route) -> Result<RouteMessage> {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: AddressFamily::Inet,
        destination_prefix_length: route.destination.prefix_len(),
        table: RouteHeader::RT_TABLE_MAIN,
        protocol: RouteProtocol::Static,
        scope: RouteScope::Universe,
        kind: RouteType::Unicast,
        ..RouteHeader::default()
    };
    let gateway = route.next_hop.address().context("a gateway")?;
    let interface = route.interface.index().context("an index")?;
    message.attributes = vec![
        RouteAttribute::Destination(route.destination.addr().into()),
        RouteAttribute::Gateway(gateway.into()),
        RouteAttribute::Oif(interface),
        RouteAttribute::Priority(route.metric),
    ];
    Ok(message)
}
