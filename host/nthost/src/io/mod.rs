//! The I/O manager: names, files, requests on their way to a driver.
//!
//! A process opens a device by name ([`open`]), sends requests to the file that it gets
//! ([`request`], [`send`]), cancels them ([`cancel`]) and closes the file ([`close`]). Everything that Windows
//! decides before a driver is asked is decided here: names, security descriptors, access bits of
//! control codes, the system buffer.
//!
//! A driver's side is a `Stack`. No lock of this module is held while it runs.

mod device;
pub mod driver_object;
mod file;
mod irp;
mod namespace;
mod request_history;
mod system_buffer;
pub(crate) mod system_work;
pub(crate) mod unicode;
mod user_buffers;
pub(crate) mod wdm_irp;

use std::sync::Arc;
use std::sync::mpsc;

use nt_types::status::NtStatus;

pub(crate) use device::{
    Device, DeviceObject, IoType, PhysicalDevice, Settings, Stack, devices_of,
};
pub use file::FileHandle;
pub(crate) use file::FileObject;
pub use irp::{Call, Completion, Irp};
pub(crate) use irp::{Request, in_flight};
pub(crate) use namespace::{interfaces, link, link_interface, unlink};
pub(crate) use request_history::stop_for;

use crate::kernel::exports::Export;
use crate::process::Process;

/// No device is ready under that name.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);

/// `FILE_READ_DATA`, the access that `ReadFile` needs.
const FILE_READ_DATA: u32 = 1;
/// `FILE_WRITE_DATA`, the access that `WriteFile` needs.
const FILE_WRITE_DATA: u32 = 2;

/// What ntoskrnl exports of the I/O manager: what the few framework drivers need that look at IRPs.
#[must_use]
pub fn exports() -> Vec<Export> {
    wdm_irp::exports()
}

/// Opens the device called `name` for `process`, as `CreateFile` does. What follows the device's
/// name is the file's name, for the driver to interpret. Waits until the driver has answered.
///
/// # Errors
///
/// There is no such device, its security descriptor does not allow the access, it is exclusive and
/// open, or what the driver answers.
pub fn open(
    process: &Arc<Process>,
    name: &str,
    desired_access: u32,
) -> Result<Arc<FileHandle>, NtStatus> {
    let (device, rest) = namespace::resolve(name).ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let granted = device.begin_open(process, desired_access)?;
    let file = FileHandle::new(device.clone(), process.clone(), granted, &rest);
    let (answer, answered) = mpsc::channel();
    let done = Box::new(move |completion: Completion| {
        // The receiver waits below.
        let _ = answer.send(completion.status);
    });
    device
        .stack()
        .create(Irp::new(&file, Request::Create, done));
    let status = answered.recv().unwrap_or(NtStatus::UNSUCCESSFUL);
    match status.into_result() {
        Ok(()) => {
            file.opened();
            Ok(file)
        }
        Err(status) => {
            file.forget();
            device.end_open();
            Err(status)
        }
    }
}

/// Makes a request, which can be cancelled from now on, and which [`send`] gives to the driver.
/// `done` is called once, with the answer, on whatever thread the driver gives it, possibly before
/// `send` returns and possibly above `PASSIVE_LEVEL`: it must not call the I/O manager. `None` if
/// the I/O manager refuses the request and has answered it.
#[must_use = "a request that is not sent is never answered"]
pub fn request(
    handle: &Arc<FileHandle>,
    call: Call,
    done: Box<dyn FnOnce(Completion) + Send>,
) -> Option<Arc<Irp>> {
    let irp = Irp::new(handle, Request::from(&call), done);
    match refusal(handle, &call).map_or_else(|| irp.prepare(call), Err) {
        Ok(()) => Some(irp),
        Err(status) => {
            irp.complete(status, 0);
            None
        }
    }
}

/// Sends a request to the driver. Returns when the driver's dispatch has: the request is answered
/// then, or pending.
pub fn send(irp: &Arc<Irp>) {
    irp.file().device().stack().request(irp.clone());
}

/// Why a call does not reach the driver.
fn refusal(handle: &FileHandle, call: &Call) -> Option<NtStatus> {
    let needed = match call {
        Call::DeviceControl { code, .. } => irp::access_bits(*code),
        Call::Read { .. } => FILE_READ_DATA,
        Call::Write { .. } => FILE_WRITE_DATA,
    };
    (needed & !handle.granted() != 0).then_some(NtStatus::ACCESS_DENIED)
}

/// Cancels a request, as `CancelIoEx` does; it is still answered through its `done`. Whether it was
/// still in flight.
#[must_use]
pub fn cancel(irp: &Arc<Irp>) -> bool {
    irp.cancel()
}

/// Another handle to the same file, as `DuplicateHandle` makes it: each has to be closed.
#[must_use = "a handle that nobody closes keeps the file open"]
pub fn duplicate(handle: &Arc<FileHandle>) -> Arc<FileHandle> {
    handle.handle_duplicated();
    Arc::clone(handle)
}

/// Closes a handle. With the last one to the file comes the driver's cleanup, and its close when all
/// of the file's requests have been answered.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the handle ends here, for the caller too"
)]
pub fn close(handle: Arc<FileHandle>) {
    if !handle.handle_closed() {
        return;
    }
    handle.device().stack().cleanup(&handle);
    if handle.cleaned_up() {
        FileHandle::finish(&handle);
    }
}
