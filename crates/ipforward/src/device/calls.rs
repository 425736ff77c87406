//! Calls of the operation table, and raw calls.

use abi::{ControlCode, Operation, TypedOperation};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::Device;
use crate::error::TransportError;
use crate::error::{Error, Malformed};
use crate::row_bytes::RowBytes;

impl Device {
    /// Makes one call of the operation table. For an operation that returns rows, this returns only
    /// the fixed part of the answer.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::HostGone`] or [`Error::Malformed`].
    pub fn call<C: TypedOperation>(&self, input: &C::Input) -> Result<C::Output, Error> {
        let mut output = C::Output::new_zeroed();
        let length = self.exchange(C::OPERATION, input.as_bytes(), output.as_mut_bytes())?;
        expect_length(
            C::OPERATION,
            C::OPERATION.description().output_length,
            length,
        )?;
        Ok(output)
    }

    /// Makes one call of an operation that returns rows, with room for `rows_max` of them.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); also [`Error::Malformed`] if the answer ends within a row.
    pub fn call_for_rows<C: TypedOperation>(
        &self,
        input: &C::Input,
        rows_max: u32,
    ) -> Result<(C::Output, Vec<C::Row>), Error> {
        self.call_with_elements::<C>(input, &[], rows_max)
    }

    /// Makes one call of an operation that takes elements behind its input, with room for
    /// `rows_max` rows behind its answer.
    ///
    /// # Errors
    ///
    /// As [`call_for_rows`](Self::call_for_rows).
    pub fn call_with_elements<C: TypedOperation>(
        &self,
        input: &C::Input,
        elements: &[C::Element],
        rows_max: u32,
    ) -> Result<(C::Output, Vec<C::Row>), Error> {
        let input = [input.as_bytes(), elements.as_bytes()].concat();
        let mut output = Vec::new();
        let (answer, rows) = self.call_with_bytes::<C>(&input, rows_max, &mut output)?;
        Ok((answer, rows.read().collect()))
    }

    /// As [`call_with_elements`](Self::call_with_elements), with the whole input as bytes. The answer is
    /// in `output`, which grows as needed, and its rows are read when they are used.
    pub(super) fn call_with_bytes<'a, C: TypedOperation>(
        &self,
        input: &[u8],
        rows_max: u32,
        output: &'a mut Vec<u8>,
    ) -> Result<(C::Output, RowBytes<'a, C::Row>), Error> {
        let description = C::OPERATION.description();
        let (fixed, row) = (description.output_length, description.row_length);
        let room = fixed + rows_max as usize * row;
        output.resize(output.len().max(room), 0);
        let length = self.exchange(C::OPERATION, input, &mut output[..room])?;
        let (header, rows) = C::Output::read_from_prefix(&output[..length])
            .map_err(|_| malformed_length(C::OPERATION, fixed, length))?;
        let count = rows.len().checked_div(row).unwrap_or(0);
        expect_length(C::OPERATION, fixed + count * row, length)?;
        Ok((header, RowBytes::new(rows)))
    }

    /// Sends any code with any input, with room for `output_length` bytes of answer, without checks:
    /// for tests and fuzzing. Returns the answer.
    ///
    /// # Errors
    ///
    /// The [`TransportError`] of the transport.
    pub fn raw_device_control(
        &self,
        code: ControlCode,
        input: &[u8],
        output_length: usize,
    ) -> Result<Vec<u8>, TransportError> {
        let mut output = vec![0; output_length];
        let length = self.0.transport.device_control(code, input, &mut output)?;
        output.truncate(length);
        Ok(output)
    }

    /// Cancels the calls of an operation that are in flight on this device, on any thread. Each ends
    /// soon, usually with `STATUS_CANCELLED`. Later calls are not affected.
    pub fn cancel(&self, operation: Operation) {
        self.0.transport.cancel(operation.description().code);
    }

    /// Makes one call. Returns the length of the answer, which is in `output`.
    pub(super) fn exchange(
        &self,
        operation: Operation,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, Error> {
        let room = output.len();
        let answered = self
            .0
            .transport
            .device_control(operation.description().code, input, output);
        match answered {
            Ok(length) if length > room => Err(malformed_length(operation, room, length)),
            answered => answered.map_err(|error| Error::from_transport(operation, error)),
        }
    }
}

fn expect_length(operation: Operation, expected: usize, actual: usize) -> Result<(), Error> {
    if actual == expected {
        Ok(())
    } else {
        Err(malformed_length(operation, expected, actual))
    }
}

pub(super) fn malformed_length(operation: Operation, expected: usize, actual: usize) -> Error {
    Error::Malformed {
        operation,
        cause: Malformed::Length { expected, actual },
    }
}
