//! Unwinds the frames of an image by its x64 unwind data (`.pdata` and `.xdata`).

mod scopes;

use std::ops::Range;
use std::sync::Arc;

pub use scopes::{ExceptionHandler, TryScope};

use crate::loaded::{self, LoadedImage};

/// Size of a `RUNTIME_FUNCTION`: begin, end and unwind data, each a 32-bit offset into the image.
const FUNCTION_SIZE: usize = 12;
/// Bytes of an `UNWIND_INFO` before its codes.
const HEADER_SIZE: usize = 4;
/// The flag that another `RUNTIME_FUNCTION` follows the codes.
const CHAINED: u8 = 4;
/// No sound image chains its unwind data deeper.
const CHAIN_MAX: usize = 32;
/// The unwind code of a push of a register.
const PUSH: u8 = 0;
/// Size of a slot of the stack.
const SLOT: usize = size_of::<usize>();
/// Size of a vector register.
const VECTOR: usize = 16;
/// The number of rsp among the registers.
const RSP: usize = 4;
/// The number of rbp among the registers.
const RBP: usize = 5;

/// The registers of a thread at one of its frames, as far as unwinding needs them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnwindFrame {
    /// The instruction that the frame has come to.
    pub instruction: usize,
    /// True if the instruction is the one behind a call, which may be the last of its function.
    pub is_return_address: bool,
    /// The general registers, in the order of their numbers. Those that nothing has told are 0.
    pub registers: [usize; 16],
}

impl UnwindFrame {
    /// The frame that has come to `instruction`, with these values in rsp and rbp.
    #[must_use]
    pub fn new(instruction: usize, stack_pointer: usize, frame_pointer: usize) -> Self {
        let mut registers = [0; 16];
        registers[RSP] = stack_pointer;
        registers[RBP] = frame_pointer;
        Self {
            instruction,
            is_return_address: false,
            registers,
        }
    }

    /// The frame to which a function returns whose return address lies at `slot`. `read` gives a slot
    /// of the stack.
    #[must_use]
    pub fn returned_to(
        slot: usize,
        frame_pointer: usize,
        read: impl Fn(usize) -> Option<usize>,
    ) -> Option<Self> {
        let mut frame = Self::new(read(slot)?, slot.checked_add(SLOT)?, frame_pointer);
        frame.is_return_address = true;
        Some(frame)
    }

    /// The stack pointer.
    #[must_use]
    pub const fn stack_pointer(&self) -> usize {
        self.registers[RSP]
    }

    /// The frame of the caller. `read` gives a slot of the stack. `None` if this frame is not one of
    /// an image, or if its unwind data make no sense.
    #[must_use]
    pub fn caller(&self, read: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        self.caller_and_vectors(read, |_, _| ())
    }

    /// As [`UnwindFrame::caller`]. `saved` gets the number of each vector register that the frame has saved,
    /// and where its 16 bytes are.
    #[must_use]
    pub fn caller_and_vectors(
        &self,
        read: impl Fn(usize) -> Option<usize>,
        mut saved: impl FnMut(usize, usize),
    ) -> Option<Self> {
        let (image, offset) = self.place()?;
        let mut caller = *self;
        // A function without an entry is a leaf: it has not moved the stack pointer.
        if let Some(function) = Function::around(&image, offset) {
            let progress = offset - function.begin;
            caller.undo(&image, function, progress, &read, &mut saved)?;
        }
        caller.instruction = read(caller.registers[RSP])?;
        caller.is_return_address = true;
        caller.registers[RSP] = caller.registers[RSP].checked_add(SLOT)?;
        Some(caller)
    }

    /// The image with the frame's function, and the offset of what it executes, or has called from.
    fn place(&self) -> Option<(Arc<LoadedImage>, u32)> {
        let called_from = self
            .instruction
            .checked_sub(usize::from(self.is_return_address))?;
        let image = loaded::find(called_from)?;
        if !image.is_code(called_from) {
            return None;
        }
        let offset = u32::try_from(called_from - image.range.start).ok()?;
        Some((image, offset))
    }

    /// Undoes the prologue of `function`, of which `progress` bytes have run.
    fn undo(
        &mut self,
        image: &LoadedImage,
        mut function: Function,
        progress: u32,
        read: &impl Fn(usize) -> Option<usize>,
        saved: &mut impl FnMut(usize, usize),
    ) -> Option<()> {
        let mut progress = usize::try_from(progress).ok()?;
        for _ in 0..CHAIN_MAX {
            let info = UnwindInfo::of(image, function)?;
            info.prologue.undo(self, progress, read, saved)?;
            if info.flags & CHAINED == 0 {
                return Some(());
            }
            function = Function::at(image, info.end)?;
            // The prologue of the function that this one continues has run.
            progress = usize::MAX;
        }
        None
    }
}

/// An `UNWIND_INFO`.
struct UnwindInfo<'a> {
    flags: u8,
    prologue: Prologue<'a>,
    /// Where its codes end, and what its flags announce begins.
    end: usize,
}

impl<'a> UnwindInfo<'a> {
    fn of(image: &'a LoadedImage, function: Function) -> Option<Self> {
        let start = image.range.start + usize::try_from(function.data).ok()?;
        let header = bytes(image, start..start + HEADER_SIZE)?;
        let codes_size = usize::from(header[2]) * 2;
        let codes_start = start + HEADER_SIZE;
        let codes = match codes_size {
            0 => &[],
            _ => bytes(image, codes_start..codes_start + codes_size)?,
        };
        Some(Self {
            flags: header[0] >> 3,
            prologue: Prologue {
                codes,
                frame_register: usize::from(header[3] & 0xF),
                frame_offset: usize::from(header[3] >> 4) * 16,
            },
            end: codes_start + codes_size.next_multiple_of(4),
        })
    }
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
        Self::at(image, Self::entry_around(image, offset)?)
    }

    /// The entry at this address.
    fn at(image: &LoadedImage, address: usize) -> Option<Self> {
        let entry = bytes(image, address..address + FUNCTION_SIZE)?;
        Some(Self::parse(entry.try_into().ok()?))
    }

    /// The address of that entry.
    fn entry_around(image: &LoadedImage, offset: u32) -> Option<usize> {
        let table = bytes(image, image.functions.clone())?;
        let (entries, _) = table.as_chunks::<FUNCTION_SIZE>();
        let after = entries.partition_point(|entry| Self::parse(entry).begin <= offset);
        let index = after.checked_sub(1)?;
        let is_within = offset < Self::parse(entries.get(index)?).end;
        is_within.then_some(image.functions.start + index * FUNCTION_SIZE)
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

/// The unwind codes of a prologue.
struct Prologue<'a> {
    codes: &'a [u8],
    /// The register that holds the frame's address once the prologue has set it; 0 for none.
    frame_register: usize,
    /// What that register is above the stack pointer.
    frame_offset: usize,
}

impl Prologue<'_> {
    /// Undoes those of the codes whose instruction is among the first `progress` bytes.
    fn undo(
        &self,
        frame: &mut UnwindFrame,
        progress: usize,
        read: &impl Fn(usize) -> Option<usize>,
        saved_vector: &mut impl FnMut(usize, usize),
    ) -> Option<()> {
        let mut codes = self.codes.as_chunks::<2>().0.iter();
        let base = self.base(frame, progress);
        while let Some([offset, operation]) = codes.next() {
            let info = usize::from(operation >> 4);
            let mut next = || {
                codes
                    .next()
                    .map_or(0, |slot| usize::from(u16::from_le_bytes(*slot)))
            };
            let done = usize::from(*offset) <= progress;
            let (mut taken, mut saved, mut sets_frame) = (0, None, false);
            let mut vector = None;
            let code = operation & 0xF;
            match code {
                PUSH => taken = SLOT,
                1 if info == 0 => taken = next() * SLOT,
                1 => taken = next() | next() << 16,
                2 => taken = info * SLOT + SLOT,
                3 => sets_frame = true,
                4 => saved = Some(next() * SLOT),
                5 => saved = Some(next() | next() << 16),
                6 => _ = next(),
                8 => vector = Some(next() * VECTOR),
                9 => vector = Some(next() | next() << 16),
                10 => taken = 40 + info * SLOT,
                _ => return None,
            }
            if !done {
                continue;
            }
            if code == PUSH {
                frame.registers[info] = read(frame.registers[RSP])?;
            }
            if let Some(distance) = saved {
                frame.registers[info] = read(base.checked_add(distance)?)?;
            }
            if let Some(distance) = vector {
                saved_vector(info, base.checked_add(distance)?);
            }
            if sets_frame {
                frame.registers[RSP] = base;
            }
            frame.registers[RSP] = frame.registers[RSP].checked_add(taken)?;
        }
        Some(())
    }

    /// The stack pointer of the prologue's end, from which saved registers are counted.
    fn base(&self, frame: &UnwindFrame, progress: usize) -> usize {
        let codes = self.codes.as_chunks::<2>().0;
        let is_set = self.frame_register != 0
            && codes
                .iter()
                .any(|[offset, code]| code & 0xF == 3 && usize::from(*offset) <= progress);
        if is_set {
            frame.registers[self.frame_register].wrapping_sub(self.frame_offset)
        } else {
            frame.registers[RSP]
        }
    }
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

    /// Undoes `codes`, with a stack in which each slot holds its own address.
    fn undo(
        codes: &[u8],
        frame_register: usize,
        frame_offset: usize,
        progress: usize,
    ) -> UnwindFrame {
        let mut frame = UnwindFrame::new(0, 0x1000, 0x8000);
        let prologue = Prologue {
            codes,
            frame_register,
            frame_offset,
        };
        prologue
            .undo(&mut frame, progress, &Some, &mut |_, _| ())
            .unwrap();
        frame
    }

    #[test]
    fn codes_add_up_to_the_frame() {
        // sub rsp, 0x28 (ends at 6); push rbx (ends at 2)
        let frame = undo(&[6, 0x42, 2, 0x30], 0, 0, usize::MAX);
        assert_eq!(frame.stack_pointer(), 0x1000 + 0x28 + 8);
        assert_eq!(frame.registers[3], 0x1000 + 0x28);
    }

    #[test]
    fn a_prologue_half_run_has_half_its_frame() {
        let codes = [6, 0x42, 2, 0x30];
        assert_eq!(undo(&codes, 0, 0, 2).stack_pointer(), 0x1008);
        assert_eq!(undo(&codes, 0, 0, 0).stack_pointer(), 0x1000);
    }

    #[test]
    fn large_allocations_and_saved_registers_use_further_slots() {
        // sub rsp, 0x1000 in 8-byte units; rbx saved at a slot; sub rsp, 0x12345 in bytes
        let codes = [
            9, 0x01, 0x00, 0x02, 8, 0x34, 5, 0, 7, 0x11, 0x45, 0x23, 1, 0,
        ];
        let frame = undo(&codes, 0, 0, usize::MAX);
        assert_eq!(frame.stack_pointer(), 0x1000 + 0x1000 + 0x1_2345);
        assert_eq!(frame.registers[3], 0x1000 + 5 * 8);
    }

    #[test]
    fn a_frame_register_gives_the_stack_pointer_back() {
        // lea rbp, [rsp + 0x20] (ends at 9); sub rsp, 0x28 (ends at 4); push rbp (ends at 1)
        let codes = [9, 0x03, 4, 0x42, 1, 0x50];
        let frame = undo(&codes, 5, 0x20, usize::MAX);
        assert_eq!(frame.stack_pointer(), 0x8000 - 0x20 + 0x28 + 8);
        assert_eq!(frame.registers[5], 0x8000 - 0x20 + 0x28);
        // Before the frame register is set, the stack pointer counts.
        assert_eq!(undo(&codes, 5, 0x20, 4).stack_pointer(), 0x1000 + 0x30);
    }

    #[test]
    fn the_place_of_a_saved_vector_register_is_given() {
        // xmm6 at 0x20 (ends at 9); sub rsp, 0x38 (ends at 4)
        let prologue = Prologue {
            codes: &[9, 0x68, 2, 0, 4, 0x62],
            frame_register: 0,
            frame_offset: 0,
        };
        let mut frame = UnwindFrame::new(0, 0x1000, 0);
        let mut saved = Vec::new();
        let undone = prologue.undo(&mut frame, usize::MAX, &Some, &mut |register, address| {
            saved.push((register, address));
        });
        assert_eq!(undone, Some(()));
        assert_eq!(saved, [(6, 0x1020)]);
        assert_eq!(frame.stack_pointer(), 0x1038);
    }

    #[test]
    fn a_code_that_there_is_not_ends_the_unwinding() {
        let prologue = Prologue {
            codes: &[1, 0x0F],
            frame_register: 0,
            frame_offset: 0,
        };
        let mut frame = UnwindFrame::new(0, 0x1000, 0);
        assert_eq!(prologue.undo(&mut frame, 9, &Some, &mut |_, _| ()), None);
    }
}
