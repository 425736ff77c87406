//! The minor functions of `IRP_MJ_PNP` and `IRP_MJ_POWER`.

/// `IRP_MN_START_DEVICE`.
pub(crate) const START_DEVICE: u8 = 0;
/// `IRP_MN_QUERY_REMOVE_DEVICE`.
pub(crate) const QUERY_REMOVE_DEVICE: u8 = 1;
/// `IRP_MN_REMOVE_DEVICE`.
pub(crate) const REMOVE_DEVICE: u8 = 2;
/// `IRP_MN_CANCEL_REMOVE_DEVICE`.
pub(crate) const CANCEL_REMOVE_DEVICE: u8 = 3;
/// `IRP_MN_STOP_DEVICE`.
pub(crate) const STOP_DEVICE: u8 = 4;
/// `IRP_MN_QUERY_STOP_DEVICE`.
pub(crate) const QUERY_STOP_DEVICE: u8 = 5;
/// `IRP_MN_CANCEL_STOP_DEVICE`.
pub(crate) const CANCEL_STOP_DEVICE: u8 = 6;
/// `IRP_MN_QUERY_CAPABILITIES`.
pub(crate) const QUERY_CAPABILITIES: u8 = 9;
/// `IRP_MN_SURPRISE_REMOVAL`.
pub(crate) const SURPRISE_REMOVAL: u8 = 0x17;
/// `IRP_MN_WAIT_WAKE`.
pub(crate) const WAIT_WAKE: u8 = 0;
/// `IRP_MN_SET_POWER`.
pub(crate) const SET_POWER: u8 = 2;
/// `IRP_MN_QUERY_POWER`.
pub(crate) const QUERY_POWER: u8 = 3;
