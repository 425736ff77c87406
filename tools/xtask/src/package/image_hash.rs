//! The Authenticode hash of an image: a signature does not change it.

use std::mem::offset_of;
use std::ops::Range;

use anyhow::{Context, Result};
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile64};
use sha2::{Digest, Sha256};

/// SHA-256 of what a signature signs: the image without its checksum, the directory entry of the
/// signatures, and the signatures.
pub(super) fn authenticode(image: &[u8]) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    for range in signed_ranges(image)? {
        let bytes = image
            .get(range)
            .context("the image's headers point out of the file")?;
        hash.update(bytes);
    }
    Ok(hash.finalize().into())
}

/// The places that a signature signs, in the order of Microsoft's "Windows Authenticode Portable
/// Executable Signature Format": the headers, the sections as they lie in the file, the rest.
fn signed_ranges(image: &[u8]) -> Result<Vec<Range<usize>>> {
    let file = PeFile64::parse(image).context("not a 64-bit PE image")?;
    let headers = file.nt_headers().optional_header();
    let headers_end = usize::try_from(headers.size_of_headers())?;
    let optional = usize::try_from(file.dos_header().nt_headers_offset())?
        + offset_of!(pe::ImageNtHeaders64, optional_header);
    let checksum = optional + offset_of!(pe::ImageOptionalHeader64, check_sum);
    let after_checksum = checksum + size_of::<u32>();
    let mut ranges = if has_signature_entry(headers) {
        let entry = optional
            + size_of::<pe::ImageOptionalHeader64>()
            + pe::IMAGE_DIRECTORY_ENTRY_SECURITY * size_of::<pe::ImageDataDirectory>();
        let after_entry = entry + size_of::<pe::ImageDataDirectory>();
        vec![0..checksum, after_checksum..entry, after_entry..headers_end]
    } else {
        vec![0..checksum, after_checksum..headers_end]
    };

    let sections = section_ranges(&file)?;
    let signed = headers_end + sections.iter().map(Range::len).sum::<usize>();
    ranges.extend(sections);
    // The signatures are the last of the file.
    let unsigned = file
        .data_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY)
        .map_or(0, |signatures| signatures.size.get(LE));
    ranges.push(signed..image.len().saturating_sub(usize::try_from(unsigned)?));
    Ok(ranges)
}

fn has_signature_entry(headers: &pe::ImageOptionalHeader64) -> bool {
    usize::try_from(headers.number_of_rva_and_sizes())
        .is_ok_and(|entries| entries > pe::IMAGE_DIRECTORY_ENTRY_SECURITY)
}

/// The sections that have bytes in the file, in the order of these.
fn section_ranges(file: &PeFile64) -> Result<Vec<Range<usize>>> {
    let mut ranges = Vec::new();
    for section in file.section_table().iter() {
        let start = usize::try_from(section.pointer_to_raw_data.get(LE))?;
        let length = usize::try_from(section.size_of_raw_data.get(LE))?;
        if length != 0 {
            ranges.push(start..start + length);
        }
    }
    ranges.sort_by_key(|range| range.start);
    Ok(ranges)
}

/// SHA-256 of a whole file.
pub(super) fn flat(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

#[cfg(test)]
mod tests {
    use object::write::pe::{NtHeaders, Writer};

    use super::*;

    fn image_of_two_sections() -> Vec<u8> {
        let mut data = Vec::new();
        let mut writer = Writer::new(true, 4096, 512, &mut data);
        writer.reserve_dos_header();
        writer.reserve_nt_headers(16);
        writer.reserve_section_headers(2);
        let text = writer.reserve_section(*b".text\0\0\0", pe::IMAGE_SCN_CNT_CODE, 16, 16);
        let data_flags = pe::IMAGE_SCN_CNT_INITIALIZED_DATA;
        let constants = writer.reserve_section(*b".rdata\0\0", data_flags, 16, 16);
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
        writer.write_section(constants.file_offset, &[0x11; 16]);
        // The last section is as long as its header says.
        data.resize(data.len().next_multiple_of(512), 0);
        data
    }

    /// The offset of the directory entry of the signatures.
    fn signature_entry(image: &[u8]) -> usize {
        wdk_cross::image::checksum_offset(image).unwrap() + 80
    }

    /// The definition in one sentence, for an image without gaps and signatures.
    fn everything_but_checksum_and_entry(image: &[u8]) -> [u8; 32] {
        let checksum = wdk_cross::image::checksum_offset(image).unwrap();
        let entry = signature_entry(image);
        let parts = [
            &image[..checksum],
            &image[checksum + 4..entry],
            &image[entry + 8..],
        ];
        flat(&parts.concat())
    }

    fn add_signature(image: &mut Vec<u8>) {
        let (at, signature) = (signature_entry(image), [0xAB; 24]);
        let start = u32::try_from(image.len()).unwrap();
        image[at..at + 4].copy_from_slice(&start.to_le_bytes());
        image[at + 4..at + 8].copy_from_slice(&24_u32.to_le_bytes());
        image.extend(signature);
    }

    #[test]
    fn the_checksum_makes_no_difference_and_code_does() {
        let image = image_of_two_sections();
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
    fn a_signature_makes_no_difference() {
        let image = image_of_two_sections();
        let mut signed = image.clone();
        add_signature(&mut signed);
        assert_eq!(
            authenticode(&image).unwrap(),
            authenticode(&signed).unwrap()
        );
    }

    #[test]
    fn sections_are_hashed_in_the_order_of_their_data() {
        let mut image = image_of_two_sections();
        let headers = signature_entry(&image) + (16 - 4) * 8;
        // Swaps the headers, not the data.
        let (first, second) = image[headers..headers + 80].split_at_mut(40);
        first.swap_with_slice(second);
        assert_eq!(
            authenticode(&image).unwrap(),
            everything_but_checksum_and_entry(&image)
        );
    }

    #[test]
    fn data_after_the_last_section_is_hashed() {
        let mut image = image_of_two_sections();
        let without = authenticode(&image).unwrap();
        image.extend(b"appended");
        assert_ne!(authenticode(&image).unwrap(), without);
        assert_eq!(
            authenticode(&image).unwrap(),
            everything_but_checksum_and_entry(&image)
        );
    }

    #[test]
    fn an_image_that_is_cut_off_has_no_hash() {
        let mut image = image_of_two_sections();
        image.truncate(image.len() - 1);
        let error = authenticode(&image).unwrap_err();
        assert!(error.to_string().contains("point out of the file"));
    }

    #[test]
    fn a_file_that_is_not_an_image_has_no_hash() {
        assert!(authenticode(b"MZ").is_err());
    }
}
