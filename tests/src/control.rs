//! What a test asks of the host itself, and what it makes happen in the machine.

use std::net::IpAddr;
use std::time::Duration;

use abi::{NtStatus, SockaddrInet};
use nthost_protocol::{CallHeader, CallKind, FailedCall};
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, IntoBytes};

use crate::process::{Process, Reply};

/// Units of kernel time in a second.
const TICKS_PER_SECOND: u128 = 10_000_000;

/// One call of NETIO that a driver has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetioCall {
    /// Its name.
    pub function: String,
    /// Its status.
    pub status: NtStatus,
    /// The prefix of the best route to the destination of the trace after the call, as in
    /// `10.20.0.0/16`; `-` if there is no way.
    pub prefix: String,
    /// The next hop of that route.
    pub next_hop: String,
}

/// Which calls that may fail do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// One of them.
    Only = 1,
    /// One of them and all later ones.
    From = 2,
}

/// The first call that was failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The function.
    pub function: String,
    /// Its status.
    pub status: NtStatus,
    /// In how many ways it may fail.
    pub ways: u32,
    /// Whether it, or a later call that was failed too, said that something is absent.
    pub said_absent: bool,
}

impl NetioCall {
    /// Whether it is one that changes the route table.
    #[must_use]
    pub fn writes(&self) -> bool {
        ["Create", "Set", "Delete"]
            .iter()
            .any(|verb| self.function.starts_with(verb))
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ').map(str::to_owned);
        let function = words.next()?;
        let status = u32::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        Some(Self {
            function,
            status: NtStatus::new(status),
            prefix: words.next()?,
            next_hop: words.next()?,
        })
    }
}

impl Process {
    /// Waits until nothing is under way in the machine but requests.
    pub fn quiesce(&mut self) {
        self.order(CallKind::Quiesce, 0, 0, &[]);
    }

    /// The same; from now on work items begin only when somebody waits for them, as this does.
    ///
    /// # Panics
    ///
    /// If the host does not say so.
    pub fn defer_work(&mut self) {
        self.order(CallKind::Quiesce, 1, 0, &[]);
    }

    /// Waits until a call that was begun has been served or is waiting, and nothing else is under
    /// way in the machine.
    ///
    /// # Panics
    ///
    /// If the host does not say so.
    pub fn quiesce_after(&mut self, call: u64) {
        // A thread makes its calls one after the other.
        let id = self.send(
            CallHeader {
                thread: U64::new(call),
                kind: U32::new(CallKind::Quiesce as u32),
                ..CallHeader::default()
            },
            &[],
        );
        assert_eq!(self.wait(id).status, NtStatus::SUCCESS, "the host is ours");
    }

    /// Lets time pass for the driver, whose clock stands still otherwise from now on, and waits
    /// until what is due because of it is done.
    ///
    /// # Panics
    ///
    /// If it is more than the host can count.
    pub fn pass_time(&mut self, time: Duration) {
        let ticks = time.as_nanos() * TICKS_PER_SECOND / 1_000_000_000;
        let ticks = u64::try_from(ticks).expect("a time that the host can count");
        self.order(CallKind::PassTime, 0, ticks, &[]);
    }

    /// Takes an interface out of the machine.
    pub fn unplug(&mut self, index: u32) {
        self.order(CallKind::Plug, 0, index.into(), &[]);
    }

    /// Puts an interface back that was taken out.
    pub fn plug(&mut self, index: u32) {
        self.order(CallKind::Plug, 1, index.into(), &[]);
    }

    /// Runs `work`, and tells each call of NETIO meanwhile; after each the host asks for the way to
    /// `destination`.
    ///
    /// # Panics
    ///
    /// If the host's answer cannot be read.
    pub fn trace<R>(
        &mut self,
        destination: Option<IpAddr>,
        work: impl FnOnce() -> R,
    ) -> (R, Vec<NetioCall>) {
        let destination = destination.map(SockaddrInet::from);
        let destination = destination.as_ref().map(IntoBytes::as_bytes);
        self.order(CallKind::Trace, 1, 0, destination.unwrap_or_default());
        let result = work();
        let reply = self.order(CallKind::Trace, 0, 0, &[]);
        let text = String::from_utf8(reply.output).expect("the host writes UTF-8");
        let calls = text
            .lines()
            .map(|line| NetioCall::read(line).unwrap_or_else(|| panic!("no call: {line}")));
        (result, calls.collect())
    }

    /// From now on the call with this number fails, counted from 0 over all that may fail, in the
    /// way with this number.
    pub fn arm(&mut self, plan: Plan, number: u64, way: u8) {
        self.arm_among("", plan, number, way);
    }

    /// The same, counted over the functions whose name contains `among`.
    pub fn arm_among(&mut self, among: &str, plan: Plan, number: u64, way: u8) {
        let payload = [&[way], among.as_bytes()].concat();
        self.order(CallKind::ArmFault, plan as u32, number, &payload);
    }

    /// From now on no call fails. The first one that did meanwhile is the result.
    pub fn disarm(&mut self) -> Option<Failed> {
        let reply = self.order(CallKind::ArmFault, 0, 0, &[]);
        let (header, function) = FailedCall::read_from_prefix(&reply.output).ok()?;
        Some(Failed {
            function: String::from_utf8_lossy(function).into_owned(),
            status: NtStatus::new(header.status.get()),
            ways: header.ways.get(),
            said_absent: header.said_absent.get() != 0,
        })
    }

    fn order(&mut self, kind: CallKind, argument: u32, target: u64, payload: &[u8]) -> Reply {
        let id = self.send(
            CallHeader {
                kind: U32::new(kind as u32),
                argument: U32::new(argument),
                target: U64::new(target),
                ..CallHeader::default()
            },
            payload,
        );
        let reply = self.wait(id);
        assert_eq!(reply.status, NtStatus::SUCCESS, "{kind:?}");
        reply
    }
}
