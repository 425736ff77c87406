//! The names of the device, and its security descriptor.

use nt_types::Guid;

/// The device object's name in the object manager.
pub const DEVICE_NAME: &str = r"\Device\IpForward";

/// The symbolic link through which programs in every session open the device.
pub const SYMBOLIC_LINK_NAME: &str = r"\DosDevices\Global\IpForward";

/// The path that a user program passes to `CreateFile`.
pub const USER_PATH: &str = r"\\.\IpForward";

/// The security descriptor of the device: full access for SYSTEM and Administrators only.
pub const SDDL: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";

/// The device interface class, for programs that enumerate interfaces instead of using a name:
/// `{2de02548-1cf9-4bc1-bd62-66f497f2d9b9}`.
pub const INTERFACE_CLASS: Guid = Guid {
    data1: 0x2de0_2548,
    data2: 0x1cf9,
    data3: 0x4bc1,
    data4: [0xbd, 0x62, 0x66, 0xf4, 0x97, 0xf2, 0xd9, 0xb9],
};
