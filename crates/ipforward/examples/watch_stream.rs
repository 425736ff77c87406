//! Watches the route table with a single-threaded executor.
//!
//! ```console
//! $ cargo run -p ipforward --features async --example watch_stream
//! ```

use futures_lite::{StreamExt, future};
use ipforward::asynchronous::AsyncDevice;
use ipforward::{Device, EventKind, WatchFilter};

fn main() -> Result<(), ipforward::Error> {
    // Any executor works.
    future::block_on(follow())
}

async fn follow() -> Result<(), ipforward::Error> {
    let device = AsyncDevice::new(Device::open_default()?);
    let mut events = device.watch(&WatchFilter::new()).await?;
    println!("{} routes", events.snapshot().await?.len());
    while let Some(event) = events.next().await {
        match event?.kind {
            EventKind::Added(route) => println!("+ {route}"),
            EventKind::Changed(route) => println!("~ {route}"),
            EventKind::Removed(key) => println!("- {key}"),
            EventKind::Resync => println!("= {} routes", events.snapshot().await?.len()),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
