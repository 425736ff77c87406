//! The caller's own buffers, of which a driver gets the addresses: `METHOD_NEITHER`, and reads and
//! writes of a device that is neither buffered nor direct.
//!
//! They are addresses in the caller's process. A driver may use them only while it runs in the
//! caller's context. Outside of it, the addresses are not mapped.

use nt_types::NtStatus;

use crate::request::Request;
use crate::system_buffer::SystemBuffer;

/// The pool tag of these buffers: `User`.
const TAG: u32 = u32::from_le_bytes(*b"User");

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
