//! The cache of wdk-macros: the prototypes of the framework's functions. wdk-macros reads them from
//! the kit's bindings only once, so the cache must be removed when the kit's headers change.

use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Result;
use fs_err as fs;

/// Its path below the build folder of `scratch`, the crate that makes it.
const CACHE: &str = "out/wdk_macros_ast_fragments/cached_function_info_map.json";

/// Removes caches older than the headers in `include`, for builds of `profile` below `target`.
pub(crate) fn remove_if_stale(target: &Path, profile: &str, include: &Path) -> Result<()> {
    let Some(changed) = newest(include)? else {
        return Ok(());
    };
    for cache in caches(&target.join(profile).join("build"))? {
        if fs::metadata(&cache)?.modified()? < changed {
            fs::remove_file(&cache)?;
        }
    }
    Ok(())
}

/// The time at which the newest file of a folder was written.
fn newest(folder: &Path) -> Result<Option<SystemTime>> {
    let mut newest = None;
    for entry in fs::read_dir(folder)? {
        newest = newest.max(Some(entry?.metadata()?.modified()?));
    }
    Ok(newest)
}

fn caches(builds: &Path) -> Result<Vec<PathBuf>> {
    if !builds.exists() {
        return Ok(Vec::new());
    }
    let mut caches = Vec::new();
    for entry in fs::read_dir(builds)? {
        let cache = entry?.path().join(CACHE);
        if cache.exists() {
            caches.push(cache);
        }
    }
    Ok(caches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_removed_when_a_header_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let include = folder.path().join("include");
        let cache = folder.path().join("release/build/scratch-1").join(CACHE);
        fs::create_dir_all(&include).unwrap();
        fs::create_dir_all(cache.parent().unwrap()).unwrap();
        let header = include.join("wdf.h");
        let write = |path: &Path, seconds: u64| {
            fs::write(path, "").unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            let file = fs::File::options().write(true).open(path).unwrap();
            file.file().set_modified(time).unwrap();
        };
        write(&header, 10);
        write(&cache, 20);
        remove_if_stale(folder.path(), "release", &include).unwrap();
        assert!(cache.exists());
        write(&header, 30);
        remove_if_stale(folder.path(), "release", &include).unwrap();
        assert!(!cache.exists());
    }
}
