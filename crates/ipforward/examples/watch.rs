//! Keeps a copy of the route table up to date: `cargo run -p ipforward --example watch`.

use std::collections::HashSet;
use std::error::Error;
use std::io::{self, Write};

use ipforward::{AddressFamily, Device, EventKind, Route, RouteKey, Watch, WatchFilter};

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::open_default()?;
    let filter = WatchFilter::new().family(AddressFamily::IPV4);
    follow(&mut device.watch(&filter)?, usize::MAX, &mut io::stdout())
}

/// Keeps a copy of the table up to date for a number of events.
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
        let actor = if event.made_by_me {
            "this device"
        } else {
            "another program"
        };
        match event.kind {
            // The removal may have been told before.
            EventKind::Added(route) if event.kind.is_of_missing_route() => {
                table.remove(&route.key());
                writeln!(out, "{actor} added {}, which is gone", route.key())?;
            }
            EventKind::Added(route) => {
                table.insert(route.key());
                writeln!(out, "{actor} added {}: {} routes", route, table.len())?;
            }
            EventKind::Removed(key) => {
                table.remove(&key);
                writeln!(out, "{actor} removed {}: {} routes", key, table.len())?;
            }
            EventKind::Changed(route) => writeln!(out, "{actor} changed {route}")?,
            // Events were lost: read the table again.
            EventKind::Resync => table = read(watch)?,
            other => writeln!(out, "{other:?}")?,
        }
    }
    Ok(())
}

/// The keys of all routes in the table.
fn read(watch: &mut Watch) -> Result<HashSet<RouteKey>, ipforward::Error> {
    let routes = watch.snapshot()?;
    Ok(routes.iter().map(Route::key).collect())
}
