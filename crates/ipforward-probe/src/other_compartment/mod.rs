//! The functions of a device, called in another network compartment.

#[cfg(windows)]
mod windows;

use ipforward_probe::{CallError, DeviceStack, ProbedStack};

/// The functions as threads of the compartment call them.
#[cfg(windows)]
pub(crate) fn stack(
    stack: &DeviceStack,
    compartment: u32,
) -> Result<Box<dyn ProbedStack + '_>, CallError> {
    let stack = windows::CompartmentStack::new(stack, compartment)?;
    Ok(Box::new(stack))
}

/// A process of the host cannot enter a compartment by itself.
#[cfg(not(windows))]
pub(crate) fn stack(
    _stack: &DeviceStack,
    compartment: u32,
) -> Result<Box<dyn ProbedStack + '_>, CallError> {
    Err(CallError::Failed(format!(
        "cannot enter compartment {compartment}: expected Windows"
    )))
}
