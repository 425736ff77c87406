//! Many changes in one call: `cargo run -p ipforward --example batch`.

use std::error::Error;
use std::io::{self, Write};
use std::net::IpAddr;

use ipforward::{Batch, Device, Entry, Interface, IpNet, Route, RouteSet};

fn main() -> Result<(), Box<dyn Error>> {
    run(&Device::open_default()?, &mut io::stdout())
}

/// Applies a batch that is rolled back, and declares sets of routes.
pub(crate) fn run(device: &Device, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let gateway: IpAddr = "192.0.2.254".parse()?;
    let route = |prefix: &str| -> Result<Route, Box<dyn Error>> {
        Ok(Route::new(prefix.parse::<IpNet>()?, Interface::Index(7)).via(gateway))
    };

    // The stack refuses the second prefix: it has bits set behind its length.
    let batch = Batch::new()
        .with(Entry::create(&route("10.20.0.0/16")?))
        .with(Entry::create(&route("10.30.0.1/16")?))
        .atomic();
    let outcome = device.apply(&batch)?;
    writeln!(out, "{:?}", outcome.verdict)?;
    for (entry, result) in batch.entries().iter().zip(&outcome.entries) {
        let cause = result.failure.as_ref().map(|failure| failure.diagnosis);
        let prefix = entry.route().destination;
        writeln!(out, "  {prefix}: {:?}, {cause:?}", result.result)?;
    }

    // The sets of routes that this program holds: the second has one route of the first.
    let office = RouteSet::new()
        .with(&route("10.20.0.0/16")?)
        .with(&route("10.30.0.0/16")?);
    let home = RouteSet::new()
        .with(&route("10.30.0.0/16")?)
        .with(&route("10.40.0.0/16")?);
    for set in [&office, &home, &home] {
        let outcome = device.declare(set)?;
        let results: Vec<_> = outcome.entries.iter().map(|entry| entry.result).collect();
        writeln!(out, "{results:?}, {} ended", outcome.ended)?;
    }
    Ok(())
}
