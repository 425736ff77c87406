//! Calls that are about the host, not about a driver's device.

use std::sync::Arc;
use std::time::Duration;

use nix::unistd::geteuid;
use nt_types::{AddressFamily, NtStatus, SockaddrInet};
use nthost_protocol::{CallHeader, CallKind, FailedCall, PAYLOAD_MAX};
use zerocopy::{FromBytes, IntoBytes};

use super::calls::Answer;
use crate::io;
use crate::kernel::{fault, pause_point, resource_tracker};
use crate::netio::{self, trace};
use crate::pnp_commands::{PnpCommand, PnpCommands};
use crate::process::Process;
use crate::quiesce;

/// Nanoseconds in a unit of kernel time.
const NANOS_PER_TICK: u64 = 100;

/// The way of one process's calls to the host.
pub(super) struct HostCalls {
    /// Which client it is.
    number: u64,
    process: Arc<Process>,
    commands: PnpCommands,
}

impl HostCalls {
    pub(super) fn new(number: u64, process: Arc<Process>, commands: PnpCommands) -> Self {
        Self {
            number,
            process,
            commands,
        }
    }

    /// Makes a call if the process may: calls that change something, or that show a driver's state,
    /// are for the host's own user.
    pub(super) fn make(&self, kind: CallKind, header: &CallHeader, payload: &[u8]) -> Answer {
        let room = header.output_length.get();
        match kind {
            CallKind::Interfaces => return interfaces(payload, room),
            CallKind::Alias => return alias(header, payload),
            _ => {}
        }
        if self.process.uid != geteuid().as_raw() {
            return Answer::status(NtStatus::ACCESS_DENIED);
        }
        match kind {
            CallKind::ArmFault => arm_fault(header, payload),
            CallKind::Outstanding => outstanding(room),
            CallKind::InFlight => in_flight(room),
            CallKind::Routes => routes(room),
            CallKind::PausePoint => hold_call(header, payload),
            CallKind::Quiesce => quiesce(header.argument.get()),
            CallKind::PassTime => pass_time(header.target.get()),
            CallKind::Plug => plug(header),
            CallKind::Trace => take_trace(header, payload),
            CallKind::Remove => self.remove(header),
            CallKind::Unload => self.unload(room),
            CallKind::Open
            | CallKind::Close
            | CallKind::Duplicate
            | CallKind::DeviceControl
            | CallKind::Read
            | CallKind::Write
            | CallKind::Cancel
            | CallKind::Interfaces
            | CallKind::Alias => Answer::status(NtStatus::INVALID_PARAMETER),
        }
    }

    fn remove(&self, header: &CallHeader) -> Answer {
        let Ok(device) = u32::try_from(header.target.get()) else {
            return Answer::status(NtStatus::INVALID_PARAMETER);
        };
        let order = match header.argument.get() {
            0 => PnpCommand::Remove(device),
            1 => PnpCommand::SurpriseRemove(device),
            _ => return Answer::status(NtStatus::INVALID_PARAMETER),
        };
        Answer::status(self.commands.give(order).status)
    }

    fn unload(&self, room: u32) -> Answer {
        let outcome = self.commands.give(PnpCommand::Unload {
            caller: self.number,
        });
        Answer {
            status: outcome.status,
            ..list(outcome.left.len(), room, || outcome.left.concat())
        }
    }
}

fn arm_fault(header: &CallHeader, way: &[u8]) -> Answer {
    let number = header.target.get();
    let plan = match header.argument.get() {
        0 => fault::Plan::Off,
        1 => fault::Plan::Only(number),
        2 => fault::Plan::From(number),
        _ => return Answer::status(NtStatus::INVALID_PARAMETER),
    };
    let (way, among) = match way.split_first() {
        None => (0, ""),
        Some((way, among)) => match std::str::from_utf8(among) {
            Ok(among) => ((*way).into(), among),
            Err(_) => return Answer::status(NtStatus::INVALID_PARAMETER),
        },
    };
    let before = fault::disarm();
    fault::arm_among(plan, way, among);
    Answer {
        output: before.failed.as_ref().map(describe).unwrap_or_default(),
        ..Answer::success(before.calls)
    }
}

fn hold_call(header: &CallHeader, function: &[u8]) -> Answer {
    match header.argument.get() {
        0 => pause_point::resume(),
        1 => pause_point::set(header.target.get(), &String::from_utf8_lossy(function)),
        2 => {}
        _ => return Answer::status(NtStatus::INVALID_PARAMETER),
    }
    Answer::success(pause_point::is_paused().into())
}

fn describe(failed: &fault::Failed) -> Vec<u8> {
    let header = FailedCall {
        status: failed.status.bits().into(),
        ways: u32::try_from(failed.ways).unwrap_or(u32::MAX).into(),
        said_absent: u32::from(failed.said_absent).into(),
    };
    [header.as_bytes(), failed.function.as_bytes()].concat()
}

fn outstanding(room: u32) -> Answer {
    let entries = resource_tracker::outstanding();
    // The text takes a while: it has the names of functions in it.
    list(entries.len(), room, || {
        entries.iter().map(ToString::to_string).collect()
    })
}

fn in_flight(room: u32) -> Answer {
    let requests = io::in_flight();
    list(requests.len(), room, || requests.join("\n"))
}

fn interfaces(class: &[u8], room: u32) -> Answer {
    let paths = io::interfaces(&String::from_utf8_lossy(class));
    list(paths.len(), room, || paths.join("\n"))
}

fn alias(header: &CallHeader, alias: &[u8]) -> Answer {
    let answer = match (header.argument.get(), std::str::from_utf8(alias)) {
        (0, Ok(alias)) => netio::stack().alias_to_luid(alias).map(Answer::success),
        (1, _) => netio::stack()
            .luid_to_alias(header.target.get())
            .map(|alias| Answer {
                output: alias.into_bytes(),
                ..Answer::success(0)
            }),
        _ => Err(NtStatus::INVALID_PARAMETER),
    };
    answer.unwrap_or_else(Answer::status)
}

/// The routes of the machine's network, whatever became of the driver.
fn routes(room: u32) -> Answer {
    let rows = netio::stack().routes(AddressFamily::UNSPECIFIED);
    // Nothing to list is no failure here.
    let rows = rows.unwrap_or_default();
    let output = rows.as_bytes();
    if output.len() > room.min(PAYLOAD_MAX) as usize {
        return Answer::status(NtStatus::BUFFER_TOO_SMALL);
    }
    Answer {
        output: output.to_vec(),
        ..Answer::success(rows.len() as u64)
    }
}

/// The number of some entries, and as much of their text as there is room for.
fn list(count: usize, room: u32, text: impl FnOnce() -> String) -> Answer {
    let mut output = Vec::new();
    if room > 0 {
        output = text().into_bytes();
        output.truncate(room.min(PAYLOAD_MAX) as usize);
    }
    Answer {
        output,
        ..Answer::success(count as u64)
    }
}

fn quiesce(put_off: u32) -> Answer {
    if put_off == 1 {
        quiesce::defer_work();
    }
    quiesce::wait_idle();
    Answer::success(0)
}

fn pass_time(ticks: u64) -> Answer {
    quiesce::advance_clock(Duration::from_nanos(ticks.saturating_mul(NANOS_PER_TICK)));
    Answer::success(0)
}

fn plug(header: &CallHeader) -> Answer {
    let present = match header.argument.get() {
        0 => false,
        1 => true,
        _ => return Answer::status(NtStatus::INVALID_PARAMETER),
    };
    let index = u32::try_from(header.target.get());
    let plugged = index.map_or(Err(NtStatus::NOT_FOUND), |index| {
        netio::stack().plug(index, present)
    });
    Answer::status(plugged.err().unwrap_or(NtStatus::SUCCESS))
}

fn take_trace(header: &CallHeader, destination: &[u8]) -> Answer {
    match (header.argument.get(), destination) {
        (0, _) => Answer {
            output: trace::end().into_bytes(),
            ..Answer::success(0)
        },
        (1, []) => {
            trace::begin(None);
            Answer::success(0)
        }
        (1, bytes) => match SockaddrInet::read_from_bytes(bytes) {
            Ok(destination) => {
                trace::begin(Some(destination));
                Answer::success(0)
            }
            Err(_) => Answer::status(NtStatus::INVALID_PARAMETER),
        },
        _ => Answer::status(NtStatus::INVALID_PARAMETER),
    }
}
