//! What a driver's code does to the processor or to fixed addresses, and the host has to do for it:
//! reads of the processor block and of the shared user data, comparisons with them, and moves of CR8.
//!
//! Called by the fault handler, between two instructions of the driver: it may use what the driver's
//! calls use.

mod flags;
mod instruction;
mod shared_data;

use nix::libc;

pub(crate) use shared_data::CLOCK_INCREMENT;

use crate::irql::{self, Irql};
use crate::saved_registers::{GENERAL, SavedRegisters, index};
use crate::{processor_block, thread};
use instruction::{Comparand, Instruction, LENGTH_MAX, Operation};

/// Executes the instruction that faulted on `address`, if it is one of those. `code` gives the bytes
/// of the instruction.
pub(crate) fn execute(
    registers: &mut SavedRegisters,
    address: Option<usize>,
    code: impl Fn(usize) -> Option<u8>,
) -> bool {
    let bytes: Vec<u8> = (0..LENGTH_MAX).map_while(code).collect();
    let Some(decoded) = Instruction::decode(&bytes) else {
        return false;
    };
    let executed = match (decoded.operation, address) {
        (
            Operation::Load {
                register,
                size,
                written,
                signed,
            },
            Some(address),
        ) => read_for_driver(address, size).map(|value| {
            let value = extend(value, size, signed);
            write(registers, register, value, written);
        }),
        (
            Operation::Compare {
                size,
                with,
                memory_is_left,
            },
            Some(address),
        ) => read_for_driver(address, size).map(|value| {
            let other = match with {
                Comparand::Register(register) => registers[place(register)],
                Comparand::Number(number) => number,
            };
            let other = other.cast_unsigned();
            let (left, right) = if memory_is_left {
                (value, other)
            } else {
                (other, value)
            };
            let flags = &mut registers[index(libc::REG_EFL)];
            let after = flags::after_comparison(flags.cast_unsigned(), left, right, size);
            *flags = after.cast_signed();
        }),
        (Operation::ReadLevel(register), None) => {
            write(registers, register, irql::current().0.into(), 8);
            Some(())
        }
        (Operation::WriteLevel(register), None) => {
            let value = registers[place(register)];
            let level = u8::try_from(value).ok().map(Irql);
            let level = level.filter(|level| *level <= Irql::HIGH);
            level.map(irql::set)
        }
        (Operation::Load { .. } | Operation::Compare { .. }, None) | (_, Some(_)) => None,
    };
    if executed.is_none() {
        return false;
    }
    let next = &mut registers[index(libc::REG_RIP)];
    *next = next.wrapping_add(i64::try_from(decoded.length).unwrap_or_default());
    true
}

/// The name of what lies at `address`, if it is a part of the processor block or of the shared user
/// data that this host does not have.
pub(crate) fn missing_at(address: usize) -> Option<String> {
    if let Some(offset) = block_offset(address) {
        return Some(format!("the processor block (gs) at offset {offset:#x}"));
    }
    let offset = shared_data::offset_of(address)?;
    Some(format!("KUSER_SHARED_DATA at offset {offset:#x}"))
}

fn read_for_driver(address: usize, size: usize) -> Option<u64> {
    match block_offset(address) {
        Some(offset) => block_member(offset),
        None => shared_data::read(shared_data::offset_of(address)?, size),
    }
}

fn block_offset(address: usize) -> Option<usize> {
    let offset = address.checked_sub(processor_block::start()?)?;
    (offset < processor_block::BLOCK_SIZE).then_some(offset)
}

/// The member of this thread's processor block at `offset`. `None` for one that this host does not
/// have.
fn block_member(offset: usize) -> Option<u64> {
    /// `KPCR.Self`.
    const SELF: usize = 0x18;
    /// `KPCR.CurrentPrcb`, and where that lies.
    const CURRENT_PRCB: usize = 0x20;
    const PRCB: usize = 0x180;
    /// `KPRCB.CurrentThread`.
    const CURRENT_THREAD: usize = 0x188;
    let block = processor_block::start()?;
    let value = match offset {
        SELF => block,
        CURRENT_PRCB => block + PRCB,
        CURRENT_THREAD => thread::current_object(),
        _ => return None,
    };
    Some(value as u64)
}

/// `value`, of which `size` bytes count, as a number of eight bytes.
fn extend(value: u64, size: usize, signed: bool) -> u64 {
    let unused = 64 - size * 8;
    let high = value << unused;
    if signed {
        (high.cast_signed() >> unused).cast_unsigned()
    } else {
        high >> unused
    }
}

/// Writes `size` bytes of a general register. Four bytes clear the upper half.
fn write(registers: &mut SavedRegisters, register: usize, value: u64, size: usize) {
    let slot = &mut registers[place(register)];
    let old = slot.cast_unsigned();
    let new = match size {
        8 => value,
        4 => value & 0xFFFF_FFFF,
        size => {
            let kept = u64::MAX << (size * 8);
            old & kept | value & !kept
        }
    };
    *slot = new.cast_signed();
}

fn place(register: usize) -> usize {
    index(GENERAL[register & 0xF])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Executes `code` with rcx = 2; the result is rax and how far the instruction pointer went.
    fn run(code: &[u8], address: Option<usize>) -> Option<(u64, i64)> {
        let mut registers = [0; 23];
        registers[place(0)] = -1;
        registers[place(1)] = 2;
        let executed = execute(&mut registers, address, |at| code.get(at).copied());
        executed.then(|| {
            let rax = registers[place(0)].cast_unsigned();
            (rax, registers[index(libc::REG_RIP)])
        })
    }

    #[test]
    fn the_current_thread_is_read_from_the_processor_block() {
        processor_block::prepare_thread();
        let block = processor_block::start().unwrap();
        let code = [0x65, 0x48, 0x8B, 0x04, 0x25, 0x88, 1, 0, 0];
        let object = thread::current_object() as u64;
        assert_eq!(run(&code, Some(block + 0x188)), Some((object, 9)));
        assert_eq!(run(&code, Some(block + 0x190)), None);
        let missing = missing_at(block + 0x190).unwrap();
        assert_eq!(missing, "the processor block (gs) at offset 0x190");
    }

    #[test]
    fn the_current_thread_is_compared_with_a_register() {
        const ZERO: i64 = 1 << 6;
        processor_block::prepare_thread();
        let member = processor_block::start().unwrap() + 0x188;
        // cmp rax, gs:[0x188]
        let code = [0x65, 0x48, 0x3B, 0x04, 0x25, 0x88, 1, 0, 0];
        let compare = |rax: usize| {
            let mut registers = [0; 23];
            registers[place(0)] = (rax as u64).cast_signed();
            assert!(execute(&mut registers, Some(member), |at| code
                .get(at)
                .copied()));
            registers[index(libc::REG_EFL)] & ZERO != 0
        };
        assert!(compare(thread::current_object()));
        assert!(!compare(1));
    }

    #[test]
    fn cr8_is_the_irql() {
        let read = [0x44, 0x0F, 0x20, 0xC0];
        let write = [0x44, 0x0F, 0x22, 0xC1];
        assert_eq!(run(&read, None), Some((0, 4)));
        assert!(run(&write, None).is_some());
        assert_eq!(irql::current(), Irql::DISPATCH);
        assert_eq!(run(&read, None), Some((2, 4)));
        irql::set(Irql::PASSIVE);
        // mov cr8, rax, which holds no level
        assert_eq!(run(&[0x44, 0x0F, 0x22, 0xC0], None), None);
    }

    #[test]
    fn a_load_writes_what_the_processor_would() {
        assert_eq!(extend(0x1FF, 1, false), 0xFF);
        assert_eq!(extend(0x1FF, 1, true), u64::MAX);
        let mut registers = [-1; 23];
        write(&mut registers, 3, 0x12, 4);
        assert_eq!(registers[place(3)], 0x12);
        registers[place(3)] = -1;
        write(&mut registers, 3, 0x12, 2);
        assert_eq!(registers[place(3)], -1 << 16 | 0x12);
    }
}
