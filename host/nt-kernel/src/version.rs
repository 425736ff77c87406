//! The version of Windows that this host is: 10.0, build 19041, the first that the driver supports.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::cmp::Ordering;

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

/// `VER_PLATFORM_WIN32_NT`.
const PLATFORM_NT: u32 = 2;
/// `VER_NT_WORKSTATION`.
const WORKSTATION: u8 = 1;
/// Major, minor and build number.
const MAJOR: u32 = 10;
const MINOR: u32 = 0;
pub(super) const BUILD: u32 = 19_041;
/// Bits of a condition.
const CONDITION_BITS: u32 = 3;

/// What `RtlVerifyVersionInfo` can compare, by the numbers of the bits in its mask.
mod item {
    pub(super) const MINOR: u32 = 0;
    pub(super) const MAJOR: u32 = 1;
    pub(super) const BUILD: u32 = 2;
    pub(super) const PLATFORM: u32 = 3;
    pub(super) const SERVICE_PACK_MINOR: u32 = 4;
    pub(super) const SERVICE_PACK_MAJOR: u32 = 5;
    pub(super) const PRODUCT_TYPE: u32 = 7;
    /// How many there are.
    pub(super) const COUNT: u32 = 8;
}

/// `RTL_OSVERSIONINFOW`.
#[repr(C)]
struct Version {
    size: u32,
    major: u32,
    minor: u32,
    build: u32,
    platform: u32,
    service_pack: [u16; 128],
}

/// `RTL_OSVERSIONINFOEXW`.
#[repr(C)]
struct ExtendedVersion {
    version: Version,
    end: VersionEnd,
}

/// The end of `RTL_OSVERSIONINFOEXW`.
#[repr(C)]
struct VersionEnd {
    service_pack_major: u16,
    service_pack_minor: u16,
    suite: u16,
    product_type: u8,
    reserved: u8,
}

const _: () = assert!(size_of::<ExtendedVersion>() == 284);

/// The exports about the version.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![RtlGetVersion, RtlVerifyVersionInfo, VerSetConditionMask]
}

/// `PASSIVE_LEVEL`. The structure's size says whether it has its end.
unsafe extern "win64" fn RtlGetVersion(version: *mut Version) -> NtStatus {
    irql::require_at_most("RtlGetVersion", Irql::PASSIVE);
    // SAFETY: by contract the caller's structure, of at least this size.
    let known = unsafe { &mut *version };
    known.major = MAJOR;
    known.minor = MINOR;
    known.build = BUILD;
    known.platform = PLATFORM_NT;
    known.service_pack = [0; 128];
    if known.size as usize >= size_of::<ExtendedVersion>() {
        // SAFETY: by contract it is as large as it says.
        let whole = unsafe { &mut *version.cast::<ExtendedVersion>() };
        whole.end = VersionEnd {
            service_pack_major: 0,
            service_pack_minor: 0,
            suite: 0,
            product_type: WORKSTATION,
            reserved: 0,
        };
    }
    NtStatus::SUCCESS
}

/// Any IRQL. Adds the condition for what `kind` names.
extern "win64" fn VerSetConditionMask(mask: u64, kind: u32, condition: u8) -> u64 {
    let condition = u64::from(condition & 7);
    let items = (0..item::COUNT).filter(|item| kind & 1 << item != 0);
    items.fold(mask, |mask, item| {
        mask | condition << (CONDITION_BITS * item)
    })
}

/// `PASSIVE_LEVEL`. The first part of the version that differs decides, as in `10.0` and `9.5`.
unsafe extern "win64" fn RtlVerifyVersionInfo(
    wanted: *const ExtendedVersion,
    kind: u32,
    mask: u64,
) -> NtStatus {
    irql::require_at_most("RtlVerifyVersionInfo", Irql::PASSIVE);
    // SAFETY: by contract the caller's structure, an `RTL_OSVERSIONINFOEXW`.
    let ExtendedVersion {
        version: wanted,
        end,
    } = unsafe { &*wanted };
    let asks = |item: u32| kind & 1 << item != 0;
    let ordered = [
        (item::MAJOR, MAJOR, wanted.major),
        (item::MINOR, MINOR, wanted.minor),
        (item::SERVICE_PACK_MAJOR, 0, end.service_pack_major.into()),
        (item::SERVICE_PACK_MINOR, 0, end.service_pack_minor.into()),
    ];
    let mut asked = ordered.iter().filter(|(item, ..)| asks(*item));
    let mut asked_again = asked.clone();
    let decisive = asked.find(|(_, own, wanted)| own != wanted);
    let decisive = decisive.or_else(|| asked_again.next_back());
    let others = [
        (item::BUILD, BUILD, wanted.build),
        (item::PLATFORM, PLATFORM_NT, wanted.platform),
        (
            item::PRODUCT_TYPE,
            WORKSTATION.into(),
            end.product_type.into(),
        ),
    ];
    let others = others.iter().filter(|(item, ..)| asks(*item));
    let mut all = others.chain(decisive);
    if all.all(|(item, own, wanted)| holds(mask, *item, own.cmp(wanted))) {
        NtStatus::SUCCESS
    } else {
        NtStatus::REVISION_MISMATCH
    }
}

/// Whether what the host has compares to what is wanted as the mask says.
const fn holds(mask: u64, item: u32, order: Ordering) -> bool {
    match mask >> (CONDITION_BITS * item) & 7 {
        1 => order.is_eq(),
        2 => order.is_gt(),
        3 => order.is_ge(),
        4 => order.is_lt(),
        5 => order.is_le(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32, minor: u32, build: u32) -> ExtendedVersion {
        // SAFETY: zeros are a version.
        let mut whole: ExtendedVersion = unsafe { std::mem::zeroed() };
        let version = &mut whole.version;
        (version.major, version.minor, version.build) = (major, minor, build);
        whole
    }

    fn is_at_least(wanted: &ExtendedVersion, kind: u32) -> bool {
        let mask = VerSetConditionMask(0, kind, 3);
        // SAFETY: a version of this test.
        unsafe { RtlVerifyVersionInfo(wanted, kind, mask) }.is_success()
    }

    #[test]
    fn versions_are_compared_from_the_major_number_on() {
        const MAJOR_AND_MINOR: u32 = 3;
        const WITH_BUILD: u32 = 7;
        assert!(is_at_least(&version(6, 3, 0), MAJOR_AND_MINOR));
        assert!(is_at_least(&version(10, 0, 19_041), WITH_BUILD));
        assert!(!is_at_least(&version(10, 0, 22_000), WITH_BUILD));
        assert!(!is_at_least(&version(10, 1, 0), MAJOR_AND_MINOR));
    }

    #[test]
    fn a_short_structure_is_not_written_past_its_end() {
        let mut whole = version(0, 0, 0);
        for (size, product_type) in [(276, 0), (284, WORKSTATION)] {
            whole.version.size = size;
            let place = (&raw mut whole).cast::<Version>();
            // SAFETY: a version of this test.
            let status = unsafe { RtlGetVersion(place) };
            assert!(status.is_success());
            assert_eq!((whole.version.major, whole.version.build), (10, 19_041));
            assert_eq!(whole.end.product_type, product_type);
        }
    }
}
