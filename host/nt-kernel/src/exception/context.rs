//! The registers of a thread, as Linux and as Windows lay them out.

use nix::libc::{self, ucontext_t};
use nt_image::unwind::UnwindFrame;

use crate::saved_registers::{GENERAL, index, to_address};

/// A vector register.
pub(crate) type VectorRegister = [u32; 4];

/// The registers that a function of a driver can see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreadRegisters {
    pub(crate) instruction: u64,
    /// True if the instruction is the one behind a call.
    pub(crate) is_return_address: bool,
    /// The processor's flags; 0 if the thread continues where none of them counts.
    pub(crate) flags: u64,
    /// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
    pub(crate) general: [u64; 16],
    pub(crate) vectors: [VectorRegister; 16],
}

impl ThreadRegisters {
    /// All of them 0.
    pub(crate) const ZERO: Self = Self {
        instruction: 0,
        is_return_address: false,
        flags: 0,
        general: [0; 16],
        vectors: [[0; 4]; 16],
    };

    /// Those of an interrupted thread.
    pub(crate) fn of(context: &ucontext_t) -> Self {
        let general = &context.uc_mcontext.gregs;
        let value = |place: libc::c_int| general[index(place)].cast_unsigned();
        // SAFETY: the kernel gives a handler the state of the vector registers, or NULL.
        let state = unsafe { context.uc_mcontext.fpregs.as_ref() };
        Self {
            instruction: value(libc::REG_RIP),
            is_return_address: false,
            flags: value(libc::REG_EFL),
            general: GENERAL.map(value),
            vectors: state.map_or_else(Default::default, |state| {
                state._xmm.map(|register| register.element)
            }),
        }
    }

    /// Makes an interrupted thread continue with them.
    pub(crate) fn restore(&self, context: &mut ucontext_t) {
        let general = &mut context.uc_mcontext.gregs;
        general[index(libc::REG_RIP)] = self.instruction.cast_signed();
        general[index(libc::REG_EFL)] = self.flags.cast_signed();
        for (place, value) in GENERAL.into_iter().zip(self.general) {
            general[index(place)] = value.cast_signed();
        }
        // SAFETY: as in `of`; the handler alone has the context.
        if let Some(state) = unsafe { context.uc_mcontext.fpregs.as_mut() } {
            for (register, value) in state._xmm.iter_mut().zip(self.vectors) {
                register.element = value;
            }
        }
    }

    /// The frame that has come to the instruction.
    pub(crate) fn frame(&self) -> UnwindFrame {
        UnwindFrame {
            instruction: to_address(self.instruction),
            is_return_address: self.is_return_address,
            registers: self.general.map(to_address),
        }
    }

    /// Those of `frame`, with these vector registers.
    pub(crate) fn at(frame: &UnwindFrame, vectors: [VectorRegister; 16]) -> Self {
        Self {
            instruction: frame.instruction as u64,
            is_return_address: frame.is_return_address,
            flags: 0,
            general: frame.registers.map(|value| value as u64),
            vectors,
        }
    }
}

/// A `CONTEXT`, as far as a filter reads it.
#[repr(C, align(16))]
pub(crate) struct ContextRecord {
    homes: [u64; 6],
    flags: u32,
    mx_csr: u32,
    segments: [u16; 6],
    e_flags: u32,
    debug: [u64; 6],
    general: [u64; 16],
    instruction: u64,
    floating: [u8; 160],
    vectors: [VectorRegister; 16],
    rest: [u8; 560],
}

const _: () = assert!(size_of::<ContextRecord>() == 0x4D0);

impl ContextRecord {
    /// With these registers.
    pub(crate) fn new(registers: &ThreadRegisters) -> Self {
        /// `CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT` of AMD64.
        const FLAGS: u32 = 0x10_000B;
        Self {
            homes: [0; 6],
            flags: FLAGS,
            mx_csr: 0,
            segments: [0; 6],
            // The upper half of the flags is reserved.
            e_flags: u32::try_from(registers.flags).unwrap_or_default(),
            debug: [0; 6],
            general: registers.general,
            instruction: registers.instruction,
            floating: [0; 160],
            vectors: registers.vectors,
            rest: [0; 560],
        }
    }

    /// The registers, which a filter may have changed.
    pub(crate) fn registers(&self) -> ThreadRegisters {
        ThreadRegisters {
            instruction: self.instruction,
            is_return_address: false,
            flags: self.e_flags.into(),
            general: self.general,
            vectors: self.vectors,
        }
    }
}

/// An `EXCEPTION_RECORD`.
#[repr(C)]
pub(crate) struct Record {
    pub(crate) code: u32,
    /// `EXCEPTION_UNWINDING` and its like.
    pub(crate) flags: u32,
    next: usize,
    address: u64,
    count: u32,
    information: [u64; 15],
}

const _: () = assert!(size_of::<Record>() == 0x98);

impl Record {
    /// The exception `code` at the instruction `address`, with further information.
    pub(crate) fn new(code: u32, address: u64, information: &[u64]) -> Self {
        let mut all = [0; 15];
        let count = information.len().min(all.len());
        all[..count].copy_from_slice(&information[..count]);
        Self {
            code,
            flags: 0,
            next: 0,
            address,
            count: u32::try_from(count).unwrap_or_default(),
            information: all,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn the_layouts_are_those_of_windows() {
        assert_eq!(offset_of!(ContextRecord, flags), 0x30);
        assert_eq!(offset_of!(ContextRecord, e_flags), 0x44);
        assert_eq!(offset_of!(ContextRecord, general), 0x78);
        assert_eq!(offset_of!(ContextRecord, instruction), 0xF8);
        assert_eq!(offset_of!(ContextRecord, vectors), 0x1A0);
        assert_eq!(offset_of!(Record, address), 0x10);
        assert_eq!(offset_of!(Record, information), 0x20);
    }

    #[test]
    fn a_filter_that_changes_nothing_leaves_all_registers() {
        let registers = ThreadRegisters {
            instruction: 0x1000,
            flags: 0x246,
            general: [7; 16],
            vectors: [[9; 4]; 16],
            ..ThreadRegisters::ZERO
        };
        assert_eq!(ContextRecord::new(&registers).registers(), registers);
    }
}
