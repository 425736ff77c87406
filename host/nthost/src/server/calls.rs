//! The calls that a process can make.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nt_io::{Call, Completion, FileHandle, Irp};
use nt_types::NtStatus;
use nthost_protocol::syscall::CallKind;
use nthost_protocol::{CallHeader, PAYLOAD_MAX};
use parking_lot::Mutex;

use super::call::{Answer, Done, Job};
use super::control::ControlCalls;
use super::queries;

/// Distance of one handle to the next, as on Windows.
const HANDLE_STEP: u64 = 4;

/// A process's open handles, and the calls on them.
pub(super) struct Calls {
    control: ControlCalls,
    handles: Mutex<Handles>,
    next_handle: AtomicU64,
}

#[derive(Default)]
struct Handles {
    open: HashMap<u64, Arc<FileHandle>>,
    /// The number of threads that open or close files in the driver now.
    busy: usize,
}

impl Calls {
    pub(super) fn new(control: ControlCalls) -> Self {
        Self {
            control,
            handles: Mutex::default(),
            next_handle: AtomicU64::new(HANDLE_STEP),
        }
    }

    /// True if the process does not end when user sessions are logged off.
    pub(super) fn is_service(&self) -> bool {
        self.control.is_service()
    }

    /// Makes a call. `done` gets its outcome, perhaps before this function returns. If the
    /// call is for the driver, the result is its request, which the caller must send and may cancel
    /// while the driver works on it.
    pub(super) fn make(&self, job: Job, done: Done) -> Option<Arc<Irp>> {
        let Job { header, payload } = job;
        let request = match CallKind::from_number(header.kind.get()) {
            Some(CallKind::DeviceControl) => Call::DeviceControl {
                code: header.argument.get(),
                input: payload,
                output_length: header.output_length.get(),
            },
            Some(CallKind::Read) => Call::Read {
                length: header.output_length.get(),
            },
            Some(CallKind::Write) => Call::Write { data: payload },
            other => {
                done(self.make_directly(other, &header, &payload));
                return None;
            }
        };
        self.request(&header, request, done)
    }

    fn request(&self, header: &CallHeader, request: Call, done: Done) -> Option<Arc<Irp>> {
        let handle = self.handles.lock().open.get(&header.handle.get()).cloned();
        let Some(handle) = handle else {
            done(Answer::status(NtStatus::INVALID_HANDLE));
            return None;
        };
        if header.output_length.get() > PAYLOAD_MAX {
            done(Answer::status(NtStatus::INSUFFICIENT_RESOURCES));
            return None;
        }
        let done = Box::new(|completion: Completion| done(completion.into()));
        nt_io::request(&handle, request, done)
    }

    /// Calls that are over when they return.
    fn make_directly(&self, kind: Option<CallKind>, header: &CallHeader, payload: &[u8]) -> Answer {
        match kind {
            Some(CallKind::Open) => self.open(payload, header.argument.get()),
            Some(CallKind::Close) => self.close(header.handle.get()),
            Some(CallKind::Duplicate) => self.duplicate(header.handle.get()),
            Some(CallKind::Interfaces) => queries::interfaces(payload, header.output_length.get()),
            Some(CallKind::Alias) => queries::alias(header, payload),
            Some(CallKind::DeviceControl | CallKind::Read | CallKind::Write | CallKind::Cancel) => {
                Answer::status(NtStatus::INVALID_PARAMETER)
            }
            None => self.control.make(header, payload),
        }
    }

    /// True if the process has an open file, or is opening or closing one.
    pub(super) fn uses_files(&self) -> bool {
        let handles = self.handles.lock();
        handles.busy > 0 || !handles.open.is_empty()
    }

    /// Opens or closes files.
    fn busy<R>(&self, work: impl FnOnce() -> R) -> R {
        self.handles.lock().busy += 1;
        let result = work();
        self.handles.lock().busy -= 1;
        result
    }

    fn open(&self, name: &[u8], desired_access: u32) -> Answer {
        let Ok(name) = std::str::from_utf8(name) else {
            return Answer::status(NtStatus::OBJECT_NAME_NOT_FOUND);
        };
        self.busy(|| self.open_named(name, desired_access))
    }

    fn open_named(&self, name: &str, desired_access: u32) -> Answer {
        match nt_io::open(&self.control.opener(), name, desired_access) {
            Ok(file) => Answer::success(self.insert(&mut self.handles.lock(), file)),
            Err(status) => Answer::status(status),
        }
    }

    /// Puts a file into the table. Its handle.
    fn insert(&self, handles: &mut Handles, file: Arc<FileHandle>) -> u64 {
        let handle = self.next_handle.fetch_add(HANDLE_STEP, Ordering::Relaxed);
        handles.open.insert(handle, file);
        handle
    }

    fn duplicate(&self, handle: u64) -> Answer {
        // One lock for both, so that no other call closes the handle meanwhile.
        let mut handles = self.handles.lock();
        let file = handles.open.get(&handle).map(nt_io::duplicate);
        file.map_or(Answer::status(NtStatus::INVALID_HANDLE), |file| {
            Answer::success(self.insert(&mut handles, file))
        })
    }

    fn close(&self, handle: u64) -> Answer {
        self.busy(|| {
            let file = self.handles.lock().open.remove(&handle);
            file.map_or(Answer::status(NtStatus::INVALID_HANDLE), |file| {
                nt_io::close(file);
                Answer::success(0)
            })
        })
    }

    /// Closes all handles, in the order in which they were opened.
    pub(super) fn close_all(&self) {
        self.busy(|| {
            let mut handles: Vec<_> = self.handles.lock().open.drain().collect();
            handles.sort_by_key(|(handle, _)| *handle);
            for (_, file) in handles {
                nt_io::close(file);
            }
        });
    }
}
