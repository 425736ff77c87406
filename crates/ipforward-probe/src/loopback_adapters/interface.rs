//! The interface of an adapter.

use std::io;
use std::ptr;

use anyhow::{Context, Result, ensure};
use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    DICS_FLAG_GLOBAL, DIREG_DRV, SP_DEVINFO_DATA, SetupDiOpenDevRegKey,
};
use windows_sys::Win32::NetworkManagement::IpHelper::ConvertInterfaceGuidToLuid;
use windows_sys::Win32::NetworkManagement::Ndis::NET_LUID_LH;
use windows_sys::Win32::System::Com::CLSIDFromString;
use windows_sys::Win32::System::Registry::{
    HKEY, KEY_READ, RRF_RT_REG_SZ, RegCloseKey, RegGetValueW,
};
use windows_sys::core::{GUID, w};

use super::device_info_set::DeviceInfoSet;

/// A GUID in braces, and its zero.
const GUID_ROOM: usize = 39;

/// The LUID of the interface that the class of network adapters has given to a device.
pub(super) fn luid(list: &DeviceInfoSet, device: &SP_DEVINFO_DATA) -> Result<u64> {
    let guid = DriverKey::open(list, device)?.interface()?;
    let mut luid = NET_LUID_LH::default();
    // SAFETY: the GUID can be read, and the LUID written.
    let error = unsafe { ConvertInterfaceGuidToLuid(&raw const guid, &raw mut luid) };
    succeeded(error).context("cannot find the interface of the adapter")?;
    // SAFETY: every bit pattern of the union is a number.
    Ok(unsafe { luid.Value })
}

/// The registry key that the driver of a device has for it.
struct DriverKey(HKEY);

impl DriverKey {
    fn open(list: &DeviceInfoSet, device: &SP_DEVINFO_DATA) -> Result<Self> {
        // SAFETY: the device is one of the set.
        let key = unsafe {
            SetupDiOpenDevRegKey(
                list.handle(),
                ptr::from_ref(device),
                DICS_FLAG_GLOBAL,
                0,
                DIREG_DRV,
                KEY_READ,
            )
        };
        // INVALID_HANDLE_VALUE
        if key.addr() == usize::MAX {
            let error = io::Error::last_os_error();
            return Err(error).context("cannot open the driver's key of the adapter");
        }
        Ok(Self(key))
    }

    /// The GUID of the interface.
    fn interface(&self) -> Result<GUID> {
        let mut text = [0_u16; GUID_ROOM];
        let mut size = u32::try_from(size_of_val(&text)).context("the size of a GUID")?;
        // SAFETY: the key is open, the name ends with a zero, and the buffer has the size that is passed.
        let error = unsafe {
            RegGetValueW(
                self.0,
                ptr::null(),
                w!("NetCfgInstanceId"),
                RRF_RT_REG_SZ,
                ptr::null_mut(),
                text.as_mut_ptr().cast(),
                &raw mut size,
            )
        };
        succeeded(error).context("cannot read NetCfgInstanceId of the adapter")?;
        let mut guid = GUID::from_u128(0);
        // SAFETY: RegGetValueW has ended the text with a zero, and the GUID can be written.
        let result = unsafe { CLSIDFromString(text.as_ptr(), &raw mut guid) };
        ensure!(result == 0, "NetCfgInstanceId of the adapter is no GUID");
        Ok(guid)
    }
}

impl Drop for DriverKey {
    fn drop(&mut self) {
        // SAFETY: the key is owned by this value and not used any more.
        let _ = unsafe { RegCloseKey(self.0) };
    }
}

/// Fails with the Win32 error, if it is one.
fn succeeded(error: u32) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error.cast_signed())),
    }
}
