//! A frame of the driver, with the registers in it.

use nt_image::unwind::UnwindFrame;

use super::context::{ContextRecord, ThreadRegisters, VectorRegister};
use crate::stack;

/// A frame, and the vector registers in it.
#[derive(Clone, Copy)]
pub(super) struct DriverFrame {
    pub(super) unwind: UnwindFrame,
    vectors: [VectorRegister; 16],
    /// How many of the scopes that the frame is in, counted from the innermost, an earlier exception has
    /// left.
    pub(super) left: usize,
}

impl DriverFrame {
    /// The frame with these registers.
    pub(super) fn new(registers: &ThreadRegisters) -> Self {
        Self {
            unwind: registers.frame(),
            vectors: registers.vectors,
            left: 0,
        }
    }

    /// The same frame when it has left the scope with this number.
    pub(super) fn outside(&self, number: usize) -> Self {
        Self {
            left: number + 1,
            ..*self
        }
    }

    /// The registers with which the frame goes on.
    pub(super) fn registers(&self) -> ThreadRegisters {
        ThreadRegisters::at(&self.unwind, self.vectors)
    }

    /// The same as Windows describes them.
    pub(super) fn context(&self) -> ContextRecord {
        ContextRecord::new(&self.registers())
    }

    /// The frame of the caller, which may be the host's.
    pub(super) fn caller(&self) -> Option<Self> {
        let mut vectors = self.vectors;
        let unwind = self
            .unwind
            .caller_and_vectors(stack::read, |register, address| {
                let halves = [address, address + 8].map(stack::read);
                if let ([Some(low), Some(high)], Some(vector)) = (halves, vectors.get_mut(register))
                {
                    *vector = [low, low >> 32, high, high >> 32].map(half);
                }
            })?;
        Some(Self {
            unwind,
            vectors,
            left: 0,
        })
    }
}

/// The lower half of a slot.
fn half(value: usize) -> u32 {
    let [first, second, third, fourth, ..] = value.to_le_bytes();
    u32::from_le_bytes([first, second, third, fourth])
}
