// error[E0502]
//! The network stack cannot be called under a spin lock, which raises the level: the lock borrows
//! the proof mutably.

use abi::{MibIpForwardRow2, NtStatus};

use crate::netio::create_ip_forward_entry2;
use crate::pool::NonPaged;
use crate::wdf::{PassiveLevel, SpinLock};

fn create(
    level: &mut PassiveLevel,
    lock: &SpinLock<NonPaged<MibIpForwardRow2>>,
) -> Result<(), NtStatus> {
    lock.with(level, |row| create_ip_forward_entry2(level, row))
}
