//! The major functions of IRPs.

/// The number of major functions.
pub(crate) const COUNT: usize = 28;
/// `IRP_MJ_CREATE`.
pub(crate) const CREATE: u8 = 0;
/// `IRP_MJ_CLOSE`.
pub const CLOSE: u8 = 2;
/// `IRP_MJ_READ`.
pub(crate) const READ: u8 = 3;
/// `IRP_MJ_WRITE`.
pub(crate) const WRITE: u8 = 4;
/// `IRP_MJ_FLUSH_BUFFERS`.
pub(crate) const FLUSH_BUFFERS: u8 = 9;
/// `IRP_MJ_DEVICE_CONTROL`.
pub(crate) const DEVICE_CONTROL: u8 = 14;
/// `IRP_MJ_INTERNAL_DEVICE_CONTROL`.
pub(crate) const INTERNAL_DEVICE_CONTROL: u8 = 15;
/// `IRP_MJ_SHUTDOWN`.
pub(crate) const SHUTDOWN: u8 = 16;
/// `IRP_MJ_CLEANUP`.
pub const CLEANUP: u8 = 18;
/// `IRP_MJ_POWER`.
pub const POWER: u8 = 22;
/// `IRP_MJ_SYSTEM_CONTROL`.
pub(crate) const SYSTEM_CONTROL: u8 = 23;
/// `IRP_MJ_PNP`.
pub const PNP: u8 = 27;

/// The name of a major function.
pub(crate) fn name_of(major: u8) -> &'static str {
    match major {
        CREATE => "IRP_MJ_CREATE",
        CLOSE => "IRP_MJ_CLOSE",
        READ => "IRP_MJ_READ",
        WRITE => "IRP_MJ_WRITE",
        FLUSH_BUFFERS => "IRP_MJ_FLUSH_BUFFERS",
        DEVICE_CONTROL => "IRP_MJ_DEVICE_CONTROL",
        INTERNAL_DEVICE_CONTROL => "IRP_MJ_INTERNAL_DEVICE_CONTROL",
        SHUTDOWN => "IRP_MJ_SHUTDOWN",
        CLEANUP => "IRP_MJ_CLEANUP",
        POWER => "IRP_MJ_POWER",
        SYSTEM_CONTROL => "IRP_MJ_SYSTEM_CONTROL",
        PNP => "IRP_MJ_PNP",
        _ => "an IRP of another major function",
    }
}
