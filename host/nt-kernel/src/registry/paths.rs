//! The names of keys that the system has for drivers and devices.

/// The key below which the system keeps devices and drivers.
pub const CONTROL_SET: &str = r"\Registry\Machine\System\CurrentControlSet";

/// The key of a service: what `DriverEntry` gets as its registry path.
#[must_use]
pub fn service(service: &str) -> String {
    format!(r"{CONTROL_SET}\Services\{service}")
}

/// The key for the parameters of a device, of which the instance is a name such as `ROOT\IPFORWARD\0000`.
#[must_use]
pub fn device(instance: &str) -> String {
    format!(r"{CONTROL_SET}\Enum\{instance}\Device Parameters")
}

/// The key of the driver that a device of this service has been installed with.
#[must_use]
pub fn software(service: &str) -> String {
    format!(r"{CONTROL_SET}\Control\Class\{service}\0000")
}
