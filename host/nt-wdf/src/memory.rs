//! WDFMEMORY: a buffer with an owner.

use std::ptr::NonNull;

use nt_kernel::irql::{self, Irql};
use nt_kernel::pool;
use nt_types::status::NtStatus;
use parking_lot::Mutex;

use crate::call::FrameworkCall;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfMemory, tag};
use crate::object::{Body, HandleTag, ObjectAttributes, ParentRule, Rules};
use crate::pointer::{In, Out};
use crate::status;
use crate::violation::Violation;

functions! {
    DISPATCH WdfMemoryCreate = create(
        attributes: In<ObjectAttributes>, pool_type: i32, tag: u32, size: usize,
        memory: Out<WdfMemory>, buffer: Out<usize>) -> NtStatus;
    DISPATCH WdfMemoryCreatePreallocated = create_preallocated(
        attributes: In<ObjectAttributes>, buffer: usize, size: usize,
        memory: Out<WdfMemory>) -> NtStatus;
    DISPATCH WdfMemoryGetBuffer = get_buffer(
        memory: WdfMemory, size: Out<usize>) -> usize;
    DISPATCH WdfMemoryAssignBuffer = assign_buffer(
        memory: WdfMemory, buffer: usize, size: usize) -> NtStatus;
    DISPATCH WdfMemoryCopyToBuffer = copy_to_buffer(
        memory: WdfMemory, offset: usize, buffer: *mut u8, count: usize) -> NtStatus;
    DISPATCH WdfMemoryCopyFromBuffer = copy_from_buffer(
        memory: WdfMemory, offset: usize, buffer: *const u8, count: usize) -> NtStatus;
}

/// A buffer of the pool; freed with this value.
pub(crate) struct PoolBuffer {
    start: NonNull<u8>,
    tag: u32,
}

// SAFETY: the memory belongs to the object; the framework only allocates and frees it.
unsafe impl Send for PoolBuffer {}
// SAFETY: as above.
unsafe impl Sync for PoolBuffer {}

impl PoolBuffer {
    /// `size` bytes of the pool that `pool_type` (a `POOL_TYPE`) means.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn new(pool_type: i32, size: usize, tag: u32) -> Result<Self, NtStatus> {
        let start = pool::allocate(is_nonpaged(pool_type), size, tag)
            .ok_or(NtStatus::INSUFFICIENT_RESOURCES)?;
        Ok(Self { start, tag })
    }

    /// Copies `bytes` to its beginning; it has to be as long.
    pub(crate) fn fill(&self, bytes: &[u8]) {
        // SAFETY: the caller made the buffer for these bytes, and no other code has its address.
        unsafe { self.start.as_ptr().copy_from(bytes.as_ptr(), bytes.len()) }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        self.start.expose_provenance().get()
    }
}

impl Drop for PoolBuffer {
    fn drop(&mut self) {
        pool::free(self.address(), Some(self.tag));
    }
}

/// Whether a `POOL_TYPE` means nonpaged memory: paged ones have bit 0.
pub(crate) fn is_nonpaged(pool_type: i32) -> bool {
    pool_type & 1 == 0
}

struct Buffer {
    address: usize,
    size: usize,
}

/// A buffer object.
pub(crate) struct MemoryBody {
    buffer: Mutex<Buffer>,
    /// The buffer itself, if the framework allocated it; freed when the object is destroyed.
    owned: Option<PoolBuffer>,
}

impl MemoryBody {
    /// A buffer that the driver or the I/O manager owns.
    pub(crate) fn borrowed(address: usize, size: usize) -> Self {
        Self {
            buffer: Mutex::new(Buffer { address, size }),
            owned: None,
        }
    }

    /// Where the buffer is, and its size.
    pub(crate) fn place(&self) -> (usize, usize) {
        let buffer = self.buffer.lock();
        (buffer.address, buffer.size)
    }

    /// A buffer of its own.
    pub(crate) fn owned(owned: PoolBuffer, size: usize) -> Self {
        Self {
            buffer: Mutex::new(Buffer {
                address: owned.address(),
                size,
            }),
            owned: Some(owned),
        }
    }
}

impl HandleTag for tag::Memory {
    type Body = MemoryBody;
}

impl Body for MemoryBody {
    const KIND: Kind = Kind::Memory;
    type Tag = tag::Memory;
}

fn create(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    pool_type: i32,
    tag: u32,
    size: usize,
    memory: Out<WdfMemory>,
    buffer: Out<usize>,
) -> NtStatus {
    let memory = memory.required(call, "Memory");
    if !is_nonpaged(pool_type) {
        irql::require_at_most(call.function.name, Irql::APC);
    }
    if size == 0 {
        return NtStatus::INVALID_PARAMETER;
    }
    let tag = match tag {
        0 => call.binding.pool_tag(),
        tag => tag,
    };
    let owned = match PoolBuffer::new(pool_type, size, tag) {
        Ok(owned) => owned,
        Err(status) => return status,
    };
    let address = owned.address();
    let rules = Rules::plain(ParentRule::Optional);
    let status = call.create(attributes, rules, MemoryBody::owned(owned, size), memory);
    if status.is_success() {
        buffer.set(address);
    }
    status
}

fn create_preallocated(
    call: &FrameworkCall,
    attributes: In<ObjectAttributes>,
    buffer: usize,
    size: usize,
    memory: Out<WdfMemory>,
) -> NtStatus {
    let memory = memory.required(call, "Memory");
    if buffer == 0 {
        call.null("Buffer");
    }
    if size == 0 {
        return NtStatus::INVALID_PARAMETER;
    }
    let rules = Rules::plain(ParentRule::Optional);
    call.create(
        attributes,
        rules,
        MemoryBody::borrowed(buffer, size),
        memory,
    )
}

fn get_buffer(call: &FrameworkCall, memory: WdfMemory, size: Out<usize>) -> usize {
    let memory = call.object(memory, "Memory");
    let buffer = memory.buffer.lock();
    size.set(buffer.size);
    buffer.address
}

fn assign_buffer(call: &FrameworkCall, memory: WdfMemory, buffer: usize, size: usize) -> NtStatus {
    let memory = call.object(memory, "Memory");
    if memory.owned.is_some() {
        call.violation(
            Violation::VerifierFatalError,
            memory.value(),
            "only memory that was created preallocated takes another buffer",
        );
    }
    if buffer == 0 || size == 0 {
        return NtStatus::INVALID_PARAMETER;
    }
    *memory.buffer.lock() = Buffer {
        address: buffer,
        size,
    };
    NtStatus::SUCCESS
}

fn copy_to_buffer(
    call: &FrameworkCall,
    memory: WdfMemory,
    offset: usize,
    buffer: *mut u8,
    count: usize,
) -> NtStatus {
    status::from_result(place(call, memory, offset, buffer, count).map(|place| {
        // SAFETY: `place` checked the framework's side; the driver promises that its buffer
        // has room for `count` bytes.
        unsafe { buffer.copy_from(place, count) }
    }))
}

fn copy_from_buffer(
    call: &FrameworkCall,
    memory: WdfMemory,
    offset: usize,
    buffer: *const u8,
    count: usize,
) -> NtStatus {
    status::from_result(place(call, memory, offset, buffer, count).map(|place| {
        // SAFETY: `place` checked the framework's side; the driver promises that its buffer
        // has `count` bytes.
        unsafe { place.copy_from(buffer, count) }
    }))
}

/// Where in the memory object `count` bytes at `offset` are.
fn place(
    call: &FrameworkCall,
    memory: WdfMemory,
    offset: usize,
    buffer: *const u8,
    count: usize,
) -> Result<*mut u8, NtStatus> {
    let memory = call.object(memory, "Memory");
    if buffer.is_null() {
        call.null("Buffer");
    }
    if count == 0 {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let end = offset.checked_add(count).ok_or(status::INTEGER_OVERFLOW)?;
    let inner = memory.buffer.lock();
    if end > inner.size {
        return Err(NtStatus::BUFFER_TOO_SMALL);
    }
    Ok(std::ptr::with_exposed_provenance_mut(
        inner.address + offset,
    ))
}
