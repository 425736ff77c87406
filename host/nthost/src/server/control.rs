//! Test control: requests to the host itself, past the driver.

mod network;

use std::sync::Arc;
use std::time::Duration;

use nix::unistd::geteuid;
use nt_kernel::process::Process;
use nt_kernel::{console, fault, pause_point, resource_tracker};
use nt_netio::trace;
use nt_types::{AddressFamily, NtStatus, SockaddrInet};
use nthost_protocol::control::{ControlKind, FailedCall, SLEEP_FAST_STARTUP, SLEEP_LOSE_ROUTES};
use nthost_protocol::{CallHeader, PAYLOAD_MAX};
use parking_lot::Mutex;
use zerocopy::{FromBytes, IntoBytes};

use super::call::Answer;
use super::client_threads::ClientThreads;
use crate::pnp_commands::{PnpCommand, PnpCommands};
use crate::quiesce;

/// Nanoseconds in a unit of kernel time.
const NANOS_PER_TICK: u64 = 100;

/// The SIDs of services and of the accounts that they run as: `SERVICE`, `LocalSystem`, `LocalService`
/// and `NetworkService`.
const SERVICE_SIDS: [&str; 4] = ["S-1-5-6", "S-1-5-18", "S-1-5-19", "S-1-5-20"];

/// One process's requests to the host.
pub(super) struct ControlCalls {
    /// Which client it is.
    number: u64,
    process: Arc<Process>,
    /// The process with another token, if it has set one.
    with_token: Mutex<Option<Arc<Process>>>,
    threads: Arc<ClientThreads>,
    commands: PnpCommands,
}

impl ControlCalls {
    pub(super) fn new(number: u64, process: Arc<Process>, commands: PnpCommands) -> Self {
        Self {
            number,
            process,
            with_token: Mutex::new(None),
            threads: Arc::default(),
            commands,
        }
    }

    /// The threads of the process.
    pub(super) fn threads(&self) -> Arc<ClientThreads> {
        Arc::clone(&self.threads)
    }

    /// The process as access checks see it.
    pub(super) fn opener(&self) -> Arc<Process> {
        let with_token = self.with_token.lock().clone();
        with_token.unwrap_or_else(|| Arc::clone(&self.process))
    }

    /// Makes a request, if the process may: each is for the host's own user.
    pub(super) fn make(&self, header: &CallHeader, payload: &[u8]) -> Answer {
        let Some(kind) = ControlKind::from_number(header.kind.get()) else {
            return Answer::status(NtStatus::INVALID_PARAMETER);
        };
        if self.process.uid != geteuid().as_raw() {
            return Answer::status(NtStatus::ACCESS_DENIED);
        }
        let room = header.output_length.get();
        match kind {
            ControlKind::ArmFault => arm_fault(header, payload),
            ControlKind::Outstanding => outstanding(room),
            ControlKind::InFlight => in_flight(room),
            ControlKind::Routes => routes(room),
            ControlKind::CopiedBytes => Answer::success(nt_kernel::copied_bytes()),
            ControlKind::PausePoint => pause_point(header, payload),
            ControlKind::Quiesce => quiesce(header.argument.get()),
            ControlKind::PassTime => pass_time(header.target.get()),
            ControlKind::Plug => network::plug(header),
            ControlKind::Trace => trace_calls(header, payload),
            ControlKind::Remove => self.remove(header),
            ControlKind::Unload => self.unload(room),
            ControlKind::DeviceNames => device_names(room),
            ControlKind::Link | ControlKind::Address => network::change(kind, header, payload),
            ControlKind::Advertise => network::advertise(payload),
            ControlKind::SetToken => self.set_token(payload),
            ControlKind::AddDevice => self.add_device(),
            ControlKind::SetCompartment => self.set_compartment(header.argument.get()),
            ControlKind::Sleep => self.sleep(header.target.get()),
            ControlKind::Resume => Answer::status(self.commands.give(PnpCommand::Resume).status),
        }
    }

    fn remove(&self, header: &CallHeader) -> Answer {
        let Ok(device) = u32::try_from(header.target.get()) else {
            return Answer::status(NtStatus::INVALID_PARAMETER);
        };
        let command = match header.argument.get() {
            0 => PnpCommand::Remove(device),
            1 => PnpCommand::SurpriseRemove(device),
            _ => return Answer::status(NtStatus::INVALID_PARAMETER),
        };
        Answer::status(self.commands.give(command).status)
    }

    fn set_token(&self, sids: &[u8]) -> Answer {
        let Ok(sids) = std::str::from_utf8(sids) else {
            return Answer::status(NtStatus::INVALID_PARAMETER);
        };
        let sids = sids.lines().map(str::to_owned).collect();
        *self.with_token.lock() = Some(self.process.with_token(sids));
        Answer::success(0)
    }

    fn set_compartment(&self, compartment: u32) -> Answer {
        if !nt_netio::stack().has_compartment(compartment) {
            return Answer::status(NtStatus::NOT_FOUND);
        }
        self.threads.set_compartment(compartment);
        Answer::success(0)
    }

    fn add_device(&self) -> Answer {
        let outcome = self.commands.give(PnpCommand::Add);
        Answer {
            information: outcome.device.into(),
            ..Answer::status(outcome.status)
        }
    }

    fn sleep(&self, bits: u64) -> Answer {
        if bits & !(SLEEP_LOSE_ROUTES | SLEEP_FAST_STARTUP) != 0 {
            return Answer::status(NtStatus::INVALID_PARAMETER);
        }
        let command = PnpCommand::Sleep {
            lose_routes: bits & SLEEP_LOSE_ROUTES != 0,
            log_off: (bits & SLEEP_FAST_STARTUP != 0).then_some(self.number),
        };
        Answer::status(self.commands.give(command).status)
    }

    /// True if the process is a service, or one of the system: it does not end when user sessions are
    /// logged off.
    pub(super) fn is_service(&self) -> bool {
        let token = self.opener().token.clone().unwrap_or_default();
        token.iter().any(|sid| SERVICE_SIDS.contains(&sid.as_str()))
    }

    fn unload(&self, room: u32) -> Answer {
        let outcome = self.commands.give(PnpCommand::Unload {
            caller: self.number,
        });
        Answer {
            status: outcome.status,
            ..Answer::list(outcome.left.len(), room, || outcome.left.concat())
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
    if let Some(refused) = refuse_unreachable(among) {
        return refused;
    }
    let before = fault::disarm();
    fault::arm_among(plan, way, among);
    Answer {
        output: before.failed.as_ref().map(describe).unwrap_or_default(),
        ..Answer::success(before.calls)
    }
}

/// The refusal, if no call of this machine has such a name: the client would wait for it for ever.
fn refuse_unreachable(function: &str) -> Option<Answer> {
    let reason = fault::why_unreachable(function)?;
    console::write_line(&format!("fault: {reason}"));
    Some(Answer::status(NtStatus::NOT_FOUND))
}

fn pause_point(header: &CallHeader, function: &[u8]) -> Answer {
    let function = String::from_utf8_lossy(function);
    if let Some(refused) = refuse_unreachable(&function) {
        return refused;
    }
    match header.argument.get() {
        0 => pause_point::resume(),
        1 => pause_point::set(header.target.get(), &function),
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
    Answer::list(entries.len(), room, || {
        entries.iter().map(ToString::to_string).collect()
    })
}

fn in_flight(room: u32) -> Answer {
    let requests = nt_io::in_flight();
    Answer::list(requests.len(), room, || requests.join("\n"))
}

fn device_names(room: u32) -> Answer {
    let names = nt_io::device_names();
    Answer::list(names.len(), room, || names.join("\n"))
}

/// The routes of the network stack, also after the driver has been unloaded.
fn routes(room: u32) -> Answer {
    let rows = nt_netio::stack().routes(AddressFamily::UNSPECIFIED);
    // An empty table is no failure here.
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

fn quiesce(defer_work: u32) -> Answer {
    if defer_work == 1 {
        quiesce::defer_work();
    }
    quiesce::wait_idle();
    Answer::success(0)
}

fn pass_time(ticks: u64) -> Answer {
    quiesce::advance_clock(Duration::from_nanos(ticks.saturating_mul(NANOS_PER_TICK)));
    Answer::success(0)
}

fn trace_calls(header: &CallHeader, destination: &[u8]) -> Answer {
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
