//! The Authenticode hash of an image: of what a signature does not change.

use anyhow::{Context, Result};
use object_of_authenticode::read::pe::PeFile64;
use sha2::{Digest, Sha256};

/// SHA-256 of the image without its checksum and its signature.
pub(super) fn authenticode(image: &[u8]) -> Result<[u8; 32]> {
    let image = PeFile64::parse(image).context("not a 64-bit PE image")?;
    let mut hash = Sha256::new();
    authenticode::authenticode_digest(&image, &mut hash)
        .ok()
        .context("the image's headers point out of the file")?;
    Ok(hash.finalize().into())
}

/// SHA-256 of all bytes.
pub(super) fn flat(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::Sample;

    #[test]
    fn the_checksum_makes_no_difference_and_code_does() {
        let image = Sample::default().bytes();
        let mut other_sum = image.clone();
        let checksum = crate::image::checksum_offset(&image).unwrap();
        other_sum[checksum] ^= 1;
        assert_eq!(
            authenticode(&image).unwrap(),
            authenticode(&other_sum).unwrap()
        );
        assert_ne!(flat(&image), flat(&other_sum));

        let mut other_code = image.clone();
        *other_code.last_mut().unwrap() ^= 1;
        assert_ne!(
            authenticode(&image).unwrap(),
            authenticode(&other_code).unwrap()
        );
    }

    #[test]
    fn what_is_no_image_has_no_hash() {
        assert!(authenticode(b"MZ").is_err());
    }
}
