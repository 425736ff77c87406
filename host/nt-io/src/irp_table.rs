//! Every IRP that there is, by its address: its originator, and which drivers have it.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use nt_kernel::address_map::AddressMap;
use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::dispatch_call::DispatchCall;
use crate::file::FileHandle;
use crate::packet::{Packet, PacketMemory};

/// An IRP, and no later one at the same address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IrpId {
    address: usize,
    serial: u64,
}

impl IrpId {
    /// Where the IRP is, until it has been completed.
    pub(crate) fn address(self) -> usize {
        self.address
    }

    fn known_in(self, irps: &AddressMap<KnownIrp>) -> Option<&KnownIrp> {
        let known = irps.get(&self.address)?;
        (known.serial == self.serial).then_some(known)
    }
}

/// Takes the outcome of an IRP to its originator.
pub(crate) type Done = Box<dyn FnOnce(NtStatus, u64) + Send>;

/// The crate's `Irp`.
pub(crate) type KnownCall = Arc<dyn Any + Send + Sync>;

/// What an IRP of the system is about.
pub(crate) enum Purpose {
    /// The call of a process: the crate's `Irp`.
    Call(KnownCall),
    /// A file whose last handle is closed.
    File(Arc<FileHandle>),
    /// A device: the `PnP` manager's.
    Device,
    /// What a driver wants, which had the I/O manager make the IRP.
    Driver,
}

/// What allocated an IRP, and has it again when the last driver has completed it.
pub(crate) enum Originator {
    /// The system: it frees the IRP, and passes the outcome on.
    System {
        memory: PacketMemory,
        purpose: Purpose,
        done: Done,
    },
    /// A driver, whose completion routine gets the IRP back; in memory of the driver's own after
    /// `IoInitializeIrp`.
    Driver(Option<PacketMemory>),
}

/// The crate's `Irp` for an IRP that a driver has made, while a device of the framework's has it.
struct Adoption {
    /// The device's stack location.
    location: i8,
    call: KnownCall,
    end: EndAdoption,
}

/// The device has the IRP no longer.
pub(crate) type EndAdoption = Box<dyn FnOnce() + Send>;

/// An IRP.
struct KnownIrp {
    serial: u64,
    originator: Originator,
    /// The calls of dispatch routines that have not been completed, the outermost first.
    calls: Vec<Arc<DispatchCall>>,
    adopted: Option<Adoption>,
    /// The stack location in which a driver has got it last.
    last: i8,
}

impl KnownIrp {
    /// The crate's `Irp` for it, if there is one.
    fn call(&self) -> Option<KnownCall> {
        match &self.originator {
            Originator::System {
                purpose: Purpose::Call(call),
                ..
            } => Some(call.clone()),
            _ => Some(self.adopted.as_ref()?.call.clone()),
        }
    }
}

static IRPS: LazyLock<Mutex<AddressMap<KnownIrp>>> = LazyLock::new(Mutex::default);

/// The serial number of the next IRP.
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(1);

/// Enters an IRP.
pub(crate) fn insert(address: usize, originator: Originator) -> IrpId {
    let serial = NEXT_SERIAL.fetch_add(1, Ordering::Relaxed);
    let known = KnownIrp {
        serial,
        originator,
        calls: Vec::new(),
        adopted: None,
        last: i8::MAX,
    };
    let old = IRPS.lock().insert(address, known);
    drop(old);
    IrpId { address, serial }
}

/// The IRP that is at `address` now.
pub(crate) fn id_at(address: usize) -> Option<IrpId> {
    let serial = IRPS.lock().get(&address)?.serial;
    Some(IrpId { address, serial })
}

/// Removes an IRP, and gives its originator.
pub(crate) fn remove(address: usize) -> Option<Originator> {
    let known = IRPS.lock().remove(&address)?;
    Some(known.originator)
}

/// The crate's `Irp` whose packet is at `address`.
pub(crate) fn call_at(address: usize) -> Option<KnownCall> {
    IRPS.lock().get(&address)?.call()
}

/// The crate's `Irp` for an IRP, unless that has ended.
pub(crate) fn call_of(irp: IrpId) -> Option<KnownCall> {
    let irps = IRPS.lock();
    irp.known_in(&irps)?.call()
}

/// Sets the crate's `Irp` for the IRP at `address`, which a driver has made, until the device with this
/// stack location has it no longer: `end` is called then.
pub(crate) fn adopt(address: usize, location: i8, call: KnownCall, end: EndAdoption) {
    let adoption = Adoption {
        location,
        call,
        end,
    };
    let mut irps = IRPS.lock();
    let old = irps
        .get_mut(&address)
        .and_then(|known| known.adopted.replace(adoption));
    drop(irps);
    drop(old);
}

/// Whether there is an IRP at `address`.
pub(crate) fn contains(address: usize) -> bool {
    IRPS.lock().contains_key(&address)
}

/// Looks at the originator of the IRP at `address`.
pub(crate) fn with_originator<R>(address: usize, look: impl FnOnce(&Originator) -> R) -> Option<R> {
    IRPS.lock()
        .get(&address)
        .map(|known| look(&known.originator))
}

/// Looks at the IRP at `address`, which cannot end meanwhile.
pub(crate) fn with_packet<R>(address: usize, look: impl FnOnce(&Packet) -> R) -> Option<R> {
    let irps = IRPS.lock();
    irps.get(&address)?;
    // SAFETY: an IRP is removed from the table before it is freed.
    Some(look(unsafe { Packet::at(address) }))
}

/// Looks at the packet of an IRP, unless it has ended.
pub(crate) fn with_packet_of<R>(irp: IrpId, look: impl FnOnce(&Packet) -> R) -> Option<R> {
    let irps = IRPS.lock();
    irp.known_in(&irps)?;
    // SAFETY: an IRP is removed from the table before it is freed.
    Some(look(unsafe { Packet::at(irp.address) }))
}

/// The file that the I/O manager's `IRP_MJ_CLEANUP` or `IRP_MJ_CLOSE` at `address` is about.
#[must_use]
pub fn file_of(address: usize) -> Option<Arc<FileHandle>> {
    with_originator(address, |originator| match originator {
        Originator::System {
            purpose: Purpose::File(file),
            ..
        } => Some(file.clone()),
        _ => None,
    })?
}

/// The major function for which a driver has the IRP at `address`.
///
/// # Panics
///
/// If no driver has it.
#[must_use]
pub fn major_function_of(address: usize) -> u8 {
    let major = with_packet(address, |packet| {
        packet.current().map(|own| own.major_function.get())
    });
    major.flatten().expect("an IRP that a driver has")
}

/// A driver gets the IRP.
pub(crate) fn begin_call(address: usize, call: &Arc<DispatchCall>) {
    if let Some(known) = IRPS.lock().get_mut(&address) {
        known.calls.push(call.clone());
        known.last = call.location();
    }
}

/// Whether a driver below the one with the stack location `number` has got the IRP since that one got it.
pub(crate) fn was_below(address: usize, number: i8) -> bool {
    let irps = IRPS.lock();
    irps.get(&address).is_some_and(|known| known.last < number)
}

/// The stack location of the driver that got the IRP last and has not completed it.
pub(crate) fn innermost_location(address: usize) -> Option<i8> {
    let irps = IRPS.lock();
    let call = irps.get(&address)?.calls.last()?;
    Some(call.location())
}

/// Whether the driver that got the IRP last has skipped its stack location, for the next driver.
pub(crate) fn is_skipped(address: usize) -> bool {
    let own = innermost_location(address);
    let current = with_packet(address, |packet| packet.current_location.get());
    own.is_some_and(|own| current == Some(own + 1))
}

/// Whether a driver that got the IRP from another one has not completed it.
pub(crate) fn is_in_use(address: usize) -> bool {
    innermost_location(address).is_some()
}

/// The drivers with the stack location `number`, and those below, have completed the IRP. What ends its
/// adoption by one of them, for the caller to call.
pub(crate) fn complete_calls(
    address: usize,
    number: i8,
    status: NtStatus,
    is_marked: bool,
) -> Option<EndAdoption> {
    let mut irps = IRPS.lock();
    let known = irps.get_mut(&address)?;
    known.calls.retain(|call| {
        let is_over = call.location() <= number;
        if is_over {
            call.complete(status, is_marked);
        }
        !is_over
    });
    let over = known
        .adopted
        .take_if(|adoption| adoption.location <= number);
    over.map(|adoption| adoption.end)
}

/// Whether the driver has marked the IRP as pending; `None` if the driver has completed it.
pub(crate) fn is_marked(address: usize, call: &Arc<DispatchCall>) -> Option<bool> {
    let irps = IRPS.lock();
    let mut calls = irps.get(&address)?.calls.iter();
    calls.find(|known| Arc::ptr_eq(known, call))?;
    // SAFETY: a driver has the IRP, which is removed from the table before it is freed.
    let packet = unsafe { Packet::at(address) };
    let location = packet.location(call.location())?;
    Some(location.is_pending())
}
