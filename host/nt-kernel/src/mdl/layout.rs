//! `MDL` as it lies in memory.

use crate::pool::PAGE_SIZE;

/// `MDL_MAPPED_TO_SYSTEM_VA`: the buffer is mapped for the kernel.
pub(super) const MAPPED: i16 = 1;
/// `MDL_PAGES_LOCKED`.
pub(super) const LOCKED: i16 = 2;
/// `MDL_SOURCE_IS_NONPAGED_POOL`.
pub(super) const OF_POOL: i16 = 4;
/// `MDL_PARTIAL`: it describes a part of another one's buffer.
pub(super) const PARTIAL: i16 = 0x10;
/// `MDL_PARTIAL_HAS_BEEN_MAPPED`.
pub(super) const PARTIAL_MAPPED: i16 = 0x20;
/// `MDL_WRITE_OPERATION`: the pages are locked to be written.
pub(super) const FOR_WRITE: i16 = 0x80;

/// An `MDL`. Page numbers follow it, which the host does not have: they are zeros.
#[repr(C)]
pub struct Mdl {
    pub(super) next: usize,
    pub(super) size: i16,
    pub(super) flags: i16,
    pub(super) allocation_processor: u32,
    pub(super) process: usize,
    pub(super) mapped_address: usize,
    pub(super) start_address: usize,
    pub(super) byte_count: u32,
    pub(super) byte_offset: u32,
}

const _: () = {
    assert!(size_of::<Mdl>() == 0x30);
    assert!(core::mem::offset_of!(Mdl, byte_offset) == 0x2C);
};

impl Mdl {
    /// The description of a buffer of another owner that is locked, and mapped at `address`.
    #[must_use]
    pub fn mapped(address: usize, length: usize) -> Self {
        Self {
            mapped_address: address,
            ..Self::new(address, length, MAPPED | LOCKED)
        }
    }

    /// The description of a buffer in nonpaged pool.
    #[must_use]
    pub fn of_pool(address: usize, length: usize) -> Self {
        Self {
            mapped_address: address,
            ..Self::new(address, length, OF_POOL)
        }
    }

    /// The description of a buffer with these flags.
    pub(super) fn new(address: usize, length: usize, flags: i16) -> Self {
        let offset = address % PAGE_SIZE;
        Self {
            next: 0,
            size: i16::try_from(size(address, length)).unwrap_or(i16::MAX),
            flags,
            allocation_processor: 0,
            process: 0,
            mapped_address: 0,
            start_address: address - offset,
            byte_count: u32::try_from(length).unwrap_or(u32::MAX),
            byte_offset: u32::try_from(offset).unwrap_or_default(),
        }
    }

    /// Bytes of the structure with the page numbers behind it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        usize::try_from(self.size).unwrap_or(size_of::<Self>())
    }

    /// Where the kernel reaches the buffer, if it stays in memory: the host maps each where it is.
    #[must_use]
    pub fn kernel_address(&self) -> Option<usize> {
        self.has(LOCKED | OF_POOL | PARTIAL).then(|| self.address())
    }

    /// Where the buffer begins.
    pub(super) const fn address(&self) -> usize {
        self.start_address + self.byte_offset as usize
    }

    /// Whether it has one of these flags.
    pub(super) const fn has(&self, flags: i16) -> bool {
        self.flags & flags != 0
    }
}

/// Bytes of the structure for a buffer, with its page numbers.
pub(super) const fn size(address: usize, length: usize) -> usize {
    let pages = (address % PAGE_SIZE + length).div_ceil(PAGE_SIZE);
    size_of::<Mdl>() + pages * size_of::<usize>()
}
