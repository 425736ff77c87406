//! Commands to the `PnP` manager: remove a device, put the system to sleep, unload the driver, end.
//!
//! One thread, the `PnP` manager, carries the commands out one by one; the sender of a command waits
//! for its outcome.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use nt_io::device_failure::{self, Failure};
use nt_types::NtStatus;

use crate::hosted_driver::{HostedDriver, POWER_STATE_INVALID};

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PnpCommand {
    /// Start one more device.
    Add,
    /// Remove the device with this number in order.
    Remove(u32),
    /// Remove it by surprise.
    SurpriseRemove(u32),
    /// Put the system to sleep.
    Sleep {
        /// The network stack loses the routes that it has not made itself.
        lose_routes: bool,
        /// First end all client processes with open files that are no services, but the one with this
        /// number.
        log_off: Option<u64>,
    },
    /// Resume the system.
    Resume,
    /// End all client processes with open files but the one with this number, remove all devices
    /// in order, and unload the driver.
    Unload {
        /// The client process that sent it.
        caller: u64,
    },
}

/// The client processes, as far as an unload needs them.
pub trait ClientProcesses {
    /// Ends all processes with open files except the one with this number, as if they had been
    /// killed. The returned function waits until they have ended.
    fn end_others(&self, number: u64) -> Box<dyn FnOnce() + Send>;

    /// Does the same, but spares services, as the log-off of all users does.
    fn end_user_sessions(&self, number: u64) -> Box<dyn FnOnce() + Send>;
}

/// The outcome of a command.
#[derive(Debug)]
pub(crate) struct CommandOutcome {
    pub(crate) status: NtStatus,
    /// The number of the device that was added, otherwise 0.
    pub(crate) device: u32,
    /// The resources that the driver has leaked, if it has been unloaded.
    pub(crate) left: Vec<String>,
}

impl From<Result<(), NtStatus>> for CommandOutcome {
    fn from(result: Result<(), NtStatus>) -> Self {
        Self {
            status: result.err().unwrap_or(NtStatus::SUCCESS),
            device: 0,
            left: Vec::new(),
        }
    }
}

/// A message to the `PnP` manager's thread.
enum Event {
    Command(PnpCommand, Sender<CommandOutcome>),
    /// The driver reported that a device failed.
    Failed(Failure),
    /// A device that was removed by surprise has no open file any more.
    Closed {
        device: u32,
        /// True if the device is restarted afterwards.
        restart: bool,
    },
    /// All user sessions are logged off, and the system is to sleep.
    LoggedOff {
        lose_routes: bool,
        answer: Sender<CommandOutcome>,
    },
    /// The clients whose open files prevented an unload have ended.
    ClientsGone(Sender<CommandOutcome>),
    End,
}

/// Where commands are given.
#[derive(Clone)]
pub struct PnpCommands(Sender<Event>);

/// Where they arrive.
pub struct CommandReceiver {
    events: Receiver<Event>,
    commands: PnpCommands,
}

/// A way for commands. Devices that fail are reported to it from now on, so that a command which a client
/// gives after a failure comes after it.
#[must_use]
pub fn channel() -> (PnpCommands, CommandReceiver) {
    let (sender, events) = mpsc::channel();
    let commands = PnpCommands(sender);
    let failures = commands.clone();
    device_failure::on_failure(move |failure| failures.tell(Event::Failed(failure)));
    let receiver = CommandReceiver {
        events,
        commands: commands.clone(),
    };
    (commands, receiver)
}

impl PnpCommands {
    /// Sends a command and waits for its outcome.
    pub(crate) fn give(&self, order: PnpCommand) -> CommandOutcome {
        /// `STATUS_SYSTEM_SHUTDOWN`.
        const SHUTDOWN: NtStatus = NtStatus::new(0xC000_02EB);
        let (answer, outcome) = mpsc::channel();
        self.tell(Event::Command(order, answer));
        outcome.recv().unwrap_or_else(|_| Err(SHUTDOWN).into())
    }

    /// Ends the machine.
    pub fn end(&self) {
        self.tell(Event::End);
    }

    fn tell(&self, event: Event) {
        // When the `PnP` manager has ended, the event is no longer needed.
        let _ = self.0.send(event);
    }

    /// Sends `event` when `wait` has returned.
    fn tell_after(&self, wait: impl FnOnce() + Send + 'static, event: Event) {
        let commands = self.clone();
        thread::spawn(move || {
            wait();
            commands.tell(event);
        });
    }
}

/// Carries out commands for `machine`, whose clients `server` has, until one is to end.
pub fn run(machine: &mut HostedDriver, clients: &dyn ClientProcesses, receiver: CommandReceiver) {
    let CommandReceiver { events, commands } = receiver;
    for event in events {
        match event {
            Event::Command(command, answer)
                if machine.is_asleep() && command != PnpCommand::Resume =>
            {
                reply(&answer, Err(POWER_STATE_INVALID).into());
            }
            Event::Command(
                PnpCommand::Sleep {
                    lose_routes,
                    log_off,
                },
                answer,
            ) => match log_off {
                Some(caller) => {
                    let logged_off = Event::LoggedOff {
                        lose_routes,
                        answer,
                    };
                    commands.tell_after(clients.end_user_sessions(caller), logged_off);
                }
                None => reply(&answer, machine.sleep(lose_routes).into()),
            },
            Event::LoggedOff {
                lose_routes,
                answer,
            } => reply(&answer, machine.sleep(lose_routes).into()),
            Event::Command(PnpCommand::Resume, answer) => {
                reply(&answer, machine.resume().into());
            }
            Event::Command(PnpCommand::Add, answer) => {
                let (device, started) = machine.add_device();
                let outcome = CommandOutcome::from(started);
                reply(&answer, CommandOutcome { device, ..outcome });
            }
            Event::Command(PnpCommand::Remove(device), answer) => {
                reply(&answer, machine.remove(device).into());
            }
            Event::Command(PnpCommand::SurpriseRemove(device), answer) => {
                reply(&answer, surprise(machine, device, false, &commands).into());
            }
            Event::Failed(Failure { device, restart }) => {
                // It may have gone since.
                let _ = surprise(machine, device, restart, &commands);
            }
            Event::Command(PnpCommand::Unload { caller }, answer) => {
                machine.set_opens(false);
                let gone = clients.end_others(caller);
                commands.tell_after(gone, Event::ClientsGone(answer));
            }
            Event::ClientsGone(answer) => reply(&answer, unload(machine)),
            Event::Closed { device, restart } => {
                // An unload may have come first.
                let _ = if restart {
                    machine.restart(device)
                } else {
                    machine.remove(device)
                };
            }
            Event::End => {
                // A sleeping system resumes before it shuts down.
                let _ = machine.resume();
                return;
            }
        }
    }
}

fn surprise(
    machine: &mut HostedDriver,
    device: u32,
    restart: bool,
    commands: &PnpCommands,
) -> Result<(), NtStatus> {
    let gone = machine.surprise_remove(device)?;
    let closed = Event::Closed { device, restart };
    commands.tell_after(move || gone.wait_closed(), closed);
    Ok(())
}

fn unload(machine: &mut HostedDriver) -> CommandOutcome {
    match machine.unload() {
        Ok(left) => CommandOutcome {
            left: left.to_vec(),
            ..Ok(()).into()
        },
        Err(veto) => {
            machine.set_opens(true);
            Err(veto).into()
        }
    }
}

fn reply(answer: &Sender<CommandOutcome>, outcome: CommandOutcome) {
    // A process that died meanwhile does not wait for it.
    let _ = answer.send(outcome);
}

#[cfg(test)]
mod tests {
    use nt_kernel::testing::run_alone;

    use super::*;

    #[test]
    fn a_failure_comes_before_a_later_command() {
        run_alone!(|| {
            let (commands, receiver) = channel();
            // Clients are served before `run` is called.
            device_failure::report(Failure {
                device: 3,
                restart: false,
            });
            let (answer, _) = mpsc::channel();
            commands.tell(Event::Command(PnpCommand::SurpriseRemove(3), answer));
            let first = receiver.events.recv().unwrap();
            assert!(matches!(first, Event::Failed(Failure { device: 3, .. })));
        });
    }
}
