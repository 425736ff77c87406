//! `routectl device`: the device node that the driver is started for, on Windows.
//!
//! The driver has no hardware that Windows would find, so its device has to be made once, after the
//! driver's package was added to the driver store.

mod list;
mod node;
mod problem;

use std::io::{self, Write};

use serde::Serialize;

use crate::arguments::DeviceCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Answer, write_json};

pub(crate) use list::NodeError;
use node::Node;

/// What is done by `routectl device remove`.
const REMOVED: &str = "removed";

/// What was found or done.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    /// What was done, if anything.
    done: Option<&'static str>,
    /// Whether Windows has to be restarted before it is in effect.
    restart: bool,
    devices: Vec<Node>,
}

pub(super) fn run(command: DeviceCommand) -> Result<Outcome, Failure> {
    Ok(match command {
        DeviceCommand::Status => Outcome {
            done: None,
            restart: false,
            devices: node::find()?,
        },
        DeviceCommand::Install => install()?,
        DeviceCommand::Remove => {
            let devices = node::find()?;
            Outcome {
                done: Some(REMOVED),
                restart: node::remove_all()?,
                devices,
            }
        }
    })
}

/// Makes the device unless it is there: a second one could not have the name of the first.
fn install() -> Result<Outcome, NodeError> {
    let present = node::find()?;
    if !present.is_empty() {
        return Ok(Outcome {
            done: Some("there already"),
            restart: false,
            devices: present,
        });
    }
    let restart = node::create()?;
    Ok(Outcome {
        done: Some("installed"),
        restart,
        devices: node::find()?,
    })
}

impl Answer for Outcome {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.devices.is_empty() {
            writeln!(out, "no device: `routectl device install` makes it")?;
        }
        for device in &self.devices {
            match self.done {
                // Programs have it open, for which it works on.
                Some(REMOVED) if self.restart => {
                    writeln!(out, "{}: in use, removed with a restart", device.instance)?;
                }
                Some(done) => writeln!(out, "{}: {done}", device.instance)?,
                None => writeln!(out, "{}: {}", device.instance, device.state())?,
            }
            if let Some(problem) = device.problem.filter(|_| self.done != Some(REMOVED)) {
                writeln!(out, "problem {problem}: {}", problem::words(problem))?;
            }
        }
        if self.restart {
            writeln!(out, "restart Windows to complete this")?;
        }
        Ok(())
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }

    fn exit(&self) -> Exit {
        let works = |device: &Node| device.started && device.problem.is_none();
        match self.done {
            _ if self.devices.is_empty() => Exit::NoDevice,
            Some(REMOVED) => Exit::Success,
            _ if self.restart || self.devices.iter().all(works) => Exit::Success,
            _ => Exit::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(restart: bool) -> String {
        let outcome = Outcome {
            done: Some(REMOVED),
            restart,
            devices: vec![Node {
                instance: r"ROOT\SYSTEM\0001".to_owned(),
                started: true,
                problem: None,
            }],
        };
        assert_eq!(outcome.exit(), Exit::Success);
        let mut text = Vec::new();
        outcome.write_text(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_device_in_use_is_removed_with_a_restart_and_that_is_said() {
        assert_eq!(said(false), "ROOT\\SYSTEM\\0001: removed\n");
        assert_eq!(
            said(true),
            "ROOT\\SYSTEM\\0001: in use, removed with a restart\n\
             restart Windows to complete this\n"
        );
    }
}
