//! The ways of asking that this computer has.

use std::io;

use anyhow::{Context, Result, anyhow, bail};
use ipforward::{AddressFamily, Device, Error};
use ipforward_probe::{
    AdapterFunctions, DeviceStack, ExperimentContext, Journal, NoOperator, Operator, ProbeColumn,
    PromptedOperator, ScratchAdapter, ScratchInterface,
};

use crate::arguments::Arguments;
use crate::other_compartment;
use crate::system;

/// One way.
struct Way {
    name: &'static str,
    device: Device,
    stack: DeviceStack,
}

/// Asks in every way.
pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<ProbeColumn>> {
    let journal = Journal::new(arguments.journal.clone());
    let ways = all(arguments, &journal)?;
    let Some(last) = ways.last() else {
        bail!("no driver and no IP Helper API: start nthost, or run this on Windows");
    };
    let adapters = system::adapters();
    let left = journal.replay(&last.stack, &adapters)?;
    if left > 0 {
        println!("removed {left} routes and adapters that an earlier run has left");
    }
    let scratch = if arguments.scratch_adapter {
        scratch_adapter(&adapters, &journal, &last.stack)
    } else {
        None
    };
    let interface = scratch.as_ref().map(|(_adapter, interface)| *interface);
    let columns = ways.iter().map(|way| way.ask(arguments, interface));
    let columns = columns.collect::<Result<Vec<_>>>();
    drop(scratch);
    // Each route and adapter was removed already: this is for one that could not be.
    let replayed = journal.replay(&last.stack, &adapters);
    let columns = columns?;
    replayed?;
    Ok(columns)
}

/// The driver first, if it is installed.
#[cfg(windows)]
fn all(arguments: &Arguments, journal: &Journal) -> Result<Vec<Way>> {
    let driver = driver(arguments)?.into_iter();
    Ok(driver.chain([ip_helper(journal)?]).collect())
}

/// The driver in a host.
#[cfg(not(windows))]
fn all(arguments: &Arguments, _journal: &Journal) -> Result<Vec<Way>> {
    Ok(driver(arguments)?.into_iter().collect())
}

/// The driver, if it is installed.
fn driver(arguments: &Arguments) -> Result<Option<Way>> {
    let opened = match &arguments.device {
        Some(path) => Device::open(path).map(Some)?,
        None => match Device::open_default() {
            Ok(device) => Some(device),
            Err(Error::DeviceNotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        },
    };
    Ok(opened.map(|device| Way {
        name: "driver",
        stack: DeviceStack::of_driver(device.clone()),
        device,
    }))
}

#[cfg(windows)]
fn ip_helper(journal: &Journal) -> Result<Way> {
    use crate::functions;

    let device = Device::ip_helper();
    Ok(Way {
        name: "ip-helper",
        stack: DeviceStack::of_ip_helper(
            device.clone(),
            journal.clone(),
            functions::fresh_interface_row,
            functions::missing()?,
        ),
        device,
    })
}

/// An adapter and its interface, if the system makes one.
fn scratch_adapter<'a>(
    adapters: &'a dyn AdapterFunctions,
    journal: &Journal,
    stack: &DeviceStack,
) -> Option<(ScratchAdapter<'a>, ScratchInterface)> {
    let with_interface = |adapter: ScratchAdapter<'a>| {
        let interface = adapter.interface(stack)?;
        Ok((adapter, interface))
    };
    match ScratchAdapter::create(adapters, journal).and_then(with_interface) {
        Ok(made) => Some(made),
        Err(error) => {
            eprintln!(
                "ipforward-probe: no scratch adapter: {error:#}; expected an elevated process on \
                 Windows, which has the driver netloop.inf. The loopback interface is used instead"
            );
            None
        }
    }
}

impl Way {
    fn ask(&self, arguments: &Arguments, scratch: Option<ScratchInterface>) -> Result<ProbeColumn> {
        let prompted;
        let operator: &dyn Operator = if arguments.ask_operator {
            prompted = PromptedOperator::new(io::stdin().lock(), io::stderr());
            &prompted
        } else {
            &NoOperator
        };
        let there = match arguments.compartment {
            Some(compartment) => {
                let stack = other_compartment::stack(&self.stack, compartment);
                Some(stack.map_err(|error| anyhow!("{error}"))?)
            }
            None => None,
        };
        let other = match &there {
            Some(stack) => Some(ExperimentContext {
                stack: &**stack,
                interface: ScratchInterface::find(&**stack, None)
                    .map_err(|error| anyhow!("{error}"))
                    .context("the interface of the other compartment")?,
                operator,
                other_compartment: None,
            }),
            None => None,
        };
        let context = ExperimentContext {
            stack: &self.stack,
            interface: self.interface(arguments, scratch)?,
            operator,
            other_compartment: other.as_ref(),
        };
        if context.is_access_denied() {
            bail!("access denied: expected an elevated process, which may change routes");
        }
        Ok(ProbeColumn::measure(self.name, &context))
    }

    /// The interface of the routes.
    fn interface(
        &self,
        arguments: &Arguments,
        scratch: Option<ScratchInterface>,
    ) -> Result<ScratchInterface> {
        if let Some(interface) = scratch {
            return Ok(interface);
        }
        let named = |interface| self.device.interface(AddressFamily::IPV4, interface);
        let wanted = arguments.interface.map(named).transpose()?;
        let wanted = wanted.map(|found| found.interface);
        ScratchInterface::find(&self.stack, wanted)
            .map_err(|error| anyhow!("{error}"))
            .context("the interface")
    }
}
