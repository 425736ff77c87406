//! The x64 unwind data of an image, as far as finding return addresses needs them: how many bytes
//! of stack a function has below its return address.

use std::ops::Range;

use crate::loaded::{self, LoadedImage};

/// Size of a `RUNTIME_FUNCTION`: begin, end and unwind data, each a 32-bit offset into the image.
const FUNCTION_SIZE: usize = 12;
/// Bytes of an `UNWIND_INFO` before its codes.
const HEADER_SIZE: usize = 4;
/// The flag that another `RUNTIME_FUNCTION` follows the codes.
const CHAINED: u8 = 4;
/// No sound image chains its unwind data deeper.
const CHAIN_MAX: usize = 32;

/// Where the return address of the function around `instruction` is, if that is code of an image
/// and `pointer` is the stack pointer there.
#[must_use]
pub fn caller_slot(instruction: usize, pointer: usize) -> Option<usize> {
    let image = loaded::find(instruction)?;
    if !image.is_code(instruction) {
        return None;
    }
    let offset = u32::try_from(instruction - image.range.start).ok()?;
    // A function without an entry is a leaf: it has not moved the stack pointer.
    let size = Function::around(&image, offset).map_or(Some(0), |function| {
        frame_size(&image, function, offset - function.begin)
    })?;
    pointer.checked_add(size)
}

/// Whether `address` is code of an image right behind a call instruction.
#[must_use]
pub fn is_return_address(address: usize) -> bool {
    let Some(image) = loaded::find(address) else {
        return false;
    };
    let readable = address > 7 && image.is_code(address) && image.is_code(address - 7);
    readable && bytes(&image, address - 7..address).is_some_and(follows_call)
}

/// Whether these bytes end with a call: relative, through a register, or through memory.
fn follows_call(before: &[u8]) -> bool {
    const CALL: u8 = 0xE8;
    const GROUP: u8 = 0xFF;
    /// Lengths of `FF /2` with its operand.
    const INDIRECT_LENGTHS: std::ops::RangeInclusive<usize> = 2..=7;
    let from_end = |distance: usize| {
        before
            .len()
            .checked_sub(distance)
            .map(|index| before[index])
    };
    let is_indirect = |length: usize| {
        // The middle bits of the operand say which operation of the group this is.
        from_end(length) == Some(GROUP)
            && from_end(length - 1).is_some_and(|operand| operand >> 3 & 7 == 2)
    };
    from_end(5) == Some(CALL) || INDIRECT_LENGTHS.into_iter().any(is_indirect)
}

#[derive(Clone, Copy)]
struct Function {
    begin: u32,
    end: u32,
    data: u32,
}

impl Function {
    /// The entry of the function that has the image offset `offset`.
    fn around(image: &LoadedImage, offset: u32) -> Option<Self> {
        let table = bytes(image, image.functions.clone())?;
        let (entries, _) = table.as_chunks::<FUNCTION_SIZE>();
        let after = entries.partition_point(|entry| Self::parse(entry).begin <= offset);
        let function = Self::parse(entries.get(after.checked_sub(1)?)?);
        (offset < function.end).then_some(function)
    }

    fn parse(entry: &[u8; FUNCTION_SIZE]) -> Self {
        let (fields, _) = entry.as_chunks::<4>();
        let field = |index: usize| u32::from_le_bytes(fields[index]);
        Self {
            begin: field(0),
            end: field(1),
            data: field(2),
        }
    }
}

/// Bytes between the stack pointer and the return address, `progress` bytes into `function`.
fn frame_size(image: &LoadedImage, mut function: Function, progress: u32) -> Option<usize> {
    let mut progress = usize::try_from(progress).ok()?;
    let mut size = 0;
    for _ in 0..CHAIN_MAX {
        let start = image.range.start + usize::try_from(function.data).ok()?;
        let header = bytes(image, start..start + HEADER_SIZE)?;
        let codes_size = usize::from(header[2]) * 2;
        let codes_start = start + HEADER_SIZE;
        size += codes_frame_size(
            bytes(image, codes_start..codes_start + codes_size)?,
            progress,
        );
        if header[0] >> 3 & CHAINED == 0 {
            return Some(size);
        }
        let chained = codes_start + codes_size.next_multiple_of(4);
        let entry = bytes(image, chained..chained + FUNCTION_SIZE)?;
        function = Function::parse(entry.try_into().ok()?);
        // The prologue of the function that this one continues has run.
        progress = usize::MAX;
    }
    None
}

/// What the unwind codes of a prologue take from the stack, of those whose instruction has run.
fn codes_frame_size(codes: &[u8], progress: usize) -> usize {
    let mut codes = codes.as_chunks::<2>().0.iter();
    let mut size = 0;
    while let Some([offset, operation]) = codes.next() {
        let info = usize::from(operation >> 4);
        let mut next = || {
            codes
                .next()
                .map_or(0, |slot| usize::from(u16::from_le_bytes(*slot)))
        };
        let taken = match operation & 0xF {
            0 => 8,
            1 if info == 0 => next() * 8,
            1 => next() | next() << 16,
            2 => info * 8 + 8,
            4 | 8 => skip(&mut next, 1),
            5 | 9 => skip(&mut next, 2),
            10 => 40 + info * 8,
            _ => 0,
        };
        if usize::from(*offset) <= progress {
            size += taken;
        }
    }
    size
}

/// Passes over the operands of a code that takes no stack.
fn skip(next: &mut impl FnMut() -> usize, operands: usize) -> usize {
    (0..operands).for_each(|_| {
        next();
    });
    0
}

/// The bytes at `range`, if they are the image's. Its headers, code and constants never change once
/// it is loaded.
fn bytes(image: &LoadedImage, range: Range<usize>) -> Option<&[u8]> {
    let within = image.range.start <= range.start && range.end <= image.range.end;
    if !within || range.is_empty() {
        return None;
    }
    let start = std::ptr::with_exposed_provenance::<u8>(range.start);
    // SAFETY: the range lies in an image that is mapped readable as a whole, in sections (code and
    // unwind data) that nothing writes after loading.
    Some(unsafe { std::slice::from_raw_parts(start, range.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_add_up_to_the_frame() {
        // sub rsp, 0x28 (ends at 6); push rbx (ends at 2)
        let codes = [6, 0x42, 2, 0x30];
        assert_eq!(codes_frame_size(&codes, usize::MAX), 0x28 + 8);
    }

    #[test]
    fn a_prologue_half_run_has_half_its_frame() {
        let codes = [6, 0x42, 2, 0x30];
        assert_eq!(codes_frame_size(&codes, 2), 8);
        assert_eq!(codes_frame_size(&codes, 0), 0);
    }

    #[test]
    fn large_allocations_and_saved_registers_use_further_slots() {
        // sub rsp, 0x1000 in 8-byte units; rbx saved at a slot; sub rsp, 0x12345 in bytes
        let codes = [
            9, 0x01, 0x00, 0x02, 8, 0x34, 5, 0, 7, 0x11, 0x45, 0x23, 1, 0,
        ];
        assert_eq!(codes_frame_size(&codes, usize::MAX), 0x1000 + 0x1_2345);
    }

    #[test]
    fn calls_are_recognised() {
        assert!(follows_call(&[0x90, 0x90, 0xE8, 1, 2, 3, 4]));
        assert!(follows_call(&[0x90, 0xFF, 0x15, 1, 2, 3, 4]));
        assert!(follows_call(&[0x90, 0x90, 0x90, 0x90, 0x90, 0xFF, 0xD0]));
        assert!(!follows_call(&[0x90; 7]));
    }
}
