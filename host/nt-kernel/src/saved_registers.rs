//! The registers of an interrupted thread, as Linux gives them to the handler of a signal.

use nix::libc;

/// The general registers, and what else is of their size.
pub(crate) type SavedRegisters = [libc::greg_t; 23];

/// Which of [`SavedRegisters`] are the general registers, by their numbers in instructions.
pub(crate) const GENERAL: [libc::c_int; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// Where a register is in [`SavedRegisters`], by its name in libc.
pub(crate) fn index(name: libc::c_int) -> usize {
    usize::try_from(name).unwrap_or_default()
}

/// A register's value as an address; the host runs on 64-bit machines only.
pub(crate) fn to_address(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
