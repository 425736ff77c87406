//! Where an indirect call goes: through the import address table, or through the table of the
//! framework's functions, if the pointer can be traced to it.

use iced_x86::{Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};

use crate::image::ImageBytes;
use crate::names::Names;
use crate::target::CallTarget;

/// Size of an entry of the framework's table.
const ENTRY_SIZE: u64 = 8;

/// Longest chain of moves that is followed.
const MOVES_MAX: usize = 16;

/// The target of the indirect call or jump at `index`.
pub(crate) fn target(
    instructions: &[Instruction],
    index: usize,
    image: &ImageBytes,
    names: &Names,
) -> CallTarget {
    let call = &instructions[index];
    if call.op0_kind() != OpKind::Memory {
        return through_register(instructions, index, call.op0_register(), names);
    }
    if call.is_ip_rel_memory_operand() {
        let slot = u32::try_from(call.ip_rel_memory_address()).unwrap_or_default();
        return image
            .imports
            .get(&slot)
            .map_or(CallTarget::Unknown, |name| CallTarget::Import(name.clone()));
    }
    entry_of_table(instructions, index, call, names)
}

/// The target of a call through a register.
fn through_register(
    instructions: &[Instruction],
    index: usize,
    register: Register,
    names: &Names,
) -> CallTarget {
    match source(instructions, index, register) {
        Some(load) => entry_of_table(instructions, load, &instructions[load], names),
        None => CallTarget::Unknown,
    }
}

/// The entry of the framework's table that the memory operand of an instruction is, if it is one.
fn entry_of_table(
    instructions: &[Instruction],
    index: usize,
    user: &Instruction,
    names: &Names,
) -> CallTarget {
    let is_table = |register: Register| {
        let load = source(instructions, index, register).map(|load| &instructions[load]);
        load.is_some_and(|load| {
            load.is_ip_rel_memory_operand()
                && u32::try_from(load.ip_rel_memory_address()).ok() == names.framework_table
        })
    };
    let (base, other) = (user.memory_base(), user.memory_index());
    if other == Register::None && is_table(base) {
        let entry = u32::try_from(user.memory_displacement64() / ENTRY_SIZE);
        return CallTarget::Framework(entry.ok());
    }
    let is_entry = other != Register::None && (is_table(base) || is_table(other));
    if is_entry {
        CallTarget::Framework(None)
    } else {
        CallTarget::Unknown
    }
}

/// The load from memory, other than a reload from the stack, that a register has its value from at
/// `index`. The instructions before are taken in the order of their addresses.
fn source(instructions: &[Instruction], mut index: usize, register: Register) -> Option<usize> {
    let mut place = Place::Register(register.full_register());
    for _ in 0..MOVES_MAX {
        index = last_write(instructions, index, &place)?;
        let write = &instructions[index];
        if write.mnemonic() != Mnemonic::Mov {
            return None;
        }
        place = match write.op1_kind() {
            OpKind::Register => Place::Register(write.op1_register().full_register()),
            OpKind::Memory => match Place::of_stack(write) {
                Some(slot) => slot,
                None => return Some(index),
            },
            _ => return None,
        };
    }
    None
}

/// Where a value is.
#[derive(PartialEq, Eq)]
enum Place {
    Register(Register),
    /// In the frame, relative to the stack pointer or the frame pointer.
    Slot(Register, u64),
}

impl Place {
    /// The slot of the frame that the memory operand of an instruction is.
    fn of_stack(instruction: &Instruction) -> Option<Self> {
        let base = instruction.memory_base();
        let is_slot = matches!(base, Register::RSP | Register::RBP)
            && instruction.memory_index() == Register::None;
        is_slot.then(|| Self::Slot(base, instruction.memory_displacement64()))
    }
}

/// The last instruction before `index` that writes a place.
fn last_write(instructions: &[Instruction], index: usize, place: &Place) -> Option<usize> {
    let mut factory = InstructionInfoFactory::new();
    (0..index).rev().find(|at| {
        let instruction = &instructions[*at];
        match place {
            Place::Slot(..) => {
                instruction.op0_kind() == OpKind::Memory
                    && instruction.mnemonic() == Mnemonic::Mov
                    && Place::of_stack(instruction).as_ref() == Some(place)
            }
            Place::Register(register) => {
                let info = factory.info(instruction);
                info.used_registers().iter().any(|used| {
                    used.register().full_register() == *register
                        && !matches!(used.access(), OpAccess::Read | OpAccess::CondRead)
                })
            }
        }
    })
}
