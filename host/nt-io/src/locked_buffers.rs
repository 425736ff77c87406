//! The caller's own buffers that a driver has locked: mapped for the kernel, also outside of the caller's
//! context, until the request is answered.

use nt_types::NtStatus;

use crate::system_buffer::SystemBuffer;
use crate::user_buffers::{UserBuffers, UserPlace};

/// The pool tag of the mappings: `Lock`.
const TAG: u32 = u32::from_le_bytes(*b"Lock");

/// `STATUS_ACCESS_VIOLATION`: the caller has no such buffer, or cannot be asked for it.
const ACCESS_VIOLATION: NtStatus = NtStatus::new(0xC000_0005);

/// A buffer that has been locked.
struct LockedBuffer {
    mapping: SystemBuffer,
    /// Where in the caller's output it is, if the driver may write to it.
    output_offset: Option<usize>,
}

/// All of a request.
#[derive(Default)]
pub(crate) struct LockedBuffers(Vec<LockedBuffer>);

impl LockedBuffers {
    /// Locks the `length` bytes at the caller's `address`. Where they are mapped.
    ///
    /// # Errors
    ///
    /// `STATUS_ACCESS_VIOLATION`: the request has no buffer there, or none that can be written. No memory.
    pub(crate) fn lock(
        &mut self,
        user: &UserBuffers,
        (address, length): (usize, usize),
        for_write: bool,
    ) -> Result<usize, NtStatus> {
        let UserPlace {
            bytes,
            output_offset,
        } = user.place(address, length).ok_or(ACCESS_VIOLATION)?;
        if for_write && output_offset.is_none() {
            return Err(ACCESS_VIOLATION);
        }
        let mapping = SystemBuffer::tagged(TAG, length, &bytes)?;
        let place = mapping.address();
        self.0.push(LockedBuffer {
            mapping,
            output_offset: output_offset.filter(|_| for_write),
        });
        Ok(place)
    }

    /// The caller's output with what the driver has written to locked buffers.
    pub(crate) fn written_to(self, mut output: Vec<u8>) -> Vec<u8> {
        for locked in self.0 {
            if let Some(offset) = locked.output_offset {
                let bytes = locked.mapping.read(usize::MAX);
                let end = offset + bytes.len();
                if let Some(place) = output.get_mut(offset..end) {
                    place.copy_from_slice(&bytes);
                }
            }
        }
        output
    }
}
