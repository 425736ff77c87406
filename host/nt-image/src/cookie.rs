//! The security cookie: a random number that compiled code keeps on the stack to notice overruns.

use std::hash::{BuildHasher, RandomState};

use object::pe::{IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, ImageLoadConfigDirectory64};
use object::read::pe::PeFile64;

use crate::relocation::place;

/// A cookie's bits: the upper 16 are zero.
const COOKIE_BITS: u64 = 0x0000_FFFF_FFFF_FFFF;

/// Gives `image`, mapped from `file` at `base`, a cookie of its own, if it has one.
pub(crate) fn set(file: &PeFile64<'_>, image: &mut [u8], base: u64) {
    let address = cookie_address(file, image);
    let offset = address.and_then(|address| usize::try_from(address.checked_sub(base)?).ok());
    if let Some(cookie) = offset.and_then(|offset| place(image, offset)) {
        let random = RandomState::new().hash_one(base) & COOKIE_BITS;
        *cookie = random.to_le_bytes();
    }
}

/// The cookie's address, after relocation, from the load configuration.
fn cookie_address(file: &PeFile64<'_>, image: &[u8]) -> Option<u64> {
    const MEMBER: usize = std::mem::offset_of!(ImageLoadConfigDirectory64, security_cookie);
    let directory = file.data_directory(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG)?;
    let (start, _) = directory.address_range();
    let config = image.get(start as usize..).filter(|_| start != 0)?;
    let size = u32::from_le_bytes(*config.first_chunk()?);
    let address = u64::from_le_bytes(*config.get(MEMBER..)?.first_chunk()?);
    (size as usize > MEMBER && address != 0).then_some(address)
}
