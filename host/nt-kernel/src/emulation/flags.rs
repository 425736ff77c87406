//! The flags of the processor after a comparison.

const CARRY: u64 = 1;
const PARITY: u64 = 1 << 2;
const ADJUST: u64 = 1 << 4;
const ZERO: u64 = 1 << 6;
const SIGN: u64 = 1 << 7;
const OVERFLOW: u64 = 1 << 11;

/// `flags` after `left` has been compared with `right`, of which `size` bytes count.
pub(super) fn after_comparison(flags: u64, left: u64, right: u64, size: usize) -> u64 {
    let unused = 64 - size * 8;
    let (high_left, high_right) = (left << unused, right << unused);
    let difference = high_left.wrapping_sub(high_right);
    let (_, overflows) = high_left
        .cast_signed()
        .overflowing_sub(high_right.cast_signed());
    let low = left.wrapping_sub(right);
    let is_set = [
        (CARRY, high_left < high_right),
        (PARITY, (low & 0xFF).count_ones().is_multiple_of(2)),
        (ADJUST, left & 0xF < right & 0xF),
        (ZERO, difference == 0),
        (SIGN, difference >> 63 != 0),
        (OVERFLOW, overflows),
    ];
    is_set.into_iter().fold(
        flags,
        |flags, (flag, is_set)| {
            if is_set { flags | flag } else { flags & !flag }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags that the processor sets for `cmp left, right` of eight bytes.
    fn of_the_processor(left: u64, right: u64) -> u64 {
        let flags: u64;
        // SAFETY: compares two registers and reads the flags by way of the stack.
        unsafe {
            std::arch::asm!(
                "cmp {left}, {right}", "pushfq", "pop {flags}",
                left = in(reg) left, right = in(reg) right, flags = out(reg) flags,
            );
        }
        flags & (CARRY | PARITY | ADJUST | ZERO | SIGN | OVERFLOW)
    }

    #[test]
    fn flags_are_those_of_the_processor() {
        let values = [0, 1, 0x0F, 0x10, 0x7F, 1 << 63, (1 << 63) - 1, u64::MAX];
        for left in values {
            for right in values {
                let flags = after_comparison(0, left, right, 8);
                assert_eq!(
                    flags,
                    of_the_processor(left, right),
                    "{left:#x}, {right:#x}"
                );
            }
        }
    }

    #[test]
    fn bytes_beyond_the_size_do_not_count() {
        assert_eq!(
            after_comparison(0, 0x1_0000_0005, 0x2_0000_0005, 4) & (ZERO | CARRY),
            ZERO
        );
    }
}
