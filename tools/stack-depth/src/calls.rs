//! The calls in a range of code.

use std::ops::Range;

use anyhow::{Result, bail};
use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register,
};

use crate::image::ImageBytes;
use crate::indirect;
use crate::names::Names;
use crate::target::CallTarget;

/// The longest function without unwind data.
const LEAF_MAX: u32 = 0x400;

/// A call, or a jump that ends a function.
#[derive(Clone, Debug)]
pub(crate) struct CallSite {
    pub(crate) target: CallTarget,
    /// True for a jump: the frame is gone, and the return address is that of the function.
    pub(crate) is_tail: bool,
}

/// What a range of code does.
#[derive(Debug, Default)]
pub(crate) struct CodeRange {
    pub(crate) calls: Vec<CallSite>,
    /// Code whose address is loaded.
    pub(crate) address_taken: Vec<u32>,
    /// Where the stack pointer is lowered by a register, if anywhere.
    pub(crate) sized_at_run_time: Option<u32>,
}

/// Reads the calls of a function, or of a part of one.
pub(crate) fn read(image: &ImageBytes, names: &Names, range: Range<u32>) -> Result<CodeRange> {
    let instructions = decode(image, &range)?;
    let mut code = CodeRange::default();
    for (index, instruction) in instructions.iter().enumerate() {
        let offset = u32::try_from(instruction.ip())?;
        if instruction.mnemonic() == Mnemonic::Lea && instruction.is_ip_rel_memory_operand() {
            let address = u32::try_from(instruction.ip_rel_memory_address())?;
            code.address_taken
                .extend(Some(address).filter(|address| image.is_code(*address)));
        }
        let lowers = instruction.mnemonic() == Mnemonic::Sub
            && instruction.op0_register() == Register::RSP
            && instruction.op1_kind() == OpKind::Register;
        if lowers {
            code.sized_at_run_time = Some(offset);
        }
        let rest = image.at(offset)?;
        code.calls
            .extend(call(&instructions, index, rest, image, names, &range));
    }
    Ok(code)
}

/// Reads the calls of a function without unwind data. It has no frame, so it can only jump.
pub(crate) fn read_leaf(image: &ImageBytes, names: &Names, begin: u32) -> Result<Vec<CallSite>> {
    let mut end = begin;
    let mut furthest = begin;
    for instruction in decode(image, &(begin..begin + LEAF_MAX))? {
        end = u32::try_from(instruction.next_ip())?;
        let ends = match instruction.flow_control() {
            FlowControl::Return
            | FlowControl::UnconditionalBranch
            | FlowControl::IndirectBranch
            | FlowControl::Interrupt => true,
            FlowControl::ConditionalBranch => {
                furthest = furthest.max(u32::try_from(instruction.near_branch_target())?);
                false
            }
            FlowControl::Call | FlowControl::IndirectCall => {
                bail!("{}: calls, but has no unwind data", names.function(begin))
            }
            _ => false,
        };
        if ends && end > furthest {
            break;
        }
    }
    Ok(read(image, names, begin..end)?.calls)
}

fn decode(image: &ImageBytes, range: &Range<u32>) -> Result<Vec<Instruction>> {
    let bytes = image.at(range.start)?;
    let length = usize::try_from(range.end - range.start)?.min(bytes.len());
    let decoder = Decoder::with_ip(
        64,
        &bytes[..length],
        range.start.into(),
        DecoderOptions::NONE,
    );
    Ok(decoder.into_iter().collect())
}

/// The call that an instruction makes, if it makes one. `bytes` are those of the instruction.
fn call(
    instructions: &[Instruction],
    index: usize,
    bytes: &[u8],
    image: &ImageBytes,
    names: &Names,
    range: &Range<u32>,
) -> Option<CallSite> {
    let instruction = &instructions[index];
    let near = || u32::try_from(instruction.near_branch_target()).unwrap_or_default();
    let indirect = || indirect::target(instructions, index, image, names);
    let tail = |target| {
        Some(CallSite {
            target,
            is_tail: true,
        })
    };
    match instruction.flow_control() {
        FlowControl::Call => Some(CallSite {
            target: CallTarget::Function(near()),
            is_tail: false,
        }),
        FlowControl::IndirectCall => Some(CallSite {
            target: indirect(),
            is_tail: false,
        }),
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => (!range
            .contains(&near()))
        .then(|| CallTarget::Function(near()))
        .and_then(tail),
        FlowControl::IndirectBranch => is_tail_jump(instruction, bytes)
            .then(indirect)
            .and_then(tail),
        _ => None,
    }
}

/// Whether an indirect jump leaves its function. Jumps of a `switch` have no REX.W prefix, those at
/// the end of a function have one, which the unwinder requires; a jump through an absolute place in
/// memory is one of a stub.
fn is_tail_jump(instruction: &Instruction, bytes: &[u8]) -> bool {
    const REX_W: u8 = 0x48;
    let has_prefix = bytes.first().is_some_and(|first| first & 0xF8 == REX_W);
    has_prefix || (instruction.code() == Code::Jmp_rm64 && instruction.is_ip_rel_memory_operand())
}
