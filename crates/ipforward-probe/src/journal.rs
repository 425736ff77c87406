//! The routes and adapters of the experiments in a file: the next start removes what a killed probe has
//! left.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use ipforward::abi::{IpAddressPrefix, MibIpForwardRow2, NtStatus};

use crate::adapter_functions::AdapterFunctions;
use crate::probed_stack::ProbedStack;
use crate::scratch_interface::on_link;

/// What the line of an adapter begins with.
const ADAPTER: &str = "adapter ";

/// The file. Each line has the keys of a route, `LUID INDEX ADDRESS`, or the device instance ID of an
/// adapter, `adapter ROOT\NET\0001`.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in this file, which need not exist.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Records a route that is about to be created. It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The file cannot be written, so the route must not be created.
    pub fn record(&self, row: &MibIpForwardRow2) -> io::Result<()> {
        self.append(&RecordedRoute::of(row).to_string())
    }

    /// Records an adapter that is about to be made. It is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The file cannot be written, so the adapter must not be made.
    pub fn record_adapter(&self, instance: &str) -> io::Result<()> {
        self.append(&format!("{ADAPTER}{instance}"))
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut file: File = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        writeln!(file, "{line}")?;
        file.sync_all()
    }

    /// Removes every recorded route and adapter that is still there, and then the file. Returns how
    /// many routes and adapters it removed.
    ///
    /// # Errors
    ///
    /// The file is no journal, or something cannot be removed: then the file stays.
    pub fn replay(
        &self,
        stack: &dyn ProbedStack,
        adapters: &dyn AdapterFunctions,
    ) -> Result<usize> {
        self.remove_each(|recorded| match recorded {
            Recorded::Route(route) => remove_route(stack, &route),
            Recorded::Adapter(instance) => adapters.remove(instance),
        })
    }

    /// Calls `remove`, which tells whether there was something to remove, for each line; then removes
    /// the file.
    fn remove_each(&self, remove: impl Fn(Recorded<'_>) -> Result<bool>) -> Result<usize> {
        let text = match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            text => text.with_context(|| format!("cannot read {}", self.path.display()))?,
        };
        let mut removed = 0;
        // The last line is not whole if the system stopped; then its route was not created.
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            let Some(recorded) = Recorded::parse(line.trim_end()) else {
                bail!("{} is no journal of this program", self.path.display());
            };
            removed += usize::from(remove(recorded)?);
        }
        fs::remove_file(&self.path)
            .with_context(|| format!("cannot remove {}", self.path.display()))?;
        Ok(removed)
    }

    /// As [`replay`](Self::replay), for a journal without routes.
    #[cfg(test)]
    pub(crate) fn replay_adapters(&self, adapters: &dyn AdapterFunctions) -> Result<usize> {
        self.remove_each(|recorded| match recorded {
            Recorded::Route(route) => panic!("the route {route} was recorded"),
            Recorded::Adapter(instance) => adapters.remove(instance),
        })
    }
}

fn remove_route(stack: &dyn ProbedStack, route: &RecordedRoute) -> Result<bool> {
    match stack.delete_route(&route.row()) {
        Ok(()) => Ok(true),
        Err(error)
            if error.may_be(NtStatus::NOT_FOUND)
                || error.may_be(NtStatus::OBJECT_NAME_NOT_FOUND) =>
        {
            Ok(false)
        }
        Err(error) => bail!("cannot remove the route {route}: {error}"),
    }
}

/// One line.
enum Recorded<'a> {
    Route(RecordedRoute),
    /// The device instance ID of an adapter.
    Adapter(&'a str),
}

impl<'a> Recorded<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        match line.strip_prefix(ADAPTER) {
            Some(instance) => Some(Self::Adapter(instance)),
            None => RecordedRoute::parse(line).map(Self::Route),
        }
    }
}

/// The keys of an on-link route to one address.
struct RecordedRoute {
    luid: u64,
    index: u32,
    address: Ipv4Addr,
}

impl RecordedRoute {
    fn of(row: &MibIpForwardRow2) -> Self {
        let address = match row.destination_prefix.prefix.address() {
            Some(IpAddr::V4(address)) => address,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        Self {
            luid: row.interface_luid,
            index: row.interface_index,
            address,
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let luid = words.next()?.strip_prefix("0x")?;
        let route = Self {
            luid: u64::from_str_radix(luid, 16).ok()?,
            index: words.next()?.parse().ok()?,
            address: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(route)
    }

    fn row(&self) -> MibIpForwardRow2 {
        MibIpForwardRow2 {
            interface_luid: self.luid,
            interface_index: self.index,
            destination_prefix: IpAddressPrefix::new(self.address.into(), 32),
            next_hop: on_link(),
            ..MibIpForwardRow2::default()
        }
    }
}

impl fmt::Display for RecordedRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            luid,
            index,
            address,
        } = self;
        write!(formatter, "{luid:#018x} {index} {address}")
    }
}
