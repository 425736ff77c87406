//! The Authenticode hash of an image: a signature does not change it.

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

/// SHA-256 of a whole file.
pub(super) fn flat(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

#[cfg(test)]
mod tests {
    use object::pe;
    use object::write::pe::{NtHeaders, Writer};

    use super::*;

    fn image_of_one_section() -> Vec<u8> {
        let mut data = Vec::new();
        let mut writer = Writer::new(true, 4096, 512, &mut data);
        writer.reserve_dos_header();
        writer.reserve_nt_headers(16);
        writer.reserve_section_headers(1);
        let text = writer.reserve_section(*b".text\0\0\0", pe::IMAGE_SCN_CNT_CODE, 16, 16);
        writer.write_empty_dos_header().unwrap();
        writer.write_nt_headers(NtHeaders {
            machine: pe::IMAGE_FILE_MACHINE_AMD64,
            time_date_stamp: 0,
            characteristics: pe::IMAGE_FILE_EXECUTABLE_IMAGE,
            major_linker_version: 0,
            minor_linker_version: 0,
            address_of_entry_point: text.virtual_address,
            image_base: 0x1_4000_0000,
            major_operating_system_version: 10,
            minor_operating_system_version: 0,
            major_image_version: 0,
            minor_image_version: 0,
            major_subsystem_version: 10,
            minor_subsystem_version: 0,
            subsystem: pe::IMAGE_SUBSYSTEM_NATIVE,
            dll_characteristics: pe::DllFlags(0),
            size_of_stack_reserve: 0,
            size_of_stack_commit: 0,
            size_of_heap_reserve: 0,
            size_of_heap_commit: 0,
        });
        writer.write_section_headers();
        writer.write_section(text.file_offset, &[0xC3; 16]);
        data
    }

    #[test]
    fn the_checksum_makes_no_difference_and_code_does() {
        let image = image_of_one_section();
        let mut other_sum = image.clone();
        let checksum = wdk_cross::image::checksum_offset(&image).unwrap();
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
    fn a_file_that_is_not_an_image_has_no_hash() {
        assert!(authenticode(b"MZ").is_err());
    }
}
