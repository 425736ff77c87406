//! The ways of asking that this computer has.

use std::io;

use anyhow::{Context, Result, anyhow, bail};
use ipforward::{AddressFamily, Device, Error};
use ipforward_probe::{
    DeviceStack, ExperimentContext, NoOperator, Operator, ProbeColumn, ProbedStack,
    PromptedOperator, ScratchInterface,
};

use crate::arguments::Arguments;

/// Asks in every way.
pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<ProbeColumn>> {
    let mut columns = Vec::new();
    if let Some(device) = driver(arguments)? {
        let stack = DeviceStack::of_driver(device.clone());
        columns.push(ask("driver", &device, &stack, arguments)?);
    }
    #[cfg(windows)]
    columns.push(ip_helper(arguments)?);
    if columns.is_empty() {
        bail!("no driver and no IP Helper API: start nthost, or run this on Windows");
    }
    Ok(columns)
}

/// The driver, if it is installed.
fn driver(arguments: &Arguments) -> Result<Option<Device>> {
    let opened = match &arguments.device {
        Some(path) => return Ok(Some(Device::open(path)?)),
        None => Device::open_default(),
    };
    match opened {
        Ok(device) => Ok(Some(device)),
        Err(Error::DeviceNotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(windows)]
fn ip_helper(arguments: &Arguments) -> Result<ProbeColumn> {
    use ipforward_probe::Journal;

    use crate::functions;

    let device = Device::ip_helper();
    let journal = Journal::new(arguments.journal.clone());
    let missing = functions::missing()?;
    let stack = DeviceStack::of_ip_helper(
        device.clone(),
        journal.clone(),
        functions::fresh_interface_row,
        missing,
    );
    let left = journal.replay(&stack)?;
    if left > 0 {
        println!("removed {left} routes that an earlier run has left");
    }
    let column = ask("ip-helper", &device, &stack, arguments)?;
    // Each route was removed already: this is for one that could not be.
    journal.replay(&stack)?;
    Ok(column)
}

fn ask(
    name: &'static str,
    device: &Device,
    stack: &dyn ProbedStack,
    arguments: &Arguments,
) -> Result<ProbeColumn> {
    let named = |interface| device.interface(AddressFamily::IPV4, interface);
    let wanted = arguments.interface.map(named).transpose()?;
    let wanted = wanted.map(|found| found.interface);
    let interface = ScratchInterface::find(stack, wanted)
        .map_err(|error| anyhow!("{error}"))
        .context("the interface")?;
    let prompted;
    let operator: &dyn Operator = if arguments.ask_operator {
        prompted = PromptedOperator::new(io::stdin().lock(), io::stderr());
        &prompted
    } else {
        &NoOperator
    };
    let context = ExperimentContext {
        stack,
        interface,
        operator,
        other_compartment: None,
    };
    if context.is_access_denied() {
        bail!("access denied: expected an elevated process, which may change routes");
    }
    Ok(ProbeColumn::measure(name, &context))
}
