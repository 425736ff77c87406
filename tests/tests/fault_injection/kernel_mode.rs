//! A caller in kernel mode. Only kernel code can run at `DISPATCH_LEVEL`, so the driver under test
//! runs in this process and gets its requests from here.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use abi::device::USER_PATH;
use abi::{NtStatus, Operation};
use nt_io::{Call, Completion, FileHandle};
use nt_kernel::irql::{self, Irql};
use nt_kernel::process::Process;
use nt_netio::Memory;
use nthost::hosted_driver::{DriverOptions, HostedDriver};
use tests::{Profile, driver_image, framework_image, valid_row};
use zerocopy::IntoBytes;

/// `FILE_READ_DATA` and `FILE_WRITE_DATA`.
const READ_AND_WRITE: u32 = 3;
/// No request takes this long, even on a busy computer.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The driver in this process. A process can host one driver.
pub(crate) struct KernelMode(HostedDriver);

impl KernelMode {
    /// Loads the driver that ships, with the [`Profile`] of this run.
    pub(crate) fn start() -> Self {
        let behaviours = Profile::of_this_run().behaviours();
        let driver = HostedDriver::start(&DriverOptions {
            driver: driver_image(),
            framework: framework_image(),
            lower_filters: Vec::new(),
            upper_filters: Vec::new(),
            service: Some("IpForward".to_owned()),
            network: Arc::new(Memory::new(
                &nt_netio::NetworkDescription::default(),
                behaviours,
            )),
            devices: 1,
            security: Some(abi::device::SDDL.to_owned()),
        });
        Self(driver.expect("the driver starts"))
    }

    /// Opens the device as the system.
    #[expect(clippy::unused_self, reason = "proves that the driver is loaded")]
    pub(crate) fn open(&self) -> Result<Arc<FileHandle>, NtStatus> {
        nt_io::open(&Process::system(), USER_PATH, READ_AND_WRITE)
    }

    /// Sends a request about [`valid_row`] from this thread at `level`, and waits for its outcome at
    /// `PASSIVE_LEVEL`.
    #[expect(clippy::unused_self, reason = "proves that the driver is loaded")]
    pub(crate) fn send(
        &self,
        handle: &Arc<FileHandle>,
        level: Irql,
        operation: Operation,
    ) -> Completion {
        let description = operation.description();
        let (done, answer) = mpsc::channel();
        let call = Call::DeviceControl {
            code: description.code.0,
            input: valid_row().as_bytes()[..description.input_length].to_vec(),
            output_length: u32::try_from(description.output_length).expect("it is short"),
        };
        let before = irql::raise(level);
        let irp = nt_io::request(
            handle,
            call,
            Box::new(move |completion| done.send(completion).expect("the caller waits")),
        );
        nt_io::send(&irp.expect("the handle may do anything"));
        assert_eq!(irql::current(), level, "the request restored the level");
        irql::lower(before);
        answer
            .recv_timeout(TIME_LIMIT)
            .expect("the request is answered")
    }

    /// Unloads the driver. The result is what it has not released.
    pub(crate) fn stop(self) -> Vec<String> {
        self.0.stop()
    }
}
