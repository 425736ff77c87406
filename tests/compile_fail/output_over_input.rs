// error[E0502]
//! The output cannot be written while the input is still being read: they are the same memory.

use abi::NtStatus;

use crate::wdf::Buffers;

fn echo(buffers: &mut Buffers<'_>) -> Result<(), NtStatus> {
    let input = buffers.input()?;
    buffers.output()?.copy_from_slice(input);
    Ok(())
}
