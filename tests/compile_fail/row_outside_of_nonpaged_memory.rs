// error[E0308]
//! The network stack takes rows in nonpaged memory only.

use abi::{MibIpForwardRow2, NtStatus};

use crate::netio::create_ip_forward_entry2;
use crate::wdf::PassiveLevel;

fn create(level: &PassiveLevel) -> Result<(), NtStatus> {
    let row = MibIpForwardRow2::default();
    create_ip_forward_entry2(level, &row)
}
