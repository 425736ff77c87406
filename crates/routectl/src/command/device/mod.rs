//! `routectl device`: the driver's device node, on Windows.
//!
//! The driver has no hardware that Windows enumerates, so an administrator creates its device once,
//! after adding the driver package to the driver store.

mod list;
mod node;
mod problem;

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::DeviceCommand;
use crate::error::{CommandError, DeviceNodeError};
use crate::exit::Exit;
use crate::output::{CommandOutput, write_json};
use node::DeviceNode;

/// The action of `routectl device remove`.
const REMOVED: &str = "removed";

/// The action of `routectl device access`.
const ACCESS_SET: &str = "access set";

/// The devices, and the action.
#[derive(Debug, Serialize)]
pub(super) struct DeviceReport {
    /// The action, if any.
    action: Option<&'static str>,
    /// True if Windows has to be restarted to complete the action.
    restart: bool,
    devices: Vec<DeviceNode>,
}

pub(super) fn run(command: &DeviceCommand) -> Result<DeviceReport, CommandError> {
    Ok(match command {
        DeviceCommand::Status => DeviceReport {
            action: None,
            restart: false,
            devices: node::find()?,
        },
        DeviceCommand::Install => install()?,
        DeviceCommand::Access { sddl } => {
            node::set_security(sddl)?;
            DeviceReport {
                action: Some(ACCESS_SET),
                restart: false,
                devices: node::find()?,
            }
        }
        DeviceCommand::Remove => {
            let devices = node::find()?;
            DeviceReport {
                action: Some(REMOVED),
                restart: node::remove_all()?,
                devices,
            }
        }
    })
}

/// Creates the device unless it exists: a second device could not have the same name.
fn install() -> Result<DeviceReport, DeviceNodeError> {
    let present = node::find()?;
    if !present.is_empty() {
        return Ok(DeviceReport {
            action: Some("exists already"),
            restart: false,
            devices: present,
        });
    }
    let restart = node::create()?;
    Ok(DeviceReport {
        action: Some("installed"),
        restart,
        devices: node::find()?,
    })
}

impl CommandOutput for DeviceReport {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.devices.is_empty() {
            writeln!(out, "no device: create it with `routectl device install`")?;
        }
        for device in &self.devices {
            match self.action {
                // A program has the device open, and can use it until the restart.
                Some(REMOVED) if self.restart => {
                    writeln!(
                        out,
                        "{}: in use, will be removed by a restart",
                        device.instance
                    )?;
                }
                Some(action) => writeln!(out, "{}: {action}", device.instance)?,
                None => writeln!(out, "{}: {}", device.instance, device.state())?,
            }
            if let Some(problem) = device.problem.filter(|_| self.action != Some(REMOVED)) {
                writeln!(out, "problem {problem}: {}", problem::text(problem))?;
            }
        }
        if self.action == Some(ACCESS_SET) {
            for device in &self.devices {
                writeln!(
                    out,
                    "start it again: pnputil /restart-device {}",
                    device.instance
                )?;
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
        let works = |device: &DeviceNode| device.started && device.problem.is_none();
        match self.action {
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

    fn text(restart: bool) -> String {
        let outcome = DeviceReport {
            action: Some(REMOVED),
            restart,
            devices: vec![DeviceNode {
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
    fn a_device_in_use_is_removed_with_a_restart() {
        assert_eq!(text(false), "ROOT\\SYSTEM\\0001: removed\n");
        assert_eq!(
            text(true),
            "ROOT\\SYSTEM\\0001: in use, will be removed by a restart\n\
             restart Windows to complete this\n"
        );
    }
}
