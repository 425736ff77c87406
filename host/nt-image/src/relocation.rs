//! Base relocation: corrects the addresses in an image that is not loaded at its preferred base.

use object::pe;
use object::read::pe::{PeFile64, Relocation, RelocationBlockIterator};

use crate::LoadError;
use crate::layout::outside;

/// Corrects all addresses in `image`, which lies `distance` above where `file` was linked for.
pub(crate) fn relocate(
    file: &PeFile64<'_>,
    image: &mut [u8],
    distance: u64,
) -> Result<(), LoadError> {
    let sections = file.section_table();
    let blocks = file
        .data_directories()
        .relocation_blocks(file.data(), &sections)?;
    blocks.map_or(Ok(()), |blocks| apply_blocks(blocks, image, distance))
}

fn apply_blocks(
    mut blocks: RelocationBlockIterator<'_>,
    image: &mut [u8],
    distance: u64,
) -> Result<(), LoadError> {
    while let Some(block) = blocks.next()? {
        for relocation in block {
            apply(relocation, image, distance)?;
        }
    }
    Ok(())
}

fn apply(relocation: Relocation, image: &mut [u8], distance: u64) -> Result<(), LoadError> {
    let offset = relocation.virtual_address;
    match relocation.typ {
        // Padding of a block.
        pe::IMAGE_REL_BASED_ABSOLUTE => Ok(()),
        pe::IMAGE_REL_BASED_DIR64 => {
            let place = place(image, offset as usize).ok_or_else(|| outside("a relocation"))?;
            *place = u64::from_le_bytes(*place)
                .wrapping_add(distance)
                .to_le_bytes();
            Ok(())
        }
        kind => Err(LoadError::Relocation {
            kind: kind.0,
            offset,
        }),
    }
}

/// The eight bytes at `offset`.
pub(crate) fn place(image: &mut [u8], offset: usize) -> Option<&mut [u8; 8]> {
    image.get_mut(offset..)?.first_chunk_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(page: u32, entries: &[u16]) -> Vec<u8> {
        let size = u32::try_from(8 + entries.len() * 2).unwrap();
        let mut bytes = [page.to_le_bytes(), size.to_le_bytes()].concat();
        bytes.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
        bytes
    }

    fn relocated(entries: &[u16], distance: u64) -> Result<[u8; 32], LoadError> {
        let mut image = [0; 32];
        image[8..16].copy_from_slice(&0x1_8000_1000_u64.to_le_bytes());
        let blocks = block(0, entries);
        apply_blocks(RelocationBlockIterator::new(&blocks), &mut image, distance)?;
        Ok(image)
    }

    #[test]
    fn an_address_moves_with_its_image() {
        let image = relocated(&[0xA008, 0], 0x7000_0000_0000).unwrap();
        assert_eq!(image[8..16], 0x7001_8000_1000_u64.to_le_bytes());
        assert_eq!(image[16..], [0; 16]);
    }

    #[test]
    fn an_image_may_move_down() {
        let image = relocated(&[0xA008, 0], 0x8000_u64.wrapping_neg()).unwrap();
        assert_eq!(image[8..16], 0x1_7FFF_9000_u64.to_le_bytes());
    }

    #[test]
    fn a_relocation_outside_of_the_image_is_refused() {
        assert!(matches!(
            relocated(&[0xA019, 0], 1),
            Err(LoadError::Outside { .. })
        ));
        assert!(relocated(&[0xA018, 0], 1).is_ok());
    }

    #[test]
    fn a_relocation_of_another_machine_is_refused() {
        let error = relocated(&[0x3008, 0], 1).unwrap_err();
        assert!(matches!(
            error,
            LoadError::Relocation { kind: 3, offset: 8 }
        ));
    }
}
