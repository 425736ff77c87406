//! The driver: its device extension says what each of its devices does with an IRP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};

use nt_kernel::process::Process;
use nt_types::NtStatus;

use crate::device::{DO_DEVICE_INITIALIZING, DeviceObject};
use crate::driver_object::DriverObject;
use crate::major_function::{COUNT, PNP, POWER};
use crate::packet::{Packet, StatusBlock};
use crate::unicode::OwnedUnicodeString;
use crate::{Call, Completion, FileHandle, Irp, pnp_minor};

/// Calls an export by its name: `io!(IoFreeIrp(packet => usize) -> ())`.
macro_rules! io {
    ($name:ident($($value:expr => $type:ty),*) -> $result:ty) => {{
        type Function = unsafe extern "win64" fn($($type),*) -> $result;
        let address = $crate::tests::wdm_driver::export(stringify!($name));
        let function = std::ptr::with_exposed_provenance::<()>(address);
        // SAFETY: an export of this prototype.
        let function = unsafe { std::mem::transmute::<*const (), Function>(function) };
        // SAFETY: called as the test says.
        unsafe { function($($value),*) }
    }};
}
pub(super) use io;

/// The address of an export.
pub(super) fn export(name: &str) -> usize {
    let all = [crate::exports(), nt_kernel::exports()].concat();
    let found = all.iter().find(|export| export.name == name);
    found.unwrap_or_else(|| panic!("no export {name}")).address
}

/// What a device does with an IRP.
pub(super) type Behaviour = fn(device_object: usize, packet: usize) -> NtStatus;

/// The device extension.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Extension {
    /// The device object that the device is attached to, 0 for none.
    pub(super) lower: usize,
    pub(super) behaviour: Behaviour,
}

/// The extension of a device.
pub(super) fn extension(device_object: usize) -> &'static mut Extension {
    // SAFETY: a device object of this driver.
    let object: *const DeviceObject = unsafe { DeviceObject::at(device_object) };
    // SAFETY: the extension's address is at this offset.
    let place = unsafe { object.cast::<usize>().wrapping_add(8).read() };
    // SAFETY: the device was created with an extension of this size.
    unsafe { &mut *std::ptr::with_exposed_provenance_mut::<Extension>(place) }
}

/// The packet.
pub(super) fn packet_at<'a>(packet: usize) -> &'a Packet {
    // SAFETY: the driver has the IRP.
    unsafe { Packet::at(packet) }
}

/// Completes an IRP. The status, for the dispatch routine to return.
pub(super) fn complete(packet: usize, status: NtStatus, information: u64) -> NtStatus {
    packet_at(packet).io_status.set(StatusBlock {
        status,
        information,
    });
    io!(IofCompleteRequest(packet => usize, 0 => i8) -> ());
    status
}

/// The same, outside of a dispatch routine.
pub(super) fn end(packet: usize, status: NtStatus) {
    let _ = complete(packet, status, 0);
}

/// `IoSkipCurrentIrpStackLocation` and `IoCallDriver`.
pub(super) fn pass_on(device_object: usize, packet: usize) -> NtStatus {
    let known = packet_at(packet);
    known.move_to(known.current_location.get() + 1);
    let lower = extension(device_object).lower;
    io!(IofCallDriver(lower => usize, packet => usize) -> NtStatus)
}

/// `IoCopyCurrentIrpStackLocationToNext`, `IoSetCompletionRoutine` and `IoCallDriver`.
pub(super) fn pass_on_with(
    device_object: usize,
    packet: usize,
    routine: extern "win64" fn(usize, usize, usize) -> NtStatus,
) -> NtStatus {
    let known = packet_at(packet);
    let own = known.current().unwrap();
    let next = known.location(known.current_location.get() - 1).unwrap();
    next.major_function.set(own.major_function.get());
    next.minor_function.set(own.minor_function.get());
    for (to, from) in next.parameters.iter().zip(&own.parameters) {
        to.set(from.get());
    }
    next.file_object.set(own.file_object.get());
    next.completion_routine.set(routine as usize);
    next.control.set(0xE0);
    let lower = extension(device_object).lower;
    io!(IofCallDriver(lower => usize, packet => usize) -> NtStatus)
}

/// The driver's dispatch routine for everything.
extern "win64" fn dispatch(device_object: usize, packet: usize) -> NtStatus {
    let own = packet_at(packet).current().unwrap();
    match own.major_function.get() {
        PNP => dispatch_pnp(device_object, packet, own.minor_function.get()),
        POWER => pass_on(device_object, packet),
        _ => (extension(device_object).behaviour)(device_object, packet),
    }
}

fn dispatch_pnp(device_object: usize, packet: usize, minor: u8) -> NtStatus {
    packet_at(packet).io_status.set(StatusBlock {
        status: NtStatus::SUCCESS,
        information: 0,
    });
    let status = pass_on(device_object, packet);
    if minor == pnp_minor::REMOVE_DEVICE {
        let lower = extension(device_object).lower;
        io!(IoDetachDevice(lower => usize) -> ());
        io!(IoDeleteDevice(device_object => usize) -> ());
    }
    status
}

/// A driver object of its own for each test.
pub(super) struct TestDriver {
    pub(super) object: *mut DriverObject,
    name: String,
}

impl TestDriver {
    /// A driver whose dispatch routines are all set.
    pub(super) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("Wdm{}", NEXT.fetch_add(1, Ordering::Relaxed));
        // The test program is the driver's image.
        let base = (dispatch as *const () as usize) - 0x4000_0000;
        let object = crate::create_driver(&name, base, 0x8000_0000, 0);
        let driver = Self { object, name };
        for major in 0..COUNT {
            driver.set(0x70 + 8 * major, dispatch as *const () as usize);
        }
        driver
    }

    /// Sets a member of the driver object.
    pub(super) fn set(&self, offset: usize, value: usize) {
        let place = self.object.cast::<usize>().wrapping_add(offset / 8);
        // SAFETY: the object has such a member.
        unsafe { place.write(value) };
    }

    /// Sets `AddDevice`.
    pub(super) fn set_add_device(&self, routine: extern "win64" fn(usize, usize) -> NtStatus) {
        // SAFETY: the object has an extension.
        let extension = unsafe { self.object.cast::<usize>().wrapping_add(6).read() };
        let place = std::ptr::with_exposed_provenance_mut::<usize>(extension + 8);
        // SAFETY: `AddDevice` is the extension's second member.
        unsafe { place.write(routine as usize) };
    }

    /// The name of the driver's device.
    pub(super) fn device_name(&self) -> String {
        format!(r"\Device\{}", self.name)
    }

    /// Its service.
    pub(super) fn service(&self) -> &str {
        &self.name
    }

    /// A device of a legacy driver, which a process can open.
    pub(super) fn create(&self, behaviour: Behaviour) -> usize {
        let device_object = create_device(self.object, Some(&self.device_name()));
        *extension(device_object) = Extension {
            lower: 0,
            behaviour,
        };
        crate::pnp::finish_driver_entry(self.object);
        device_object
    }

    /// Opens the driver's device. Creates, cleanups and closes succeed.
    pub(super) fn open(&self) -> Arc<FileHandle> {
        let process = Process::user(77, 1000);
        crate::open(&process, &self.device_name(), 3).expect("the device opens")
    }
}

/// `IoCreateDevice`.
pub(super) fn create_device(driver_object: *mut DriverObject, name: Option<&str>) -> usize {
    let name = name.map(OwnedUnicodeString::new);
    let name = name.as_ref().map(OwnedUnicodeString::as_unicode_string);
    let name = name.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let size = u32::try_from(size_of::<Extension>()).unwrap();
    let mut device_object = 0;
    let status = io!(IoCreateDevice(
        driver_object => *mut DriverObject, size => u32,
        name => *const crate::unicode::UnicodeString, 0x22 => u32, 0 => u32, 0 => u8,
        &raw mut device_object => *mut usize) -> NtStatus);
    assert_eq!(status, NtStatus::SUCCESS);
    device_object
}

/// Attaches a new device of `driver_object` to the stack of `target`.
pub(super) fn attach(
    driver_object: *mut DriverObject,
    target: usize,
    behaviour: Behaviour,
) -> usize {
    let device_object = create_device(driver_object, None);
    let lower = io!(IoAttachDeviceToDeviceStack(
        device_object => usize, target => usize) -> usize);
    assert_ne!(lower, 0);
    *extension(device_object) = Extension { lower, behaviour };
    // SAFETY: a device object of this driver.
    unsafe { DeviceObject::at(device_object) }.change_flags(0, DO_DEVICE_INITIALIZING);
    device_object
}

/// Whether the IRP is a create, a cleanup or a close, which this has completed then.
pub(super) fn ends_file_irp(packet: usize) -> Option<NtStatus> {
    let major = packet_at(packet).current().unwrap().major_function.get();
    matches!(major, 0 | 2 | 18).then(|| complete(packet, NtStatus::SUCCESS, 0))
}

/// A call on a file that has been sent.
pub(super) struct Sent {
    pub(super) irp: Arc<Irp>,
    answered: Receiver<Completion>,
}

impl Sent {
    /// Its answer, for which this waits.
    pub(super) fn answer(&self) -> Completion {
        self.answered.recv().expect("an answer")
    }

    /// Whether it has not been answered.
    pub(super) fn is_pending(&self) -> bool {
        self.answered.try_recv().is_err()
    }
}

/// Sends a control request.
pub(super) fn control(file: &Arc<FileHandle>, code: u32, input: &[u8], room: u32) -> Sent {
    let call = Call::DeviceControl {
        code,
        input: input.to_vec(),
        output_length: room,
    };
    let (answer, answered) = mpsc::channel();
    let done = Box::new(move |completion| {
        let _ = answer.send(completion);
    });
    let irp = crate::request(file, call, done).expect("the handle may do that");
    crate::send(&irp);
    Sent { irp, answered }
}
