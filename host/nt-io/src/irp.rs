//! The calls of processes on files, each with its IRP.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use nt_kernel::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use nt_kernel::on_windows::{self, Rule};
use nt_kernel::stack::Stack;
use nt_kernel::thread::{self, Thread};
use nt_kernel::verification;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::buffer_mdl::BufferMdl;
use crate::device::IoType;
use crate::file::FileHandle;
use crate::irp_table::{IrpId, Originator, Purpose};
use crate::locked_buffers::LockedBuffers;
use crate::packet::{Packet, PacketMemory, StackLocation};
use crate::request::{Call, Completion, METHOD_NEITHER, Request, method};
use crate::request_history::{RequestHistory, Step};
use crate::system_buffer::{SystemBuffer, unwritten};
use crate::user_buffers::UserBuffers;
use crate::{call_packet, cancel, complete_request, devices, file, irp_table};

/// The host's own first parameter of a stop for output that was never written: "OUT".
const OUTPUT: u64 = 0x4F_5554;
/// Takes the answer to the caller.
pub(crate) type Done = Box<dyn FnOnce(Completion) + Send>;
type OnCancel = Arc<dyn Fn() + Send + Sync>;

/// A process's call on a file, and its IRP; or the IRP of a driver that asks the same.
pub struct Irp {
    id: u64,
    /// Where the IRP is until it has been completed.
    packet: usize,
    /// The top of the device stack that the IRP is sent to.
    device_object: usize,
    io_type: IoType,
    /// `None` for an IRP that a driver has made without a file.
    file: Option<Arc<FileHandle>>,
    /// The thread that made the request.
    thread: Arc<Thread>,
    request: Request,
    /// What the driver that has the IRP now is asked: the drivers above may have changed it.
    received: Mutex<Request>,
    /// True for an IRP that a driver has made, which a device of the framework's has got.
    is_adopted: bool,
    buffer: Mutex<Option<SystemBuffer>>,
    /// What a memory descriptor list describes: the caller's own buffer, mapped for the driver.
    direct: Mutex<Option<SystemBuffer>>,
    /// The caller's own buffers, if the driver gets their addresses.
    user: Mutex<UserBuffers>,
    /// Those of them that the driver has locked.
    locked: Mutex<LockedBuffers>,
    /// Descriptions of the system buffer, if the driver has asked for them.
    mdls: Mutex<Vec<BufferMdl>>,
    /// True while a driver owns the IRP, and not the framework on its behalf.
    the_drivers: AtomicBool,
    cancelled: AtomicBool,
    /// The cancel routine of the framework, which the request's current owner installs.
    on_cancel: Mutex<Option<OnCancel>>,
    done: Mutex<Option<Done>>,
    history: RequestHistory,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
/// The calls that drivers have not completed, by their numbers.
static IN_FLIGHT: LazyLock<Mutex<BTreeMap<u64, Weak<Irp>>>> = LazyLock::new(|| {
    bugcheck::on_stop(report);
    Mutex::default()
});

/// The call whose IRP is at `address`.
#[must_use]
pub fn irp_at(address: usize) -> Option<Arc<Irp>> {
    irp_table::call_at(address)?.downcast().ok()
}

/// Cancels the IRP at `address`: `IoCancelIrp`.
pub(crate) fn cancel_at(address: usize) -> bool {
    irp_table::id_at(address).is_some_and(cancel_known)
}

/// Cancels an IRP, unless it has ended.
pub fn cancel_irp(id: IrpId) {
    // It is completed anyhow.
    let _ = cancel_known(id);
}

/// One that a device of the framework's has is the framework's to cancel. Whether it had a cancel routine.
fn cancel_known(id: IrpId) -> bool {
    match irp_table::call_of(id).and_then(|call| call.downcast::<Irp>().ok()) {
        Some(irp) => irp.cancel(),
        None => cancel::cancel(id),
    }
}

/// A driver gets the IRP at `address` through its dispatch routine for the major function `name`.
pub(crate) fn given_to_driver(address: usize, name: &'static str, routine: usize) {
    if let Some(irp) = irp_at(address) {
        irp.given_to(name, routine);
    }
}

impl Irp {
    /// A call on `file`, which has counted it, and which `done` answers.
    ///
    /// # Panics
    ///
    /// Without memory for the packet.
    pub(crate) fn new(file: &Arc<FileHandle>, request: Request, done: Done) -> Arc<Self> {
        let top = devices::top(file.device().address());
        let memory = PacketMemory::new(devices::stack_size(top));
        let memory = memory.expect("memory for the host's own packets");
        let thread = thread::current();
        call_packet::fill(memory.packet(), file, &thread, request);
        let irp = Arc::new(Self {
            file: Some(file.clone()),
            done: Mutex::new(Some(done)),
            ..Self::with(memory.address(), top, thread, request)
        });
        IN_FLIGHT.lock().insert(irp.id, Arc::downgrade(&irp));
        let answered = irp.clone();
        let originator = Originator::System {
            memory,
            purpose: Purpose::Call(irp.clone()),
            done: Box::new(move |status, information| answered.answer(status, information)),
        };
        irp_table::insert(irp.packet, originator);
        irp
    }

    /// The IRP of a driver at `packet`, which a device of the framework's gets now. `None` unless it is a
    /// create, read, write or control request.
    #[must_use]
    pub fn adopt(packet: usize) -> Option<Arc<Self>> {
        let (request, location, device_object, file_object) =
            irp_table::with_packet(packet, |known| {
                let own = known.current()?;
                let request = call_packet::read(own)?;
                let number = known.current_location.get();
                Some((
                    request,
                    number,
                    own.device_object.get(),
                    own.file_object.get(),
                ))
            })??;
        let irp = Arc::new(Self {
            file: file::at(file_object),
            is_adopted: true,
            done: Mutex::new(Some(Box::new(|_| {}))),
            ..Self::with(packet, device_object, thread::current(), request)
        });
        IN_FLIGHT.lock().insert(irp.id, Arc::downgrade(&irp));
        let left = irp.clone();
        let end = Box::new(move || left.leave());
        irp_table::adopt(packet, location, irp.clone(), end);
        Some(irp)
    }

    fn with(packet: usize, device_object: usize, thread: Arc<Thread>, request: Request) -> Self {
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            packet,
            device_object,
            io_type: devices::io_type(device_object),
            file: None,
            thread,
            request,
            received: Mutex::new(request),
            is_adopted: false,
            buffer: Mutex::new(None),
            direct: Mutex::new(None),
            user: Mutex::default(),
            locked: Mutex::default(),
            mdls: Mutex::default(),
            the_drivers: AtomicBool::new(true),
            cancelled: AtomicBool::new(false),
            on_cancel: Mutex::new(None),
            done: Mutex::new(None),
            history: RequestHistory::default(),
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The thread that made the request.
    pub(crate) fn thread(&self) -> &Thread {
        &self.thread
    }

    /// The top of the device stack that the IRP is sent to.
    pub(crate) fn device_object(&self) -> usize {
        self.device_object
    }

    /// Makes the buffers that the request needs, with the caller's input in them.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn prepare(&self, call: Call) -> Result<(), NtStatus> {
        if self.is_neither() {
            *self.user.lock() = UserBuffers::of(self.request, &call.into_input())?;
        } else if call.is_direct(self.io_type) {
            self.prepare_direct(call)?;
        } else {
            self.prepare_buffered(call)?;
        }
        self.with_memory(|memory| self.describe_buffers(memory));
        Ok(())
    }

    fn prepare_buffered(&self, call: Call) -> Result<(), NtStatus> {
        let length = self.request.input_length();
        let length = length.max(self.request.output_length());
        if length > 0 {
            *self.buffer.lock() = Some(SystemBuffer::with(length, &call.into_input())?);
        }
        Ok(())
    }

    /// Puts the addresses of the buffers into the packet.
    fn describe_buffers(&self, memory: &PacketMemory) {
        let packet = memory.packet();
        let [user_input, user_output] = self.user_addresses();
        packet.user_buffer.set(user_output);
        let system = self.buffer.lock().as_ref().map(SystemBuffer::address);
        packet.system_buffer.set(system.unwrap_or_default());
        let direct = self.direct.lock().as_ref().map(SystemBuffer::address);
        if let Some(direct) = direct {
            memory.describe(direct, self.request.direct_length());
        }
        if let Request::DeviceControl { .. } = self.request {
            call_packet::with_first_location(packet, |location| {
                location.parameters[3].set(user_input);
            });
        }
    }

    /// Looks at the packet's memory, unless the IRP has been completed.
    fn with_memory<R>(&self, look: impl FnOnce(&PacketMemory) -> R) -> Option<R> {
        irp_table::with_originator(self.packet, |originator| match originator {
            Originator::System { memory, .. } if !self.is_complete() => Some(look(memory)),
            _ => None,
        })?
    }

    /// Looks at the packet, unless the IRP has been completed.
    pub(crate) fn with_packet<R>(&self, look: impl FnOnce(&Packet) -> R) -> Option<R> {
        irp_table::with_packet(self.packet, |packet| {
            (!self.is_complete()).then(|| look(packet))
        })?
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
        match self.request() {
            Request::Create => false,
            Request::DeviceControl { code, .. } => method(code) == METHOD_NEITHER,
            Request::Read { .. } | Request::Write { .. } => self.io_type == IoType::Neither,
        }
    }

    /// The caller's own addresses of input and output, 0 for none.
    pub fn user_addresses(&self) -> [usize; 2] {
        if !self.is_adopted {
            return self.user.lock().addresses();
        }
        let is_control = matches!(self.request(), Request::DeviceControl { .. });
        let addresses = self.with_packet(|packet| {
            let output = packet.user_buffer.get();
            let own = packet.current().filter(|_| is_control);
            let input = own.map(|own| own.parameters[3].get());
            [input.unwrap_or(output), output]
        });
        addresses.unwrap_or_default()
    }

    /// Whether the kernel's addresses are the caller's: a driver has made the request.
    pub fn is_from_kernel(&self) -> bool {
        self.is_adopted
    }

    /// The driver has left the caller's context.
    pub fn leave_caller(&self) {
        self.user.lock().leave();
    }

    /// Locks the `length` bytes at the caller's `address`, and maps them until the request is answered.
    /// Where they are then.
    ///
    /// # Errors
    ///
    /// `STATUS_ACCESS_VIOLATION`: the request has no buffer there, or none that can be written, or the
    /// driver has left the caller's context. No memory.
    pub fn lock_user_buffer(
        &self,
        address: usize,
        length: usize,
        for_write: bool,
    ) -> Result<usize, NtStatus> {
        let user = self.user.lock();
        let mut locked = self.locked.lock();
        locked.lock(&user, (address, length), for_write)
    }

    /// The memory descriptor list of a buffer of the request: its own, or one that lives as long.
    ///
    /// # Errors
    ///
    /// No memory.
    pub fn mdl(&self, address: usize, length: usize) -> Result<usize, NtStatus> {
        if self.direct_buffer() == Some(address) {
            let own = self.with_packet(|packet| packet.mdl_address.get());
            return Ok(own.unwrap_or_default());
        }
        let mut mdls = self.mdls.lock();
        let mut known = mdls.iter();
        if let Some(known) = known.find(|known| known.describes(address, length)) {
            return Ok(known.address());
        }
        let made = BufferMdl::new(address, length)?;
        let place = made.address();
        mdls.push(made);
        Ok(place)
    }

    /// Where the packet is. It is there until the request is complete.
    pub fn packet_address(&self) -> usize {
        self.packet
    }

    /// `IoMarkIrpPending`.
    pub fn mark_pending(&self) {
        self.with_packet(|packet| packet.current().map(StackLocation::mark_pending));
    }

    /// Whether the driver has marked the IRP as pending, and not completed it.
    pub fn is_pending(&self) -> bool {
        let marked = self.with_packet(|packet| packet.current().map(StackLocation::is_pending));
        marked.flatten() == Some(true)
    }

    /// Whether the driver has skipped its stack location, for the next driver to have it.
    pub fn is_skipped(&self) -> bool {
        !self.is_complete() && irp_table::is_skipped(self.packet)
    }

    /// Takes that back: `IoSetNextIrpStackLocation`.
    pub fn enter_next(&self) {
        self.with_packet(Packet::enter_next);
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

    /// What the driver that has it is asked.
    pub fn request(&self) -> Request {
        *self.received.lock()
    }

    /// `Parameters` of its stack location, as the driver above has left them.
    pub fn parameters(&self) -> [usize; 4] {
        let own = |packet: &Packet| {
            let own = packet.current()?;
            Some(own.parameters.each_ref().map(Cell::get))
        };
        self.with_packet(own).flatten().unwrap_or_default()
    }

    /// A driver has it now, or again: its stack location says what it is asked.
    pub fn receive(&self) {
        self.set_the_drivers(false);
        let asked = self.with_packet(|packet| packet.current().and_then(call_packet::read));
        if let Some(asked) = asked.flatten() {
            *self.received.lock() = asked;
        }
    }

    /// The file that the request was sent to; `None` for that of a driver without a file.
    pub fn file(&self) -> Option<&Arc<FileHandle>> {
        self.file.as_ref()
    }

    /// Where the system buffer is, if there is one.
    pub fn buffer(&self) -> Option<usize> {
        let buffer = self.with_packet(|packet| packet.system_buffer.get());
        buffer.filter(|buffer| *buffer != 0)
    }

    /// The address of the caller's own buffer in the driver, if the request maps it.
    pub fn direct_buffer(&self) -> Option<usize> {
        self.with_packet(Packet::mdl_buffer).flatten()
    }

    /// Whether the caller has cancelled it. The IRP of a driver may have been marked before a device of
    /// the framework's got it.
    pub fn is_cancelled(&self) -> bool {
        let is_marked = || self.with_packet(Packet::is_cancelled) == Some(true);
        self.is_known_cancelled() || self.is_adopted && is_marked()
    }

    /// The same without a look at the packet, for a report, which must not wait for the table of IRPs.
    pub(crate) fn is_known_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// The cancel routine, which the request's current owner installs.
    pub fn on_cancel(&self, routine: OnCancel) {
        *self.on_cancel.lock() = Some(routine);
    }

    /// Its place in the table of IRPs, unless it has been completed.
    fn table_id(&self) -> Option<IrpId> {
        let id = irp_table::id_at(self.packet);
        // The packet is freed after the completion: what was found before is this IRP.
        id.filter(|_| !self.is_complete())
    }

    pub(crate) fn cancel(&self) -> bool {
        let in_flight = self.done.lock().is_some();
        let first = in_flight && !self.cancelled.swap(true, Ordering::SeqCst);
        let is_drivers = self.table_id().is_some_and(cancel::cancel);
        let routine = self.on_cancel.lock().clone();
        if let Some(routine) = routine.filter(|_| first && !is_drivers) {
            routine();
        }
        in_flight
    }

    /// Completes the IRP: the completion routines of the drivers above are called, then the caller is
    /// answered.
    pub fn complete(&self, status: NtStatus, information: u64) {
        if !self.is_complete() {
            self.set_the_drivers(true);
            complete_request::complete_with(self.packet, status, information);
        }
    }

    /// The device that adopted it has it no longer: its packet is another driver's.
    fn leave(&self) {
        drop(self.done.lock().take());
        self.mdls.lock().clear();
        IN_FLIGHT.lock().remove(&self.id);
    }

    /// Answers the caller: at most `information` bytes of output are copied, none if `status` is an
    /// error.
    fn answer(&self, status: NtStatus, information: u64) {
        let done = self.done.lock().take();
        let Some(done) = done else {
            return;
        };
        let buffer = self.buffer.lock().take();
        let direct = self.direct.lock().take();
        let user = std::mem::take(&mut *self.user.lock()).output();
        let locked = std::mem::take(&mut *self.locked.lock());
        let user = user.map(|output| locked.written_to(output));
        self.mdls.lock().clear();
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
        if let Some(file) = &self.file {
            file.request_ends();
        }
        done(Completion {
            status,
            information,
            output,
        });
    }

    fn report_output(&self, place: &Range<usize>) {
        const RULE: Rule = Rule::named("requests::output_that_was_never_written_is_returned");
        let report = BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [OUTPUT, place.start as u64, place.end as u64, 0],
            rule: format!(
                "{self} returns bytes that the driver never wrote, at {place:?}: what is in memory \
                 there, the caller must not see"
            ),
        };
        on_windows::broken(RULE, report);
    }

    fn output(&self, buffer: &SystemBuffer, information: u64) -> Vec<u8> {
        let room = self.request.output_length();
        let length = usize::try_from(information).map_or(room, |length| length.min(room));
        let output = buffer.read(length);
        if !verification::is_on() {
            return output;
        }
        let input = self.request.input_length();
        let unknown = output.get(input..).unwrap_or_default();
        if let Some(place) = unwritten(unknown, input) {
            self.report_output(&place);
        }
        output
    }
}

/// `NT_ERROR`: the highest severity.
pub(crate) fn is_error(status: NtStatus) -> bool {
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
