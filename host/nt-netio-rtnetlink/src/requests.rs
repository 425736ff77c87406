//! Requests to the kernel, one at a time, each with its answer.

use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use crate::datagram::DatagramBuffer;

/// How often a dump is begun again because the table changed under it.
const DUMP_ATTEMPTS: usize = 16;

/// A socket for requests.
pub(crate) struct Requests {
    socket: Socket,
    port: u32,
    sequence: u32,
    /// The last request. Its memory is used again.
    sent: Vec<u8>,
    buffer: DatagramBuffer,
}

impl Requests {
    /// A socket in the namespace of the calling thread.
    pub(crate) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        let port = socket.bind_auto()?.port_number();
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self {
            socket,
            port,
            sequence: 0,
            sent: Vec::new(),
            buffer: DatagramBuffer::new(),
        })
    }

    /// The port of the socket. The events of changes that it requests name it.
    pub(crate) const fn port(&self) -> u32 {
        self.port
    }

    /// Makes one request and gives everything that is answered.
    pub(crate) fn request(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> io::Result<Vec<RouteNetlinkMessage>> {
        let mut request = NetlinkMessage::from(message);
        self.sequence = self.sequence.wrapping_add(1);
        request.header.sequence_number = self.sequence;
        request.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        request.finalize();
        self.sent.clear();
        self.sent.resize(request.buffer_len(), 0);
        request.serialize(&mut self.sent);
        self.socket.send(&self.sent, 0)?;
        self.answers()
    }

    /// Lists everything of a kind, as it was at one moment.
    pub(crate) fn dump(
        &mut self,
        message: &RouteNetlinkMessage,
    ) -> io::Result<Vec<RouteNetlinkMessage>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.request(message.clone(), NLM_F_DUMP) {
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted && attempts < DUMP_ATTEMPTS => {}
                answer => return answer,
            }
        }
    }

    fn answers(&mut self) -> io::Result<Vec<RouteNetlinkMessage>> {
        let mut answers = Vec::new();
        let mut interrupted = false;
        loop {
            let datagram = self.buffer.receive(&self.socket)?;
            for message in messages(datagram) {
                let Ok(message) = message else { continue };
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                interrupted |= message.header.flags & NLM_F_DUMP_INTR != 0;
                match message.payload {
                    NetlinkPayload::InnerMessage(answer) => answers.push(answer),
                    NetlinkPayload::Error(error) if error.code.is_some() => {
                        return Err(error.to_io());
                    }
                    NetlinkPayload::Error(_) | NetlinkPayload::Done(_) if interrupted => {
                        return Err(io::ErrorKind::Interrupted.into());
                    }
                    NetlinkPayload::Error(_) | NetlinkPayload::Done(_) => return Ok(answers),
                    _ => {}
                }
            }
        }
    }
}

/// A message, or an error if this crate cannot parse its kind.
pub(crate) type Received = Result<NetlinkMessage<RouteNetlinkMessage>, Unreadable>;

/// A message that cannot be read.
pub(crate) struct Unreadable;

/// The messages of one datagram.
pub(crate) fn messages(datagram: &[u8]) -> impl Iterator<Item = Received> {
    /// Each message begins with its length, and the next one at a multiple of this.
    const ALIGNMENT: usize = 4;
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_ne_bytes(*rest.first_chunk()?)).ok()?;
        let message = rest.get(..length).filter(|message| !message.is_empty())?;
        rest = rest
            .get(length.next_multiple_of(ALIGNMENT)..)
            .unwrap_or_default();
        Some(NetlinkMessage::deserialize(message).map_err(|_error| Unreadable))
    })
}
