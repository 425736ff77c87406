//! The caller's own buffers, of which a driver gets the addresses: `METHOD_NEITHER`, and reads and
//! writes of a device that is neither buffered nor direct.
//!
//! They are addresses in the caller's process. A driver may use them only while it runs in the
//! caller's context. Outside of it, the addresses are not mapped.

use nt_kernel::user_memory::TAG;
use nt_types::NtStatus;

use crate::request::Request;
use crate::system_buffer::SystemBuffer;

/// The caller's own buffers.
#[derive(Default)]
pub(crate) enum UserBuffers {
    /// The request gives none away.
    #[default]
    None,
    /// The driver can access them.
    Mapped {
        input: Option<SystemBuffer>,
        output: Option<SystemBuffer>,
    },
    /// It cannot any more; what is in the caller's output.
    Left(Vec<u8>),
}

/// Bytes of the caller's own.
pub(crate) struct UserPlace {
    pub(crate) bytes: Vec<u8>,
    /// Where in the caller's output they are, if they are there.
    pub(crate) output_offset: Option<usize>,
}

impl UserBuffers {
    /// Those of `request`, with the caller's input. The output starts as zeros.
    ///
    /// # Errors
    ///
    /// No memory.
    pub(crate) fn of(request: Request, input: &[u8]) -> Result<Self, NtStatus> {
        let output = vec![0; request.output_length()];
        Ok(Self::Mapped {
            input: buffer(input)?,
            output: buffer(&output)?,
        })
    }

    /// Where input and output are, 0 for none.
    pub(crate) fn addresses(&self) -> [usize; 2] {
        match self {
            Self::Mapped { input, output } => {
                [input, output].map(|buffer| buffer.as_ref().map_or(0, SystemBuffer::address))
            }
            Self::None | Self::Left(_) => [0; 2],
        }
    }

    /// The `length` bytes at the caller's `address`, if they are in a buffer of the request.
    pub(crate) fn place(&self, address: usize, length: usize) -> Option<UserPlace> {
        let Self::Mapped { input, output } = self else {
            return None;
        };
        let bytes_of = |buffer: &Option<SystemBuffer>| {
            let buffer = buffer.as_ref()?;
            let offset = address.checked_sub(buffer.address())?;
            let end = offset.checked_add(length)?;
            let bytes = buffer.read(usize::MAX).get(offset..end)?.to_vec();
            Some((bytes, offset))
        };
        let in_output = bytes_of(output).map(|(bytes, offset)| (bytes, Some(offset)));
        let found = in_output.or_else(|| bytes_of(input).map(|(bytes, _)| (bytes, None)));
        found.map(|(bytes, output_offset)| UserPlace {
            bytes,
            output_offset,
        })
    }

    /// The driver has left the caller's context.
    pub(crate) fn leave(&mut self) {
        if let Self::Mapped { .. } = self {
            *self = Self::Left(self.output().unwrap_or_default());
        }
    }

    /// What is in the caller's output, if the driver was given it.
    pub(crate) fn output(&self) -> Option<Vec<u8>> {
        match self {
            Self::None => None,
            Self::Mapped { output, .. } => {
                let output = output.as_ref();
                Some(output.map_or_else(Vec::new, |output| output.read(usize::MAX)))
            }
            Self::Left(output) => Some(output.clone()),
        }
    }
}

fn buffer(bytes: &[u8]) -> Result<Option<SystemBuffer>, NtStatus> {
    if bytes.is_empty() {
        return Ok(None);
    }
    SystemBuffer::tagged(TAG, bytes.len(), bytes).map(Some)
}
