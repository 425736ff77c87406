//! Decodes the few instructions that the host executes in the processor's place.

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Loads from memory into a general register.
    Load {
        /// The number of the register.
        register: usize,
        /// Bytes that are read.
        size: usize,
        /// Bytes of the register that are written; 4 clear the upper half.
        written: usize,
        /// Whether the value is extended with its sign.
        signed: bool,
    },
    /// Compares memory with a general register or a number, and sets the flags.
    Compare {
        /// Bytes that are compared.
        size: usize,
        /// What the memory is compared with.
        with: Comparand,
        /// Whether the memory is the left operand.
        memory_is_left: bool,
    },
    /// Reads CR8, the IRQL, into a general register.
    ReadLevel(usize),
    /// Writes CR8 from a general register.
    WriteLevel(usize),
}

/// What memory is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparand {
    /// The general register with this number.
    Register(usize),
    /// A number, extended with its sign.
    Number(i64),
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) operation: Operation,
    /// Bytes of the instruction.
    pub(crate) length: usize,
}

/// The longest instruction, in bytes.
pub(crate) const LENGTH_MAX: usize = 15;

/// The prefixes of an instruction.
#[derive(Clone, Copy, Default)]
struct Prefixes {
    is_short: bool,
    rex: u8,
}

impl Prefixes {
    const fn is_wide(self) -> bool {
        self.rex & 8 != 0
    }

    /// The number of the register in the middle bits of an operand byte.
    fn register(self, operand: u8) -> usize {
        usize::from(operand >> 3 & 7 | (self.rex & 4) << 1)
    }

    /// The number of the register in the low bits of an operand byte.
    fn base(self, operand: u8) -> usize {
        usize::from(operand & 7 | (self.rex & 1) << 3)
    }

    const fn size(self) -> usize {
        match (self.is_wide(), self.is_short) {
            (true, _) => 8,
            (false, true) => 2,
            (false, false) => 4,
        }
    }
}

impl Instruction {
    /// The instruction at the start of `bytes`, if it is one that the host executes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut prefixes = Prefixes::default();
        let mut place = 0;
        loop {
            match *bytes.get(place)? {
                0x66 => prefixes.is_short = true,
                0x26 | 0x2E | 0x36 | 0x3E | 0x64 | 0x65 => {}
                rex @ 0x40..=0x4F => {
                    prefixes.rex = rex;
                    place += 1;
                    break;
                }
                _ => break,
            }
            place += 1;
        }
        let opcode = *bytes.get(place)?;
        let rest = bytes.get(place + 1..)?;
        let (operation, operands) = match opcode {
            0x0F => decode_two_bytes(prefixes, rest)?,
            0x8A => load(prefixes, rest, 1, 1, false)?,
            0x8B => load(prefixes, rest, prefixes.size(), prefixes.size(), false)?,
            0x63 if prefixes.is_wide() => load(prefixes, rest, 4, 8, true)?,
            0x38 => compare(prefixes, rest, 1, true)?,
            0x39 => compare(prefixes, rest, prefixes.size(), true)?,
            0x3A => compare(prefixes, rest, 1, false)?,
            0x3B => compare(prefixes, rest, prefixes.size(), false)?,
            0x80 => compare_with_number(rest, 1, 1)?,
            0x81 => compare_with_number(rest, prefixes.size(), prefixes.size().min(4))?,
            0x83 => compare_with_number(rest, prefixes.size(), 1)?,
            0xA0 => (absolute(1), size_of::<u64>()),
            0xA1 => (absolute(prefixes.size()), size_of::<u64>()),
            _ => return None,
        };
        let length = place + 1 + operands;
        (length <= bytes.len()).then_some(Self { operation, length })
    }
}

/// The operation of an opcode after 0F, and the bytes after that byte.
fn decode_two_bytes(prefixes: Prefixes, rest: &[u8]) -> Option<(Operation, usize)> {
    const CR8: usize = 8;
    let operand = *rest.get(1)?;
    let is_level = operand >> 6 == 3 && prefixes.register(operand) == CR8;
    let (operation, operands) = match *rest.first()? {
        0x20 if is_level => (Operation::ReadLevel(prefixes.base(operand)), 1),
        0x22 if is_level => (Operation::WriteLevel(prefixes.base(operand)), 1),
        0xB6 => load(prefixes, rest.get(1..)?, 1, prefixes.size(), false)?,
        0xB7 => load(prefixes, rest.get(1..)?, 2, prefixes.size(), false)?,
        0xBE => load(prefixes, rest.get(1..)?, 1, prefixes.size(), true)?,
        0xBF => load(prefixes, rest.get(1..)?, 2, prefixes.size(), true)?,
        _ => return None,
    };
    Some((operation, 1 + operands))
}

/// A load into rax, whose address follows the opcode.
const fn absolute(size: usize) -> Operation {
    Operation::Load {
        register: 0,
        size,
        written: size,
        signed: false,
    }
}

/// A load with an operand byte, and the bytes of its operands.
fn load(
    prefixes: Prefixes,
    operands: &[u8],
    size: usize,
    written: usize,
    signed: bool,
) -> Option<(Operation, usize)> {
    let operand = *operands.first()?;
    let register = prefixes.register(operand);
    // Without a REX prefix these are the second bytes of the first four registers.
    let is_high_byte = written == 1 && prefixes.rex == 0 && register >= 4;
    let length = memory_operand_length(operands)?;
    let operation = Operation::Load {
        register,
        size,
        written,
        signed,
    };
    (!is_high_byte).then_some((operation, length))
}

/// A comparison with a register, and the bytes of its operands.
fn compare(
    prefixes: Prefixes,
    operands: &[u8],
    size: usize,
    memory_is_left: bool,
) -> Option<(Operation, usize)> {
    let register = prefixes.register(*operands.first()?);
    let is_high_byte = size == 1 && prefixes.rex == 0 && register >= 4;
    let operation = Operation::Compare {
        size,
        with: Comparand::Register(register),
        memory_is_left,
    };
    let length = memory_operand_length(operands)?;
    (!is_high_byte).then_some((operation, length))
}

/// A comparison with a number of `number_size` bytes, and the bytes of its operands.
fn compare_with_number(
    operands: &[u8],
    size: usize,
    number_size: usize,
) -> Option<(Operation, usize)> {
    /// The middle bits of the operand byte: other operations have the same opcode.
    const COMPARE: u8 = 7;
    if operands.first()? >> 3 & 7 != COMPARE {
        return None;
    }
    let start = memory_operand_length(operands)?;
    let number = operands.get(start..start + number_size)?;
    let operation = Operation::Compare {
        size,
        with: Comparand::Number(signed_number(number)),
        memory_is_left: true,
    };
    Some((operation, start + number_size))
}

/// The number with these bytes, extended with its sign.
fn signed_number(bytes: &[u8]) -> i64 {
    let is_negative = bytes.last().is_some_and(|last| last >> 7 != 0);
    let fill = if is_negative { 0xFF } else { 0 };
    let mut all = [fill; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(all)
}

/// Bytes of a memory operand: the operand byte, a scale byte, a displacement.
fn memory_operand_length(operands: &[u8]) -> Option<usize> {
    const SCALED: u8 = 4;
    let operand = *operands.first()?;
    let (mode, base) = (operand >> 6, operand & 7);
    let scale_byte = usize::from(base == SCALED && mode != 3);
    let base = if scale_byte == 1 {
        *operands.get(1)? & 7
    } else {
        base
    };
    let displacement = match mode {
        0 if base == 5 => 4,
        0 => 0,
        1 => 1,
        2 => 4,
        _ => return None,
    };
    Some(1 + scale_byte + displacement)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Option<(Operation, usize)> {
        let decoded = Instruction::decode(bytes)?;
        Some((decoded.operation, decoded.length))
    }

    fn load(register: usize, size: usize, written: usize, signed: bool) -> Operation {
        Operation::Load {
            register,
            size,
            written,
            signed,
        }
    }

    #[test]
    fn loads_are_decoded_with_their_sizes() {
        // mov rax, gs:[0x188]
        let thread = [0x65, 0x48, 0x8B, 0x04, 0x25, 0x88, 1, 0, 0];
        assert_eq!(decode(&thread), Some((load(0, 8, 8, false), 9)));
        // mov r9d, [rax + 8]
        assert_eq!(
            decode(&[0x44, 0x8B, 0x48, 8]),
            Some((load(9, 4, 4, false), 4))
        );
        // mov cx, [rip + 4]
        assert_eq!(
            decode(&[0x66, 0x8B, 0x0D, 4, 0, 0, 0]),
            Some((load(1, 2, 2, false), 7))
        );
        // movzx eax, byte ptr [rcx + rdx * 2 + 0x100]
        assert_eq!(
            decode(&[0x0F, 0xB6, 0x84, 0x51, 0, 1, 0, 0]),
            Some((load(0, 1, 4, false), 8))
        );
        // movsxd rdx, dword ptr [rbx]
        assert_eq!(decode(&[0x48, 0x63, 0x13]), Some((load(2, 4, 8, true), 3)));
        // mov rax, [0xFFFFF78000000014]
        let absolute = [0x48, 0xA1, 0x14, 0, 0, 0, 0x80, 0xF7, 0xFF, 0xFF];
        assert_eq!(decode(&absolute), Some((load(0, 8, 8, false), 10)));
    }

    #[test]
    fn moves_of_cr8_are_decoded() {
        // mov rax, cr8; mov cr8, rcx; mov cr8, r10
        assert_eq!(
            decode(&[0x44, 0x0F, 0x20, 0xC0]),
            Some((Operation::ReadLevel(0), 4))
        );
        assert_eq!(
            decode(&[0x44, 0x0F, 0x22, 0xC1]),
            Some((Operation::WriteLevel(1), 4))
        );
        assert_eq!(
            decode(&[0x45, 0x0F, 0x22, 0xC2]),
            Some((Operation::WriteLevel(10), 4))
        );
    }

    #[test]
    fn comparisons_with_memory_are_decoded() {
        let compare = |size, with, memory_is_left| Operation::Compare {
            size,
            with,
            memory_is_left,
        };
        // cmp rax, gs:[0x188]; cmp [rax], rcx
        let thread = [0x65, 0x48, 0x3B, 0x04, 0x25, 0x88, 1, 0, 0];
        let register_with_memory = compare(8, Comparand::Register(0), false);
        assert_eq!(decode(&thread), Some((register_with_memory, 9)));
        let memory_with_register = compare(8, Comparand::Register(1), true);
        assert_eq!(decode(&[0x48, 0x39, 0x08]), Some((memory_with_register, 3)));
        // cmp byte ptr [rax], 1; cmp dword ptr [rax + 8], -1; cmp dword ptr [rcx], 0x12345678
        let with_one = compare(1, Comparand::Number(1), true);
        assert_eq!(decode(&[0x80, 0x38, 1]), Some((with_one, 3)));
        let with_minus_one = compare(4, Comparand::Number(-1), true);
        assert_eq!(decode(&[0x83, 0x78, 8, 0xFF]), Some((with_minus_one, 4)));
        let with_four_bytes = compare(4, Comparand::Number(0x1234_5678), true);
        let bytes = [0x81, 0x39, 0x78, 0x56, 0x34, 0x12];
        assert_eq!(decode(&bytes), Some((with_four_bytes, 6)));
        // add byte ptr [rax], 1 has the same opcode.
        assert_eq!(decode(&[0x80, 0x00, 1]), None);
    }

    #[test]
    fn all_else_is_left_to_the_report() {
        // mov rax, cr0; mov eax, ecx; mov ah, [rcx]; add [rax], rcx; cli; half an instruction
        for bytes in [
            &[0x0F, 0x20, 0xC0][..],
            &[0x8B, 0xC1],
            &[0x8A, 0x21],
            &[0x48, 0x01, 0x08],
            &[0xFA],
            &[0x48, 0x8B, 0x05, 1],
        ] {
            assert_eq!(decode(bytes), None, "{bytes:x?}");
        }
    }
}
