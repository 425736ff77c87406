//! A caller in the kernel. Only a driver can be at `DISPATCH_LEVEL`, so whoever calls this is one:
//! the driver under test runs in the same process, and is sent its requests there.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use abi::device::USER_PATH;
use abi::{NtStatus, Operation};
use nthost::hosted_driver::{DriverOptions, HostedDriver};
use nthost::io::{self, Call, Completion, FileHandle};
use nthost::kernel::irql::{self, Irql};
use nthost::netio::{self, Behaviours, Memory};
use nthost::process::Process;
use zerocopy::IntoBytes;

use crate::{Profile, driver_image, valid_row};

/// `FILE_READ_DATA` and `FILE_WRITE_DATA`.
const READ_AND_WRITE: u32 = 3;
/// What is not answered for so long never will be.
const PATIENCE: Duration = Duration::from_secs(10);

/// The machine in this process; there can be one at a time.
pub struct KernelMode(HostedDriver);

impl KernelMode {
    /// With the driver that ships and the [`Profile`] of this run.
    ///
    /// # Panics
    ///
    /// If the driver does not start.
    #[must_use]
    pub fn start() -> Self {
        let behaviours = match Profile::of_this_run() {
            Profile::Documented => Behaviours::default(),
            Profile::Alternative => Behaviours::alternative(),
        };
        let driver = HostedDriver::start(DriverOptions {
            driver: driver_image(),
            service: None,
            network: Arc::new(Memory::new(
                &netio::NetworkDescription::default(),
                behaviours,
            )),
            devices: 1,
        });
        Self(driver.expect("the driver starts"))
    }

    /// Opens the device as the system.
    ///
    /// # Errors
    ///
    /// The status.
    pub fn open(&self) -> Result<Arc<FileHandle>, NtStatus> {
        io::open(&Process::system(), USER_PATH, READ_AND_WRITE)
    }

    /// Sends a request that is about [`valid_row`] from this thread at `level`, and waits for its
    /// answer at `PASSIVE_LEVEL`.
    ///
    /// # Panics
    ///
    /// If it is not answered.
    pub fn send(&self, handle: &Arc<FileHandle>, level: Irql, operation: Operation) -> Completion {
        let description = operation.description();
        let (done, answer) = mpsc::channel();
        let call = Call::DeviceControl {
            code: description.code.0,
            input: valid_row().as_bytes()[..description.input_length].to_vec(),
            output_length: u32::try_from(description.output_length).expect("it is short"),
        };
        let before = irql::raise(level);
        let irp = io::request(
            handle,
            call,
            Box::new(move |completion| done.send(completion).expect("the caller waits")),
        );
        io::send(&irp.expect("the handle may do anything"));
        assert_eq!(
            irql::current(),
            level,
            "the request left the level as it was"
        );
        irql::lower(before);
        answer
            .recv_timeout(PATIENCE)
            .expect("the request is answered")
    }

    /// Unloads the driver; what it has left behind.
    #[must_use]
    pub fn stop(self) -> Vec<String> {
        self.0.stop()
    }
}
