//! The unwind data of a function: how much stack its prologue takes.

use anyhow::{Context, Result, bail};

use crate::image::ImageBytes;

/// Bytes of an `UNWIND_INFO` before its codes.
const HEADER_SIZE: usize = 4;
/// The flag that another `RUNTIME_FUNCTION` follows the codes.
const CHAINED: u8 = 4;

/// What the unwind data of one `RUNTIME_FUNCTION` says.
pub(crate) struct Frame {
    /// Bytes that the prologue takes.
    pub(crate) size: u32,
    /// Bytes of code of the prologue.
    pub(crate) prologue: u32,
    /// The begin of the function that this one continues.
    pub(crate) continues: Option<u32>,
}

/// Reads the `UNWIND_INFO` at an offset into the image.
pub(crate) fn read(image: &ImageBytes, offset: u32) -> Result<Frame> {
    let data = image.at(offset)?;
    let (header, rest) = data.split_at_checked(HEADER_SIZE).context("truncated")?;
    let codes_size = usize::from(header[2]) * 2;
    let (codes, rest) = rest.split_at_checked(codes_size).context("truncated")?;
    let padding = codes_size.next_multiple_of(4) - codes_size;
    let continues = (header[0] >> 3 & CHAINED != 0)
        .then(|| rest.get(padding..).and_then(|rest| rest.first_chunk()))
        .flatten()
        .map(|begin| u32::from_le_bytes(*begin));
    Ok(Frame {
        size: codes_frame_size(codes)?,
        prologue: u32::from(header[1]),
        continues,
    })
}

/// The stack that unwind codes take together.
fn codes_frame_size(codes: &[u8]) -> Result<u32> {
    let mut codes = codes.as_chunks::<2>().0.iter();
    let mut size = 0;
    while let Some([_, operation]) = codes.next() {
        let info = u32::from(operation >> 4);
        let mut next = || -> Result<u32> {
            let operand = codes.next().context("an unwind code lacks its operand")?;
            Ok(u32::from(u16::from_le_bytes(*operand)))
        };
        size += match operation & 0xF {
            // Push of a register, large and small allocation.
            0 => 8,
            1 if info == 0 => next()? * 8,
            1 => next()? | next()? << 16,
            2 => info * 8 + 8,
            // A frame register takes nothing.
            3 => 0,
            // A saved register lies in what was allocated.
            4 | 8 => next().map(|_| 0)?,
            5 | 9 => next().and_then(|_| next()).map(|_| 0)?,
            // A machine frame, with or without an error code.
            10 => 40 + info * 8,
            other => bail!("unwind code {other} is unknown"),
        };
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_and_allocations_add_up_to_the_frame() {
        // sub rsp, 0x28 (ends at 6); push rbx (ends at 2)
        assert_eq!(codes_frame_size(&[6, 0x42, 2, 0x30]).unwrap(), 0x28 + 8);
        // sub rsp, 0x1000 in 8-byte units; rbx saved at a slot; sub rsp, 0x12345 in bytes
        let codes = [
            9, 0x01, 0x00, 0x02, 8, 0x34, 5, 0, 7, 0x11, 0x45, 0x23, 1, 0,
        ];
        assert_eq!(codes_frame_size(&codes).unwrap(), 0x1000 + 0x1_2345);
    }

    #[test]
    fn an_unknown_unwind_code_is_an_error() {
        assert!(codes_frame_size(&[6, 0x46]).is_err());
        assert!(codes_frame_size(&[6, 0x01]).is_err());
    }
}
