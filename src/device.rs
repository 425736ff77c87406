//! The device: its names, who may open it, and what serves its requests.

use abi::NtStatus;
use abi::control_code::FILE_DEVICE_NETWORK;
use abi::device::{DEVICE_NAME, INTERFACE_CLASS, SDDL, SYMBOLIC_LINK_NAME};

use crate::handle::OpenHandle;
use crate::queue::Requests;
use crate::wdf::{DeviceInit, PassiveLevel, Utf16};

static NAME: Utf16<{ DEVICE_NAME.len() }> = Utf16::from_ascii(DEVICE_NAME);
static LINK: Utf16<{ SYMBOLIC_LINK_NAME.len() }> = Utf16::from_ascii(SYMBOLIC_LINK_NAME);
static SECURITY: Utf16<{ SDDL.len() }> = Utf16::from_ascii(SDDL);

/// Creates the device. If a step fails, the framework takes the earlier ones back.
pub(crate) fn add(level: &PassiveLevel<'_>, init: DeviceInit<'_>) -> Result<(), NtStatus> {
    init.set_device_type(FILE_DEVICE_NETWORK);
    init.set_secure_open();
    init.assign_name(level, NAME.as_unicode())?;
    init.assign_sddl(level, SECURITY.as_unicode())?;
    init.set_file_objects::<OpenHandle>();
    let device = init.create(level)?;
    device.create_symbolic_link(level, LINK.as_unicode())?;
    device.create_interface(level, &INTERFACE_CLASS)?;
    device.create_default_queue::<Requests>(level)
}
