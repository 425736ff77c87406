//! Which system this is.

/// The system whose route functions are asked.
pub(crate) struct SystemDescription {
    /// Its version.
    pub(crate) build: String,
}

impl SystemDescription {
    /// The name of its profile's file, without `.toml`.
    pub(crate) fn file_stem(&self) -> String {
        if cfg!(windows) {
            format!("windows-{}", self.build)
        } else {
            self.build.clone()
        }
    }
}

/// The functions that make adapters on this system.
#[cfg(not(windows))]
pub(crate) const fn adapters() -> ipforward_probe::NoAdapters {
    ipforward_probe::NoAdapters
}

/// The functions that make adapters on this system.
#[cfg(windows)]
pub(crate) const fn adapters() -> crate::loopback_adapters::LoopbackAdapters {
    crate::loopback_adapters::LoopbackAdapters
}

/// The host of the driver.
#[cfg(not(windows))]
pub(crate) fn describe() -> SystemDescription {
    SystemDescription {
        build: "nthost".to_owned(),
    }
}

/// The version of Windows, with the number of its last update: 10.0.26100.2033.
#[cfg(windows)]
pub(crate) fn describe() -> SystemDescription {
    use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
    use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;

    let mut version = OSVERSIONINFOW {
        dwOSVersionInfoSize: u32::try_from(size_of::<OSVERSIONINFOW>()).unwrap_or(0),
        ..OSVERSIONINFOW::default()
    };
    // SAFETY: the structure can be written and says its size. The function always succeeds.
    unsafe { RtlGetVersion(&raw mut version) };
    let OSVERSIONINFOW {
        dwMajorVersion: major,
        dwMinorVersion: minor,
        dwBuildNumber: build,
        ..
    } = version;
    let revision = revision();
    SystemDescription {
        build: format!("{major}.{minor}.{build}.{revision}"),
    }
}

/// The number of the last update; 0 if the registry does not have it.
#[cfg(windows)]
fn revision() -> u32 {
    use windows_sys::Win32::System::Registry::{
        HKEY_LOCAL_MACHINE, RRF_RT_REG_DWORD, RegGetValueW,
    };
    use windows_sys::core::w;

    let mut revision = 0_u32;
    let mut size = u32::try_from(size_of::<u32>()).unwrap_or(0);
    // SAFETY: the names end with a zero, and the buffer has the size that is passed.
    let error = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            w!(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"),
            w!("UBR"),
            RRF_RT_REG_DWORD,
            std::ptr::null_mut(),
            (&raw mut revision).cast(),
            &raw mut size,
        )
    };
    if error == 0 { revision } else { 0 }
}
