//! Verifies a driver: its I/O, a client that is killed, each call that can fail, and the unload.
//!
//! ```console
//! $ cargo run --example verify_your_driver -- target/driver/echo.sys '\\.\Echo'
//! ```

use std::env;

use nthost_testkit::sweep::sweep_calls;
use nthost_testkit::{Driver, NtStatus, Process};

/// The calls of one client.
fn calls(client: &mut Process, device: &str) -> Result<(), NtStatus> {
    let handle = client.open(device)?;
    client.write(handle, b"hello").status.into_result()?;
    client.close(handle).into_result()
}

/// Verifies the driver in the file `image` through its device.
pub(crate) fn verify(image: &str, device: &str) {
    let driver = Driver::new(image);
    let host = driver.start();
    calls(&mut host.connect(), device).expect("all calls succeed");
    let mut killed = host.connect();
    killed.open(device).expect("the device opens");
    drop(killed); // the process is killed while it has an open handle
    let leaks = host.unload().expect("the driver unloads");
    assert_eq!(leaks.left, 0, "{}", leaks.list);
    host.stop_clean();
    sweep_calls(&driver, device, |client| calls(client, device));
}

fn main() {
    let mut arguments = env::args().skip(1);
    let image = arguments.next().expect("the path of a driver image");
    let device = arguments.next().expect("the name of its device");
    verify(&image, &device);
}
