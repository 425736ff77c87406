//! What a running machine is told from outside: to remove a device, to unload its driver, to end.
//!
//! Whoever gives an order waits for its outcome. One thread carries them out, one after the other:
//! it is the `PnP` manager.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use nt_types::NtStatus;

use crate::machine::Machine;
use crate::server::Server;
use crate::wdf::pnp::{self, Failure};

/// What can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Remove the device with this number in order.
    Remove(u32),
    /// Remove it by surprise.
    SurpriseRemove(u32),
    /// End all client processes with open files but the one with this number, remove all devices
    /// in order, and unload the driver.
    Unload {
        /// Who orders it.
        caller: u64,
    },
}

/// What became of an order.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: NtStatus,
    /// What the driver left behind, if it has been unloaded.
    pub(crate) left: Vec<String>,
}

impl From<Result<(), NtStatus>> for Outcome {
    fn from(result: Result<(), NtStatus>) -> Self {
        Self {
            status: result.err().unwrap_or(NtStatus::SUCCESS),
            left: Vec::new(),
        }
    }
}

/// What the thread that carries out orders hears of.
enum Event {
    Order(Order, Sender<Outcome>),
    /// The driver says that a device has failed.
    Failed(Failure),
    /// A device that was removed by surprise has no open file any more.
    Closed {
        device: u32,
        /// Whether it is to be started again.
        restart: bool,
    },
    /// The clients have gone that were in the way of an unload.
    ClientsGone(Sender<Outcome>),
    End,
}

/// Where orders are given.
#[derive(Clone)]
pub struct Orders(Sender<Event>);

/// Where they arrive.
pub struct Inbox {
    events: Receiver<Event>,
    orders: Orders,
}

/// A way for orders.
#[must_use]
pub fn channel() -> (Orders, Inbox) {
    let (sender, events) = mpsc::channel();
    let orders = Orders(sender);
    let inbox = Inbox {
        events,
        orders: orders.clone(),
    };
    (orders, inbox)
}

impl Orders {
    /// Gives an order and waits for its outcome.
    pub(crate) fn give(&self, order: Order) -> Outcome {
        /// `STATUS_SYSTEM_SHUTDOWN`.
        const SHUTDOWN: NtStatus = NtStatus::new(0xC000_02EB);
        let (answer, outcome) = mpsc::channel();
        self.tell(Event::Order(order, answer));
        outcome.recv().unwrap_or_else(|_| Err(SHUTDOWN).into())
    }

    /// Ends the machine.
    pub fn end(&self) {
        self.tell(Event::End);
    }

    fn tell(&self, event: Event) {
        // When the machine has ended, nobody listens, and nobody has to.
        let _ = self.0.send(event);
    }

    /// Tells of `event` when `wait` has returned.
    fn tell_after(&self, wait: impl FnOnce() + Send + 'static, event: Event) {
        let orders = self.clone();
        thread::spawn(move || {
            wait();
            orders.tell(event);
        });
    }
}

/// Carries out orders for `machine`, whose clients `server` has, until one is to end.
pub fn carry_out(machine: &mut Machine, server: &Server, inbox: Inbox) {
    let Inbox { events, orders } = inbox;
    let failures = orders.clone();
    pnp::on_failure(move |failure| failures.tell(Event::Failed(failure)));
    for event in events {
        match event {
            Event::Order(Order::Remove(device), answer) => {
                reply(&answer, machine.remove(device).into());
            }
            Event::Order(Order::SurpriseRemove(device), answer) => {
                reply(&answer, surprise(machine, device, false, &orders).into());
            }
            Event::Failed(Failure { device, restart }) => {
                // It may have gone since.
                let _ = surprise(machine, device, restart, &orders);
            }
            Event::Order(Order::Unload { caller }, answer) => {
                machine.set_opens(false);
                let gone = server.end_others(caller);
                orders.tell_after(gone, Event::ClientsGone(answer));
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
            Event::End => return,
        }
    }
}

fn surprise(
    machine: &mut Machine,
    device: u32,
    restart: bool,
    orders: &Orders,
) -> Result<(), NtStatus> {
    let gone = machine.surprise_remove(device)?;
    let closed = Event::Closed { device, restart };
    orders.tell_after(move || gone.wait_closed(), closed);
    Ok(())
}

fn unload(machine: &mut Machine) -> Outcome {
    match machine.unload() {
        Ok(left) => Outcome {
            status: NtStatus::SUCCESS,
            left: left.to_vec(),
        },
        Err(veto) => {
            machine.set_opens(true);
            Err(veto).into()
        }
    }
}

fn reply(answer: &Sender<Outcome>, outcome: Outcome) {
    // A process that died meanwhile does not wait for it.
    let _ = answer.send(outcome);
}
