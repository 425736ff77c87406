//! Files: the result of an open.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use nt_kernel::process::Process;
use parking_lot::Mutex;

use crate::device::{Device, DeviceObject};
use crate::system_work;
use crate::unicode::{OwnedUnicodeString, UnicodeString};

/// `FILE_OBJECT`, as far as drivers look at it.
#[repr(C)]
pub struct FileObject {
    kind: i16,
    size: i16,
    device_object: *mut DeviceObject,
    unused: [Cell<usize>; 8],
    flags: AtomicU32,
    file_name: UnicodeString,
    rest: [Cell<u8>; 0xD8 - 0x68],
}

const _: () = {
    assert!(size_of::<FileObject>() == 0xD8);
    assert!(core::mem::offset_of!(FileObject, flags) == 0x50);
    assert!(core::mem::offset_of!(FileObject, file_name) == 0x58);
};

/// The type number of a `FILE_OBJECT`.
const IO_TYPE_FILE: i16 = 5;
/// `FO_CLEANUP_COMPLETE`: the last handle is closed, and the driver's cleanup has run.
const FO_CLEANUP_COMPLETE: u32 = 0x4000;
/// `FO_HANDLE_CREATED`: the open has succeeded.
const FO_HANDLE_CREATED: u32 = 0x4_0000;

/// The references that keep a file from being closed.
struct State {
    handles: usize,
    /// The last handle is closed, and the driver's cleanup has run.
    cleaned_up: bool,
    requests: usize,
}

/// What the framework knows of a file of one of its devices.
type Extension = Arc<dyn Any + Send + Sync>;

/// The open files, by the addresses of their `FILE_OBJECT`s.
static FILES: Mutex<BTreeMap<usize, Weak<FileHandle>>> = Mutex::new(BTreeMap::new());

/// The file whose `FILE_OBJECT` is at `address`.
pub(crate) fn at(address: usize) -> Option<Arc<FileHandle>> {
    FILES.lock().get(&address)?.upgrade()
}

/// An open file, and the handles to it.
pub struct FileHandle {
    device: Arc<Device>,
    process: Arc<Process>,
    granted: u32,
    /// Closes the file after its last request.
    close: fn(&Arc<Self>),
    /// What the file object's name points to.
    _name: OwnedUnicodeString,
    object: Box<FileObject>,
    /// The framework's extensions of the file, by the addresses of the devices of the stack.
    extensions: Mutex<BTreeMap<usize, Extension>>,
    state: Mutex<State>,
}

// SAFETY: the pointers are to the device's object and the name's text, which live as long as the
// file and are never written; the members in cells are the drivers'.
unsafe impl Send for FileHandle {}
// SAFETY: as above.
unsafe impl Sync for FileHandle {}

impl FileHandle {
    pub(crate) fn new(
        device: Arc<Device>,
        process: Arc<Process>,
        granted: u32,
        name: &str,
        close: fn(&Arc<Self>),
    ) -> Arc<Self> {
        let name = OwnedUnicodeString::new(name);
        let object = FileObject {
            kind: IO_TYPE_FILE,
            size: 0xD8,
            device_object: device.object(),
            unused: [const { Cell::new(0) }; 8],
            flags: AtomicU32::new(0),
            file_name: name.as_unicode_string(),
            rest: [const { Cell::new(0) }; 0xD8 - 0x68],
        };
        let file = Arc::new(Self {
            device,
            process,
            granted,
            close,
            _name: name,
            object: Box::new(object),
            extensions: Mutex::default(),
            state: Mutex::new(State {
                handles: 1,
                cleaned_up: false,
                requests: 0,
            }),
        });
        FILES
            .lock()
            .insert(file.object().addr(), Arc::downgrade(&file));
        file
    }

    /// The device that was opened.
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// The process that opened it.
    #[must_use]
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// The access that the handle carries.
    #[must_use]
    pub fn granted(&self) -> u32 {
        self.granted
    }

    /// Where the name's `UNICODE_STRING` is: inside the file object.
    pub fn name(&self) -> *const UnicodeString {
        &raw const self.object.file_name
    }

    /// The address of the `FILE_OBJECT`.
    pub fn object(&self) -> *const FileObject {
        &raw const *self.object
    }

    /// `FILE_OBJECT.Flags`. No file here is opened for synchronous calls.
    pub fn flags(&self) -> u32 {
        self.object.flags.load(Ordering::Relaxed)
    }

    /// Notes that the open has succeeded.
    pub(crate) fn opened(&self) {
        self.object
            .flags
            .fetch_or(FO_HANDLE_CREATED, Ordering::Relaxed);
    }

    /// The framework's extension of the file for one device of the stack.
    pub fn extension(&self, device: &Device) -> Option<Extension> {
        self.extensions.lock().get(&device.address()).cloned()
    }

    /// Sets or removes the framework's extension of the file for one device of the stack.
    pub fn set_extension(&self, device: &Device, extension: Option<Extension>) {
        let mut extensions = self.extensions.lock();
        let old = match extension {
            Some(extension) => extensions.insert(device.address(), extension),
            None => extensions.remove(&device.address()),
        };
        drop(extensions);
        drop(old);
    }

    /// Counts a request on its way. Returns false after the last handle has been closed: no request can
    /// begin then, and the driver's close comes when those that have begun have ended.
    #[must_use]
    pub(crate) fn request_begins(&self) -> bool {
        let mut state = self.state.lock();
        let is_open = state.handles > 0;
        state.requests += usize::from(is_open);
        is_open
    }

    /// Counts another handle.
    pub(crate) fn handle_duplicated(&self) {
        self.state.lock().handles += 1;
    }

    /// Uncounts a handle. Returns true if it was the last one.
    pub(crate) fn handle_closed(&self) -> bool {
        let mut state = self.state.lock();
        state.handles -= 1;
        state.handles == 0
    }

    /// Uncounts a request. After the cleanup, the last request closes the file, in a system thread,
    /// because this thread may be inside the driver.
    pub(crate) fn request_ends(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.requests -= 1;
        let last = state.requests == 0 && state.cleaned_up;
        drop(state);
        if last {
            let file = self.clone();
            system_work::queue("close", move || (file.close)(&file));
        }
    }

    /// Records that the driver's cleanup has run. Returns true if no request is in flight, so that
    /// the file can be closed.
    pub(crate) fn cleaned_up(&self) -> bool {
        self.object
            .flags
            .fetch_or(FO_CLEANUP_COMPLETE, Ordering::Relaxed);
        let mut state = self.state.lock();
        state.cleaned_up = true;
        state.requests == 0
    }

    /// The open failed: there is nothing to be closed.
    pub(crate) fn forget(&self) {
        // The request of the open itself keeps the file until it has ended.
        self.state.lock().requests += 1;
    }
}

impl Drop for FileHandle {
    fn drop(&mut self) {
        FILES.lock().remove(&self.object().addr());
    }
}
