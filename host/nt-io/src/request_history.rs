//! The driver's calls for one request: the report about a request that is never completed lists
//! them.

use std::fmt;

use nt_kernel::stack::{self, Stack};
use parking_lot::Mutex;

/// One step of a request in the driver.
#[derive(Clone)]
pub(crate) enum Step {
    /// The driver is called with it: the callback's name and its first instruction.
    Callback(&'static str, usize),
    /// The driver calls a function with it, or for it.
    Call(&'static str, Stack),
}

/// How the driver received a request, and its last step with it.
#[derive(Default)]
pub(crate) struct RequestHistory(Mutex<Steps>);

#[derive(Clone, Default)]
struct Steps {
    got: Option<Step>,
    last: Option<Step>,
}

impl RequestHistory {
    /// The driver gets the request.
    pub(crate) fn begin(&self, step: Step) {
        *self.0.lock() = Steps {
            got: Some(step),
            last: None,
        };
    }

    /// The driver, which has the request, does something with it.
    pub(crate) fn go_on(&self, step: Step) {
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
