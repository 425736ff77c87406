//! Copies of the crate that this workspace's driver depends on, and of made-up sources.

use cargo_metadata::MetadataCommand;

use super::*;

/// Cargo has fetched the crate, for the driver's package is part of this workspace.
fn workspace() -> Metadata {
    MetadataCommand::new().exec().unwrap()
}

fn wdk_build(metadata: &Metadata) -> Package {
    let mut packages = metadata.packages.iter();
    let found = packages.find(|package| package.name == NAME);
    found.unwrap().clone()
}

fn with_source(source: &str) -> Package {
    let metadata = workspace();
    let mut package = wdk_build(&metadata);
    package.source = Some(serde_json::from_value(source.into()).unwrap());
    package
}

#[test]
fn every_patch_fits_the_crate_of_the_lock_file() {
    let build = tempfile::tempdir().unwrap();
    let copies = make_all(&workspace(), build.path()).unwrap();

    let [copy] = copies.as_slice() else {
        panic!("{copies:?}")
    };
    assert_eq!(copy.source, "crates-io");
    assert_eq!(copy.folder, build.path().join("wdk-build"));
    let utils = fs::read_to_string(copy.folder.join("src/utils.rs")).unwrap();
    assert!(!utils.contains("compile_error!"));
    assert!(!copy.folder.join("Cargo.lock").exists());
}

#[test]
fn two_versions_have_a_copy_each() {
    let build = tempfile::tempdir().unwrap();
    let mut metadata = workspace();
    let mut older = wdk_build(&metadata);
    older.version = "0.5.1".parse().unwrap();
    older.source = None;
    metadata.packages.push(older);
    let copies = make_all(&metadata, build.path()).unwrap();

    let [newer, older] = copies.as_slice() else {
        panic!("{copies:?}")
    };
    assert_ne!(newer.folder, older.folder);
    assert_ne!(newer.source, older.source);
    let manifest = fs::read_to_string(older.folder.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("version = \"0.5.1\""), "{manifest}");
}

#[test]
fn a_crate_without_wdk_build_is_no_driver() {
    let build = tempfile::tempdir().unwrap();
    let mut metadata = workspace();
    metadata.packages.retain(|package| package.name != NAME);
    let error = make_all(&metadata, build.path()).unwrap_err().to_string();
    assert!(error.contains("does not depend on wdk-build"), "{error}");
}

#[test]
fn a_source_is_named_as_a_patch_table_names_it() {
    for (source, key) in [
        (
            "registry+https://github.com/rust-lang/crates.io-index",
            "crates-io",
        ),
        (
            "git+https://github.com/microsoft/windows-drivers-rs?branch=main#7d3000c6",
            "https://github.com/microsoft/windows-drivers-rs",
        ),
        (
            "git+https://github.com/microsoft/windows-drivers-rs#7d3000c6",
            "https://github.com/microsoft/windows-drivers-rs",
        ),
        (
            "sparse+https://crates.example.com/index/",
            "https://crates.example.com/index/",
        ),
    ] {
        assert_eq!(patched_source(&with_source(source)).unwrap(), key);
    }
}

#[test]
fn a_folder_is_named_by_its_url() {
    let mut in_a_folder = wdk_build(&workspace());
    in_a_folder.source = None;
    in_a_folder.manifest_path = "/home/me/drivers/wdk-build/Cargo.toml".into();
    assert_eq!(
        patched_source(&in_a_folder).unwrap(),
        "file:///home/me/drivers/wdk-build"
    );
}

#[test]
fn an_error_of_a_patch_names_crate_version_and_file() {
    let from = tempfile::tempdir().unwrap();
    fs::create_dir(from.path().join("src")).unwrap();
    for file in ["Cargo.toml", "src/utils.rs", "src/cargo_make.rs"] {
        fs::write(from.path().join(file), "\n").unwrap();
    }
    let mut package = wdk_build(&workspace());
    package.version = "9.9.9".parse().unwrap();
    package.manifest_path = from.path().join("Cargo.toml").try_into().unwrap();
    let to = tempfile::tempdir().unwrap();
    let error = make(&package, to.path()).unwrap_err().to_string();
    assert!(error.contains("wdk-build 9.9.9, src/"), "{error}");
}

#[test]
fn files_of_an_older_copy_are_removed() {
    let from = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    fs::write(from.path().join("new.rs"), "new").unwrap();
    fs::write(to.path().join("old.rs"), "old").unwrap();
    copy_tree(from.path(), to.path(), &|_, _| Ok(None)).unwrap();
    assert!(to.path().join("new.rs").exists());
    assert!(!to.path().join("old.rs").exists());
}
