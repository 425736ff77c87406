//! Where in the driver a request has been: what a report tells of one that is never completed.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use parking_lot::Mutex;

use super::Irp;
use crate::kernel::stack::{self, Stack};
use crate::kernel::watchdog;

/// A moment of a request in the driver.
#[derive(Clone)]
enum Step {
    /// The driver is called with it: the callback's name and its first instruction.
    Callback(&'static str, usize),
    /// The driver calls a function with it, or for it.
    Call(&'static str, Stack),
}

/// How the driver got a request, and what it did with it last.
#[derive(Default)]
pub(super) struct RequestHistory(Mutex<Steps>);

#[derive(Clone, Default)]
struct Steps {
    got: Option<Step>,
    last: Option<Step>,
}

impl Irp {
    /// The driver gets the request as the argument of its callback `name`, which is at `function`.
    pub(crate) fn given_to(&self, name: &'static str, function: usize) {
        self.history().begin(Step::Callback(name, function));
    }

    /// The driver gets the request because it calls `function`.
    pub(crate) fn taken_by(&self, function: &'static str) {
        self.history().begin(Step::Call(function, Stack::capture()));
    }

    /// The driver, which has the request, calls `function` with it.
    pub(crate) fn used_by(&self, function: &'static str) {
        self.history().go_on(Step::Call(function, Stack::capture()));
    }

    /// The driver, which has the request, is told something of it by its callback `name`, which is
    /// at `function`.
    pub(crate) fn told_to(&self, name: &'static str, function: usize) {
        self.history().go_on(Step::Callback(name, function));
    }
}

impl RequestHistory {
    fn begin(&self, step: Step) {
        *self.0.lock() = Steps {
            got: Some(step),
            last: None,
        };
    }

    fn go_on(&self, step: Step) {
        self.0.lock().last = Some(step);
    }
}

impl fmt::Display for RequestHistory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Steps { got, last } = self.0.lock().clone();
        if let Some(step) = got {
            write!(formatter, "  the driver got the request at {step}")?;
        }
        if let Some(step) = last {
            write!(formatter, "  and had to do with it last at {step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callback(name, function) => {
                let function = stack::describe_function(*function);
                writeln!(formatter, "{name}:\n    {function}")
            }
            Self::Call(name, stack) => write!(formatter, "{name}:\n{stack}"),
        }
    }
}

/// Stops the machine because `what` waits for the driver, which has not completed `irps`.
pub(crate) fn stop_for(what: &str, irps: &[Arc<Irp>]) -> ! {
    let list: Vec<String> = irps.iter().map(ToString::to_string).collect();
    let mut histories = String::new();
    for irp in irps {
        // Writing to a string cannot fail.
        let _ = write!(histories, "\n  {irp}:\n{}", irp.history());
    }
    let what = format!("{what}: the driver has not completed {}", list.join("; "));
    watchdog::stop(&what, histories.trim_end())
}
