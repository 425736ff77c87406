//! How programs find the device, and its security descriptor.

use nt_types::Guid;

/// A symbolic link to the device in every session, for programs that do not ask for the device
/// interface. It is absent while another object has the name.
pub const SYMBOLIC_LINK_NAME: &str = r"\DosDevices\Global\IpForward";

/// That link as a user program passes it to `CreateFile`.
pub const USER_PATH: &str = r"\\.\IpForward";

/// The security descriptor that the INF file gives to the device: full access for SYSTEM and
/// Administrators only. An administrator may replace it.
pub const SDDL: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";

/// The device interface class, by which programs find the device:
/// `{2de02548-1cf9-4bc1-bd62-66f497f2d9b9}`.
pub const INTERFACE_CLASS: Guid = Guid {
    data1: 0x2de0_2548,
    data2: 0x1cf9,
    data3: 0x4bc1,
    data4: [0xbd, 0x62, 0x66, 0xf4, 0x97, 0xf2, 0xd9, 0xb9],
};
