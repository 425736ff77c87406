//! I/O request packets.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use nt_kernel::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use nt_kernel::stack::Stack;
use nt_kernel::thread::{self, Thread};
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::device::IoType;
use crate::file::FileHandle;
use crate::request::{Call, Completion, METHOD_NEITHER, Request, method};
use crate::request_history::{RequestHistory, Step};
use crate::system_buffer::{SystemBuffer, unwritten};
use crate::user_buffers::UserBuffers;
use crate::wdm_irp::{Addresses, Origin, WdmIrp};

/// The host's own first parameter of a stop for output that was never written: "OUT".
const OUTPUT: u64 = 0x4F_5554;
/// Takes the answer to the caller.
pub(crate) type Done = Box<dyn FnOnce(Completion) + Send>;
type OnCancel = Arc<dyn Fn() + Send + Sync>;

/// A request that the I/O manager sends to a driver.
pub struct Irp {
    id: u64,
    file: Arc<FileHandle>,
    /// The thread that made the request.
    thread: Arc<Thread>,
    request: Request,
    buffer: Mutex<Option<SystemBuffer>>,
    /// What a memory descriptor list describes: the caller's own buffer, mapped for the driver.
    direct: Mutex<Option<SystemBuffer>>,
    /// The caller's own buffers, if the driver gets their addresses.
    user: Mutex<UserBuffers>,
    /// The packet in memory, once a driver has asked for it.
    packet: Mutex<Option<KnownPacket>>,
    /// True while the driver owns the request before the framework, or instead of it.
    the_drivers: AtomicBool,
    cancelled: AtomicBool,
    on_cancel: Mutex<Option<OnCancel>>,
    done: Mutex<Option<Done>>,
    history: RequestHistory,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static IN_FLIGHT: LazyLock<Mutex<BTreeMap<u64, Weak<Irp>>>> = LazyLock::new(|| {
    bugcheck::on_stop(report);
    Mutex::default()
});

/// The request behind each packet, by the packet's address.
static PACKETS: LazyLock<Mutex<HashMap<usize, Weak<Irp>>>> = LazyLock::new(Mutex::default);

/// A packet that is in [`PACKETS`].
struct KnownPacket(WdmIrp);

impl KnownPacket {
    fn new(packet: WdmIrp, irp: &Arc<Irp>) -> Self {
        PACKETS.lock().insert(packet.address(), Arc::downgrade(irp));
        Self(packet)
    }
}

impl Drop for KnownPacket {
    fn drop(&mut self) {
        PACKETS.lock().remove(&self.0.address());
    }
}

/// The request whose packet is at `address`.
pub fn irp_at(address: usize) -> Option<Arc<Irp>> {
    PACKETS.lock().get(&address)?.upgrade()
}

impl Irp {
    /// A request of `file`, which `done` answers.
    pub(crate) fn new(file: &Arc<FileHandle>, request: Request, done: Done) -> Arc<Self> {
        let irp = Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            file: file.clone(),
            thread: thread::current(),
            request,
            buffer: Mutex::new(None),
            direct: Mutex::new(None),
            user: Mutex::default(),
            packet: Mutex::new(None),
            the_drivers: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            on_cancel: Mutex::new(None),
            done: Mutex::new(Some(done)),
            history: RequestHistory::default(),
        });
        file.request_begins();
        IN_FLIGHT.lock().insert(irp.id, Arc::downgrade(&irp));
        irp
    }

    /// Makes the buffers that the request needs, with the caller's input in them.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn prepare(&self, call: Call) -> Result<(), NtStatus> {
        if self.is_neither() {
            *self.user.lock() = UserBuffers::of(self.request, &call.into_input())?;
            return Ok(());
        }
        if call.is_direct(self.file.device().io_type()) {
            return self.prepare_direct(call);
        }
        let length = self
            .request
            .input_length()
            .max(self.request.output_length());
        if length > 0 {
            *self.buffer.lock() = Some(SystemBuffer::with(length, &call.into_input())?);
        }
        Ok(())
    }

    /// A control request has its input in the system buffer; the rest is in the caller's own buffer,
    /// whose contents are unspecified: here zeros.
    fn prepare_direct(&self, call: Call) -> Result<(), NtStatus> {
        let is_write = matches!(self.request, Request::Write { .. });
        let input = call.into_input();
        let room = vec![0; self.request.output_length()];
        let (system, own) = if is_write {
            (room, input)
        } else {
            (input, room)
        };
        for (place, bytes) in [(&self.buffer, system), (&self.direct, own)] {
            if !bytes.is_empty() {
                *place.lock() = Some(SystemBuffer::with(bytes.len(), &bytes)?);
            }
        }
        Ok(())
    }

    /// True if the driver receives the caller's own addresses.
    pub fn is_neither(&self) -> bool {
        match self.request {
            Request::Create => false,
            Request::DeviceControl { code, .. } => method(code) == METHOD_NEITHER,
            Request::Read { .. } | Request::Write { .. } => {
                self.file.device().io_type() == IoType::Neither
            }
        }
    }

    /// The caller's own addresses of input and output, 0 for none.
    pub fn user_addresses(&self) -> [usize; 2] {
        self.user.lock().addresses()
    }

    /// The driver has left the caller's context.
    pub fn leave_caller(&self) {
        self.user.lock().leave();
    }

    /// Where the packet is. It is there until the request is complete.
    pub fn packet_address(self: &Arc<Self>) -> usize {
        let [user_input, user_output] = self.user_addresses();
        let buffers = Addresses {
            system: self.buffer().unwrap_or_default(),
            direct: self.direct_buffer().unwrap_or_default(),
            user_input,
            user_output,
        };
        let mut packet = self.packet.lock();
        packet
            .get_or_insert_with(|| {
                let packet = WdmIrp::new(&self.origin(), &buffers);
                KnownPacket::new(packet, self)
            })
            .0
            .address()
    }

    /// The members of the packet that describe the request.
    fn origin(&self) -> Origin {
        let device = self.file.device();
        Origin {
            request: self.request,
            device_object: device.object(),
            stack_size: device.stack_size(),
            file_object: self.file.object(),
            requestor_mode: self.file.process().mode,
            thread: self.thread.object(),
            cancelled: self.is_cancelled(),
        }
    }

    /// Looks at the packet, if it is there.
    pub fn with_packet<R>(&self, look: impl FnOnce(&mut WdmIrp) -> R) -> Option<R> {
        self.packet.lock().as_mut().map(|known| look(&mut known.0))
    }

    /// Sets whether the driver owns the request instead of the framework.
    pub fn set_the_drivers(&self, whether: bool) {
        self.the_drivers.store(whether, Ordering::SeqCst);
    }

    /// True while the driver owns the request instead of the framework.
    pub fn is_the_drivers(&self) -> bool {
        self.the_drivers.load(Ordering::SeqCst)
    }

    /// The driver gets the request as the argument of its callback `name`, which is at `function`.
    pub fn given_to(&self, name: &'static str, function: usize) {
        self.history.begin(Step::Callback(name, function));
    }

    /// The driver gets the request because it calls `function`.
    pub fn taken_by(&self, function: &'static str) {
        self.history.begin(Step::Call(function, Stack::capture()));
    }

    /// The driver, which has the request, calls `function` with it.
    pub fn used_by(&self, function: &'static str) {
        self.history.go_on(Step::Call(function, Stack::capture()));
    }

    /// The framework calls the driver, which owns the request, about it: in its callback `name`,
    /// which is at `function`.
    pub fn told_to(&self, name: &'static str, function: usize) {
        self.history.go_on(Step::Callback(name, function));
    }

    /// The driver's callbacks and calls that had the request.
    pub(crate) fn history(&self) -> &RequestHistory {
        &self.history
    }

    /// Whether it has been completed.
    pub fn is_complete(&self) -> bool {
        self.done.lock().is_none()
    }

    /// What the driver is asked.
    pub fn request(&self) -> Request {
        self.request
    }

    /// The file that the request was sent to.
    pub fn file(&self) -> &Arc<FileHandle> {
        &self.file
    }

    /// Where the system buffer is, if there is one.
    pub fn buffer(&self) -> Option<usize> {
        self.buffer.lock().as_ref().map(SystemBuffer::address)
    }

    /// The address of the caller's own buffer in the driver, if the request maps it.
    pub fn direct_buffer(&self) -> Option<usize> {
        self.direct.lock().as_ref().map(SystemBuffer::address)
    }

    /// Whether the caller has cancelled it.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// The cancel routine, which the request's current owner installs.
    pub fn on_cancel(&self, routine: OnCancel) {
        *self.on_cancel.lock() = Some(routine);
    }

    pub(crate) fn cancel(&self) -> bool {
        let in_flight = self.done.lock().is_some();
        let first = in_flight && !self.cancelled.swap(true, Ordering::SeqCst);
        self.with_packet(|packet| packet.cancel());
        let routine = self.on_cancel.lock().clone();
        if let Some(routine) = routine.filter(|_| first) {
            routine();
        }
        in_flight
    }

    /// Answers the caller: at most `information` bytes of output are copied, none if `status` is an
    /// error.
    pub fn complete(&self, status: NtStatus, information: u64) {
        let done = self.done.lock().take();
        let Some(done) = done else {
            return;
        };
        let buffer = self.buffer.lock().take();
        let direct = self.direct.lock().take();
        let user = std::mem::take(&mut *self.user.lock()).output();
        let packet = self.packet.lock().take();
        drop(packet);
        let output = match (direct, buffer) {
            _ if is_error(status) => Vec::new(),
            _ if user.is_some() => user.unwrap_or_default(),
            // The driver has written directly to the caller's memory, whatever `information` it
            // reports.
            (Some(direct), _) => direct.read(self.request.output_length()),
            (None, Some(buffer)) => self.output(&buffer, information),
            (None, None) => Vec::new(),
        };
        IN_FLIGHT.lock().remove(&self.id);
        self.file.request_ends();
        done(Completion {
            status,
            information,
            output,
        });
    }

    fn stop_for_output(&self, place: &Range<usize>) -> ! {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [OUTPUT, place.start as u64, place.end as u64, 0],
            rule: format!(
                "{self} returns bytes that the driver never wrote, at {place:?}: what is in memory \
                 there, the caller must not see"
            ),
        })
    }

    fn output(&self, buffer: &SystemBuffer, information: u64) -> Vec<u8> {
        let room = self.request.output_length();
        let length = usize::try_from(information).map_or(room, |length| length.min(room));
        let output = buffer.read(length);
        let input = self.request.input_length();
        let unknown = output.get(input..).unwrap_or_default();
        if let Some(place) = unwritten(unknown, input) {
            self.stop_for_output(&place);
        }
        output
    }
}

impl fmt::Display for Irp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IRP #{} ", self.id)?;
        match self.request {
            Request::Create => formatter.write_str("create"),
            Request::Read { length } => write!(formatter, "read of {length} bytes"),
            Request::Write { length } => write!(formatter, "write of {length} bytes"),
            Request::DeviceControl {
                code,
                input_length,
                output_length,
            } => write!(
                formatter,
                "control code {code:#010x}, {input_length} bytes in, {output_length} bytes out"
            ),
        }?;
        write!(formatter, ", process {}", self.file.process().pid)?;
        if self.thread.is_terminating() {
            formatter.write_str(", its thread is terminating")?;
        }
        if self.thread.waits_for_mutex() {
            formatter.write_str(", its thread waits for a mutex")?;
        }
        if self.is_cancelled() {
            formatter.write_str(", cancelled")?;
        }
        Ok(())
    }
}

/// `NT_ERROR`: the highest severity.
fn is_error(status: NtStatus) -> bool {
    status.bits() >> 30 == 3
}

/// Descriptions of the requests that drivers have not completed.
pub fn in_flight() -> Vec<String> {
    describe(&IN_FLIGHT.lock())
}

/// The same for a report; empty if the lock is held, because a report must not wait.
pub(crate) fn report() -> Vec<String> {
    let irps = IN_FLIGHT.try_lock();
    let lines = irps.map(|irps| describe(&irps)).unwrap_or_default();
    let line = |irp| format!("in flight: {irp}");
    lines.into_iter().map(line).collect()
}

fn describe(irps: &BTreeMap<u64, Weak<Irp>>) -> Vec<String> {
    let alive = irps.values().filter_map(Weak::upgrade);
    alive.map(|irp| irp.to_string()).collect()
}
