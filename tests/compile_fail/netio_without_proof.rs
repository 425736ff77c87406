// error[E0061]
//! The network stack cannot be called without the proof that the thread is at `PASSIVE_LEVEL`.

use abi::{MibIpForwardRow2, NtStatus};

use crate::netio::create_ip_forward_entry2;
use crate::pool::NonPaged;

fn create(row: &NonPaged<MibIpForwardRow2>) -> Result<(), NtStatus> {
    create_ip_forward_entry2(row)
}
