//! Names for addresses in an image, from the program database that the linker has left beside it.

use std::fs::File;

use pdb_addr2line::pdb::PDB;
use pdb_addr2line::{Context, ContextPdbData, Frame, TypeFormatterFlags};

use crate::loaded::LoadedImage;

/// Names each of `offsets` into `image`, as far as its database knows them: the function and
/// the line, and before them the functions that the compiler has put into it.
///
/// Reads the whole database: for reports only.
#[must_use]
pub fn name(image: &LoadedImage, offsets: &[u32]) -> Vec<Vec<String>> {
    named(image, offsets).unwrap_or_else(|| vec![Vec::new(); offsets.len()])
}

fn named(image: &LoadedImage, offsets: &[u32]) -> Option<Vec<Vec<String>>> {
    let file = File::open(image.path.with_extension("pdb")).ok()?;
    let mut database = PDB::open(file).ok()?;
    // Both have the number that the linker made for this one image.
    let number = database.pdb_information().ok()?.guid.to_bytes_le();
    if image.database != Some(number) {
        return None;
    }
    let data = ContextPdbData::try_from_pdb(database).ok()?;
    let flags = TypeFormatterFlags::NO_ARGUMENTS
        | TypeFormatterFlags::NO_FUNCTION_RETURN
        | TypeFormatterFlags::NO_MEMBER_FUNCTION_STATIC
        | TypeFormatterFlags::NAME_ONLY;
    let context = data.make_context_with_formatter_flags(flags).ok()?;
    Some(
        offsets
            .iter()
            .map(|offset| frames(&context, *offset))
            .collect(),
    )
}

fn frames(context: &Context<'_, '_>, offset: u32) -> Vec<String> {
    let frames = context.find_frames(offset).ok().flatten();
    frames.map_or_else(Vec::new, |found| {
        found.frames.iter().map(describe).collect()
    })
}

fn describe(frame: &Frame<'_>) -> String {
    let function = frame.function.as_deref().unwrap_or("?");
    // A name of Rust's without the hash at its end; any other name is left as it is.
    let function = format!("{:#}", rustc_demangle::demangle(function));
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => format!("{function} ({file}:{line})"),
        _ => function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_database_nothing_has_a_name() {
        let image = LoadedImage {
            name: "driver.sys".to_owned(),
            path: "/nowhere/driver.sys".into(),
            database: None,
            range: 0..0,
            code: Vec::new(),
            functions: 0..0,
        };
        let names = name(&image, &[1, 2]);
        assert_eq!(names, [Vec::<String>::new(), Vec::new()]);
    }
}
