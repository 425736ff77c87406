//! The device interface, as the configuration manager lists it.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;

use abi::device::{INTERFACE_CLASS, USER_PATH};
use windows_sys::Win32::Devices::DeviceAndDriverInstallation::{
    CM_GET_DEVICE_INTERFACE_LIST_PRESENT, CM_Get_Device_Interface_List_SizeW,
    CM_Get_Device_Interface_ListW, CR_BUFFER_SMALL, CR_SUCCESS,
};
use windows_sys::core::GUID;

/// The class of the interface.
static CLASS: GUID = GUID {
    data1: INTERFACE_CLASS.data1,
    data2: INTERFACE_CLASS.data2,
    data3: INTERFACE_CLASS.data3,
    data4: INTERFACE_CLASS.data4,
};

/// How often the list may grow between the question for its length and the list itself.
const ATTEMPTS: u32 = 8;

/// The path of the device: its interface, else the symbolic link.
pub(crate) fn system_path() -> PathBuf {
    first_interface().unwrap_or_else(|| USER_PATH.into())
}

/// The first enabled interface of the class.
fn first_interface() -> Option<PathBuf> {
    let list = (0..ATTEMPTS).find_map(|_| list().transpose())?;
    let path = list.ok()?.split(|&word| word == 0).next()?.to_vec();
    (!path.is_empty()).then(|| OsString::from_wide(&path).into())
}

/// The enabled interfaces of the class: strings that end with a zero, and an empty one. `None` if the
/// list grew meanwhile.
fn list() -> Result<Option<Vec<u16>>, u32> {
    let mut length = 0;
    // SAFETY: the length is a local, the class a constant, and no device is given.
    let answer = unsafe {
        CM_Get_Device_Interface_List_SizeW(
            &raw mut length,
            &raw const CLASS,
            ptr::null(),
            CM_GET_DEVICE_INTERFACE_LIST_PRESENT,
        )
    };
    if answer != CR_SUCCESS {
        return Err(answer);
    }
    let mut list = vec![0; length as usize];
    // SAFETY: as above; the buffer has `length` characters.
    let answer = unsafe {
        CM_Get_Device_Interface_ListW(
            &raw const CLASS,
            ptr::null(),
            list.as_mut_ptr(),
            length,
            CM_GET_DEVICE_INTERFACE_LIST_PRESENT,
        )
    };
    match answer {
        CR_SUCCESS => Ok(Some(list)),
        CR_BUFFER_SMALL => Ok(None),
        other => Err(other),
    }
}
