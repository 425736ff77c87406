//! Makes the same image from the same source by the same tools, in any folder.
//!
//! The linker computes the identity of an image and its debug information from the latter, which
//! has the names of temporary folders in it. So each build would have another identity and time
//! stamp. This module computes both from the image.

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::PeFile64;
use sha2::{Digest, Sha256};

use crate::image;

const GUID_BYTES: usize = 16;

/// The part of the GUID that is computed; the linker's name makes up the rest.
const HASH_BYTES: usize = 8;

/// Gives an image, and the debug information that belongs to it, their final identity.
pub(crate) fn normalize(image: &mut [u8], symbols: Option<&mut [u8]>) -> Result<()> {
    let places = Places::find(image).context("cannot find the identity of the linked image")?;
    let linked_guid = places.guid.map(|at| image[at..at + GUID_BYTES].to_vec());
    for &at in &places.time_stamps {
        image[at..at + 4].fill(0);
    }
    image[places.checksum..places.checksum + 4].fill(0);
    if let Some(at) = places.guid {
        image[at..at + HASH_BYTES].fill(0);
    }

    let hash = Sha256::digest(&*image);
    let hash = &hash[..HASH_BYTES];
    for &at in &places.time_stamps {
        image[at..at + 4].copy_from_slice(&hash[..4]);
    }
    if let Some(at) = places.guid {
        image[at..at + HASH_BYTES].copy_from_slice(hash);
    }
    let checksum = image::checksum(image).context("the image has no checksum")?;
    image[places.checksum..places.checksum + 4].copy_from_slice(&checksum.to_le_bytes());

    if let (Some(symbols), Some(guid)) = (symbols, linked_guid) {
        let at = only_place(symbols, &guid)?;
        symbols[at..at + HASH_BYTES].copy_from_slice(hash);
    }
    Ok(())
}

/// The offsets of the identity in the file.
struct Places {
    time_stamps: Vec<usize>,
    checksum: usize,
    guid: Option<usize>,
}

impl Places {
    fn find(data: &[u8]) -> Result<Self> {
        let image = PeFile64::parse(data)?;
        // In the file header, after the signature, the machine and the number of sections.
        let headers = usize::try_from(image.dos_header().nt_headers_offset())?;
        let mut time_stamps = vec![headers + 8];
        let mut guid = None;
        let directory = image.data_directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG);
        if let Some(directory) = directory.filter(|directory| directory.size.get(LE) != 0) {
            let range = directory.file_range(&image.section_table())?;
            let start = usize::try_from(range.0)?;
            let count = usize::try_from(range.1)? / size_of::<pe::ImageDebugDirectory>();
            let entries = data
                .get(start..)
                .context("the debug directory is cut off")?;
            let (entries, _) = object::slice_from_bytes::<pe::ImageDebugDirectory>(entries, count)
                .ok()
                .context("the debug directory is cut off")?;
            for (index, entry) in entries.iter().enumerate() {
                // After the characteristics.
                time_stamps.push(start + index * size_of::<pe::ImageDebugDirectory>() + 4);
                if entry.typ.get(LE) == pe::IMAGE_DEBUG_TYPE_CODEVIEW {
                    // After the mark "RSDS".
                    guid = Some(usize::try_from(entry.pointer_to_raw_data.get(LE))? + 4);
                }
            }
        }
        let checksum = image::checksum_offset(data).context("the header is cut off")?;
        let last = time_stamps
            .iter()
            .copied()
            .chain(guid.map(|at| at + GUID_BYTES))
            .max();
        if last.is_some_and(|last| last + 4 > data.len()) {
            bail!("the debug directory points out of the file");
        }
        Ok(Self {
            time_stamps,
            checksum,
            guid,
        })
    }
}

fn only_place(data: &[u8], pattern: &[u8]) -> Result<usize> {
    let mut places = data
        .windows(pattern.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == pattern);
    match (places.next(), places.next()) {
        (Some((at, _)), None) => Ok(at),
        (None, _) => bail!("the debug information is not that of the image"),
        _ => bail!("the debug information has the image's identity in more than one place"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::tests::Sample;

    const GUID: [u8; GUID_BYTES] = *b"linked__LLD PDB.";

    fn symbols_with(guid: [u8; GUID_BYTES]) -> Vec<u8> {
        [b"Microsoft C/C++ MSF 7.00".as_slice(), &guid, b"the rest"].concat()
    }

    #[test]
    fn the_identity_of_the_linker_makes_no_difference() {
        let mut one = Sample::with_debug_directory(GUID, 0x1111_1111).bytes();
        let mut other_guid = GUID;
        other_guid[..HASH_BYTES].copy_from_slice(b"another_");
        let mut two = Sample::with_debug_directory(other_guid, 0x2222_2222).bytes();
        assert_ne!(one, two);
        let mut one_symbols = symbols_with(GUID);
        let mut two_symbols = symbols_with(other_guid);

        normalize(&mut one, Some(&mut one_symbols)).unwrap();
        normalize(&mut two, Some(&mut two_symbols)).unwrap();
        assert_eq!(one, two);
        assert_eq!(one_symbols, two_symbols);
        image::check(&one, &[]).unwrap();
        // They still belong together.
        let guid = &one[Places::find(&one).unwrap().guid.unwrap()..][..GUID_BYTES];
        assert_ne!(guid, GUID);
        assert!(only_place(&one_symbols, guid).is_ok());
    }

    #[test]
    fn a_different_image_gets_a_different_identity() {
        let mut one = Sample::with_debug_directory(GUID, 1).bytes();
        let other = Sample::with_debug_directory(GUID, 1).importing(&["ntoskrnl.exe", "HAL.dll"]);
        let mut two = other.bytes();
        normalize(&mut one, None).unwrap();
        normalize(&mut two, None).unwrap();
        let guid = |data: &[u8]| data[Places::find(data).unwrap().guid.unwrap()..][..8].to_vec();
        assert_ne!(guid(&one), guid(&two));
    }

    #[test]
    fn an_image_without_debug_information_is_normalized_too() {
        let mut image = Sample::default().bytes();
        normalize(&mut image, None).unwrap();
        image::check(&image, &[]).unwrap();
    }

    #[test]
    fn debug_information_of_another_image_is_an_error() {
        let mut image = Sample::with_debug_directory(GUID, 1).bytes();
        let error = normalize(&mut image, Some(&mut symbols_with([7; GUID_BYTES]))).unwrap_err();
        assert!(
            error.to_string().contains("not that of the image"),
            "{error}"
        );
    }
}
