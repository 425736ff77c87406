//! `KUSER_SHARED_DATA`, which Windows maps at a fixed address that no process of Linux can map. Drivers
//! read it inline, as `KeQuerySystemTime` and `KeQueryTickCount` do.

use crate::clock;

/// Where it lies.
const ADDRESS: usize = 0xFFFF_F780_0000_0000;
/// Its size, in bytes: a page.
const SIZE: usize = 4096;

/// Units between two clock interrupts: 15.625 ms.
pub(crate) const CLOCK_INCREMENT: u32 = 156_250;
/// `TickCountMultiplier`: milliseconds of a tick, times 2^24.
const TICK_COUNT_MULTIPLIER: u64 = 0x0FA0_0000;

/// The offset of `address` in it.
pub(super) fn offset_of(address: usize) -> Option<usize> {
    let offset = address.checked_sub(ADDRESS)?;
    (offset < SIZE).then_some(offset)
}

/// `size` bytes at `offset`; `None` for a member that this host does not have.
pub(super) fn read(offset: usize, size: usize) -> Option<u64> {
    // Where a time begins: its low half, its high half, and the high half again.
    const INTERRUPT_TIME: usize = 0x08;
    const SYSTEM_TIME: usize = 0x14;
    const TICK_COUNT: usize = 0x320;
    match offset {
        0x04 => Some(TICK_COUNT_MULTIPLIER),
        INTERRUPT_TIME..0x14 => time(clock::uptime(), offset - INTERRUPT_TIME, size),
        SYSTEM_TIME..0x20 => time(clock::system_time(), offset - SYSTEM_TIME, size),
        TICK_COUNT..0x32C => time(ticks(), offset - TICK_COUNT, size),
        // Version 10.0, build 19041.
        0x260 => Some(19041),
        0x26C => Some(10),
        // Its second part; and no debugger.
        0x270 | 0x2D4 => Some(0),
        _ => None,
    }
}

/// Clock interrupts since the start.
fn ticks() -> i64 {
    clock::uptime() / i64::from(CLOCK_INCREMENT)
}

/// The part at `offset` of a `KSYSTEM_TIME`.
fn time(value: i64, offset: usize, size: usize) -> Option<u64> {
    let value = value.cast_unsigned();
    match (offset, size) {
        (0, 4 | 8) => Some(value),
        (4 | 8, 4) => Some(value >> 32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_of_a_time_make_it() {
        let whole = 0x0123_4567_89AB_CDEF;
        assert_eq!(time(whole, 0, 8), Some(whole.cast_unsigned()));
        assert_eq!(time(whole, 4, 4), Some(0x0123_4567));
        assert_eq!(time(whole, 8, 4), Some(0x0123_4567));
        assert_eq!(time(whole, 2, 4), None);
    }

    #[test]
    fn only_its_page_has_offsets() {
        assert_eq!(offset_of(ADDRESS + 0x14), Some(0x14));
        assert_eq!(offset_of(ADDRESS + SIZE), None);
        assert_eq!(offset_of(ADDRESS - 1), None);
        assert!(read(0x14, 8).is_some_and(|time| time > 1 << 56));
        assert_eq!(read(0x400, 4), None);
    }
}
