//! The I/O manager: names, files, and requests to a driver.
//!
//! A process opens a device by name ([`open`]), sends requests to the opened file ([`request()`],
//! [`send`]), cancels them ([`cancel`]) and closes the file ([`close`]). This module makes all
//! checks that Windows makes before it calls a driver: names, security descriptors, access bits of
//! control codes, the system buffer.
//!
//! A request is an IRP ([`Irp`]) and goes through the dispatch routines of the drivers of the device's
//! stack (`call_driver`), and back through their completion routines (`complete_request`). No lock of
//! this crate is held while they run.

#![cfg(target_os = "linux")]

mod asynchronous;
mod buffer_mdl;
mod call_driver;
mod call_packet;
mod cancel;
mod closing;
mod complete_request;
mod csq;
mod device;
mod device_api;
pub mod device_failure;
mod device_irp;
pub mod device_property;
mod device_property_api;
mod device_queue;
mod device_state;
mod devices;
mod dispatch_call;
mod driver_creation;
mod driver_entry;
mod driver_extension;
pub mod driver_object;
mod driver_unload;
mod exports;
mod file;
mod forwarding;
mod hang;
mod instance_path;
mod irp;
mod irp_api;
mod irp_sending;
mod irp_table;
mod irp_text;
mod locked_buffers;
pub mod major_function;
mod names_api;
mod namespace;
mod packet;
mod passing_rules;
pub mod pnp;
pub mod pnp_minor;
mod power;
mod received_irp;
mod reenumeration;
mod registry_api;
mod remove_lock;
mod request;
mod request_history;
pub mod root_bus;
pub mod security;
mod security_api;
mod stack_rules;
mod start_io;
mod start_io_state;
mod synchronous;
mod system_buffer;
pub mod system_work;
mod target_irp;
#[cfg(test)]
mod tests;
mod user_buffers;
mod violation;
mod wmi;
mod work_item;

use std::sync::Arc;
use std::sync::mpsc;

use nt_kernel::process::Process;
use nt_types::NtStatus;

pub use complete_request::complete_with;
pub use device::{Device, DeviceObject, IoType, Settings};
pub use devices::{
    at as device_at, attach, automatic_name, create_device, delete_device, devices_of,
    settings_of_filter,
};
pub use driver_creation::create_driver;
pub use driver_entry::enter_driver;
pub use driver_unload::unload_driver;
pub use exports::exports;
pub use file::{FileHandle, FileObject};
pub use hang::{stop_for, stop_for_power};
pub use irp::{Irp, cancel_irp, in_flight, irp_at};
pub use irp_table::{IrpId, file_of, major_function_of};
pub use namespace::{device_names, interfaces, is_device_name, link, link_interface, unlink};
pub use nt_kernel::unicode;
pub use received_irp::ReceivedIrp;
pub use remove_lock::acquire_never_fails;
pub use request::{Call, Completion, Request};
pub use synchronous::Buffer;
pub use target_irp::{TargetCall, TargetIrp};

/// `FILE_READ_DATA`, the access that `ReadFile` needs.
const FILE_READ_DATA: u32 = 1;
/// `FILE_WRITE_DATA`, the access that `WriteFile` needs.
const FILE_WRITE_DATA: u32 = 2;

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
    let file = FileHandle::new(
        device.clone(),
        process.clone(),
        granted,
        &rest,
        closing::finish,
    );
    let (answer, answered) = mpsc::channel();
    let done = Box::new(move |completion: Completion| {
        // The receiver waits below.
        let _ = answer.send(completion.status);
    });
    if file.request_begins() {
        send(&Irp::new(&file, Request::Create, done));
    }
    let status = answered.recv().unwrap_or(NtStatus::UNSUCCESSFUL);
    match status.into_result() {
        Ok(()) => {
            file.opened();
            Ok(file)
        }
        Err(status) => {
            file.forget();
            closing::end_open(&device);
            Err(status)
        }
    }
}

/// Makes a request, which can be cancelled from now on, and which [`send`] gives to the driver.
/// `done` is called once, with the answer, on whatever thread the driver gives it, possibly before
/// `send` returns and possibly above `PASSIVE_LEVEL`: it must not call the I/O manager. `None` if
/// the I/O manager refuses the request and has answered it, as it does after the last handle has been
/// closed.
#[must_use = "a request that is not sent is never answered"]
pub fn request(
    handle: &Arc<FileHandle>,
    call: Call,
    done: Box<dyn FnOnce(Completion) + Send>,
) -> Option<Arc<Irp>> {
    if !handle.request_begins() {
        done(Completion {
            status: NtStatus::INVALID_HANDLE,
            information: 0,
            output: Vec::new(),
        });
        return None;
    }
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
    // What the dispatch routine returns has been compared with what it did.
    let _ = call_driver::call_driver(irp.device_object(), irp.packet_address());
}

/// Why a call does not reach the driver.
fn refusal(handle: &FileHandle, call: &Call) -> Option<NtStatus> {
    let needed = match call {
        Call::DeviceControl { code, .. } => request::access_bits(*code),
        Call::Read { .. } => FILE_READ_DATA,
        Call::Write { .. } => FILE_WRITE_DATA,
    };
    (needed & !handle.granted() != 0).then_some(NtStatus::ACCESS_DENIED)
}

/// Cancels a request, as `CancelIoEx` does; the request is still answered by its `done`. Returns
/// true if it was still in flight.
#[must_use]
pub fn cancel(irp: &Arc<Irp>) -> bool {
    irp.cancel()
}

/// Another handle to the same file, as `DuplicateHandle` makes it: each has to be closed.
#[must_use = "a handle that is not closed keeps the file open"]
pub fn duplicate(handle: &Arc<FileHandle>) -> Arc<FileHandle> {
    handle.handle_duplicated();
    Arc::clone(handle)
}

/// Closes a handle. After the last handle to the file is closed, the driver's cleanup runs. Its
/// close runs when all of the file's requests have been answered.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the handle ends here, for the caller too"
)]
pub fn close(handle: Arc<FileHandle>) {
    if !handle.handle_closed() {
        return;
    }
    closing::cleanup(&handle);
    if handle.cleaned_up() {
        closing::finish(&handle);
    }
}
