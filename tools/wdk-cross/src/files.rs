//! Files that are written only when their content changes, so that nothing built from them is
//! rebuilt for a new time stamp alone.

use std::io;
use std::path::Path;

use anyhow::Result;
use fs_err as fs;

/// Writes `content` to `path` unless the file has it already; makes the folders above.
///
/// # Errors
///
/// Those of the file system.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if is_regular(path) && fs::read(path)? == content {
        return Ok(());
    }
    clear_path(path)?;
    fs::write(path, content)?;
    Ok(())
}

/// Like `write_if_changed`, but the file has either its old content or all of the new one: the build
/// may be ended while it writes.
///
/// # Errors
///
/// Those of the file system.
pub fn replace_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if is_regular(path) && fs::read(path)? == content {
        return Ok(());
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    clear_path(new)?;
    fs::write(new, content)?;
    fs::rename(new, path)?;
    Ok(())
}

/// Copies a file unless the target has the same content.
///
/// # Errors
///
/// Those of the file system.
pub fn copy_if_changed(from: &Path, to: &Path) -> Result<()> {
    write_if_changed(to, &fs::read(from)?)
}

/// Makes `link` a symbolic link to `target`, unless it is one.
///
/// # Errors
///
/// Those of the file system.
#[cfg(unix)]
pub fn link(target: &Path, link: &Path) -> Result<()> {
    if fs::read_link(link).is_ok_and(|now| now == target) {
        return Ok(());
    }
    clear_path(link)?;
    fs::os::unix::fs::symlink(target, link)?;
    Ok(())
}

/// Windows has the driver kit, so no link is made there.
///
/// # Errors
///
/// Always.
#[cfg(not(unix))]
pub fn link(_target: &Path, link: &Path) -> Result<()> {
    anyhow::bail!("{}: symbolic links are only made on Unix", link.display())
}

/// Removes every entry of `folder` for which `keep` is false.
///
/// # Errors
///
/// Those of the file system.
pub fn prune(folder: &Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !keep(&entry.file_name().to_string_lossy()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Makes the folders above `path` and removes what is at `path`: a write through a link would
/// change the file that it points at.
fn clear_path(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    remove(path)
}

/// Removes a file or a folder, if there is one.
///
/// # Errors
///
/// Those of the file system.
pub fn remove(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(fs::remove_dir_all(path)?),
        Ok(_) => Ok(fs::remove_file(path)?),
        // A file may be where a folder of the path would be.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn is_regular(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn the_same_content_keeps_the_time_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.h");
        write_if_changed(&path, b"one").unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(1000);
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();

        write_if_changed(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);

        write_if_changed(&path, b"two").unwrap();
        assert_ne!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_what_it_points_at_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("original.h");
        let path = folder.path().join("kit/link.h");
        write_if_changed(&original, b"theirs").unwrap();
        link(&original, &path).unwrap();

        write_if_changed(&path, b"ours").unwrap();
        assert_eq!(fs::read(&original).unwrap(), b"theirs");
        assert_eq!(fs::read(&path).unwrap(), b"ours");
    }
}
