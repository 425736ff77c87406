//! `routectl interface set` and `routectl interface hold`

use ipforward::{Access, AddressFamily, Device, Error, Interface, InterfaceChange, IpInterface};

use super::show::InterfaceList;
use crate::cli::{Cli, HeldSettings, SettingsArguments, YesOrNo};
use crate::command::{child, open};
use crate::error::CommandError;
use crate::output::NoOutput;

/// Changes one family on an interface, for good or until the device is closed.
type ChangeFamily = fn(&Device, AddressFamily, Interface, InterfaceChange) -> Result<(), Error>;

/// Changes the settings, and reads them back.
pub(super) fn run(cli: &Cli, settings: &SettingsArguments) -> Result<InterfaceList, CommandError> {
    let device = open(cli, Access::ReadWrite)?;
    let changed = change(cli, &device, settings, Device::set_interface)?;
    Ok(InterfaceList::new(changed, &cli.interface_names()))
}

/// Leases the settings and runs the command. The lease ends when this closes the device.
pub(super) fn hold(cli: &Cli, held: &HeldSettings) -> Result<NoOutput, CommandError> {
    let device = open(cli, Access::ReadWrite)?;
    change(cli, &device, &held.settings, Device::lease_interface)?;
    child::run(&held.command).map(NoOutput)
}

/// Changes the settings of each family. Returns the interfaces afterwards.
fn change(
    cli: &Cli,
    device: &Device,
    settings: &SettingsArguments,
    change: ChangeFamily,
) -> Result<Vec<IpInterface>, CommandError> {
    let interface = cli.interface_names().dev(&settings.dev)?;
    let change_family = |family| {
        let read = || device.interface(family, interface);
        read()
            .and_then(|before| change(device, family, interface, requested(settings, &before)))
            .and_then(|()| read())
            .map_err(|error| CommandError::of_interface(error, family, interface))
    };
    families(device, settings, interface)?
        .into_iter()
        .map(change_family)
        .collect()
}

/// The family of the option, or each one that the interface has.
fn families(
    device: &Device,
    settings: &SettingsArguments,
    interface: Interface,
) -> Result<Vec<AddressFamily>, Error> {
    if let Some(family) = settings.family {
        return Ok(vec![family.into()]);
    }
    let all = device.interfaces(AddressFamily::UNSPECIFIED)?;
    let bound: Vec<_> = all
        .iter()
        .filter(|row| row.interface.is_same(interface))
        .map(|row| row.family)
        .collect();
    // If there is none, the stack says so.
    Ok(if bound.is_empty() {
        vec![AddressFamily::IPV4]
    } else {
        bound
    })
}

/// The change of an interface. A metric that is not automatic any more keeps its value.
fn requested(settings: &SettingsArguments, before: &IpInterface) -> InterfaceChange {
    let mut change = InterfaceChange::new();
    match (settings.metric, settings.automatic_metric) {
        (Some(metric), _) => change = change.metric(metric),
        (None, Some(YesOrNo::Yes)) => change = change.automatic_metric(),
        (None, Some(YesOrNo::No)) => change = change.metric(before.metric),
        (None, None) => {}
    }
    match settings.default_routes {
        Some(used) => change.default_routes(used == YesOrNo::Yes),
        None => change,
    }
}
