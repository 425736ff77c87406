//! Buffers of a request, for tests.

use abi::NtStatus;

use crate::session::RequestBuffers;

/// Buffers that do not share their memory.
#[derive(Debug)]
pub struct SeparateBuffers<'a> {
    /// The bytes that the caller sent.
    pub input: &'a [u8],
    /// The memory for the answer.
    pub output: &'a mut [u8],
}

impl RequestBuffers for SeparateBuffers<'_> {
    fn input(&self) -> Result<&[u8], NtStatus> {
        Ok(self.input)
    }

    fn output_length(&self) -> usize {
        self.output.len()
    }

    fn output(&mut self) -> Result<&mut [u8], NtStatus> {
        Ok(self.output)
    }
}
