//! A copy of the route table that follows it: `cargo run -p ipforward --example watch`.

use std::collections::HashSet;
use std::error::Error;
use std::io::{self, Write};

use ipforward::{AddressFamily, Device, EventKind, Route, RouteKey, Watch, WatchFilter};

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::open_default()?;
    let filter = WatchFilter::new().family(AddressFamily::IPV4);
    follow(&mut device.watch(&filter)?, usize::MAX, &mut io::stdout())
}

/// Keeps a copy of the table through so many events.
pub(crate) fn follow(
    watch: &mut Watch,
    events: usize,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut table = read(watch)?;
    writeln!(out, "{} routes", table.len())?;
    for _ in 0..events {
        let Some(event) = watch.next().transpose()? else {
            break;
        };
        let who = if event.made_by_me { "we" } else { "somebody" };
        match event.kind {
            EventKind::Added(route) => {
                table.insert(route.key());
                writeln!(out, "{who} added {}: {} routes", route, table.len())?;
            }
            EventKind::Removed(key) => {
                table.remove(&key);
                writeln!(out, "{who} removed {}: {} routes", key, table.len())?;
            }
            EventKind::Changed(route) => writeln!(out, "{who} changed {route}")?,
            // More happened than the driver keeps: what it was, the table says.
            EventKind::Resync => table = read(watch)?,
            other => writeln!(out, "{other:?}")?,
        }
    }
    Ok(())
}

/// The keys of all routes, as they are now.
fn read(watch: &mut Watch) -> Result<HashSet<RouteKey>, ipforward::Error> {
    let routes = watch.snapshot()?;
    Ok(routes.iter().map(Route::key).collect())
}
