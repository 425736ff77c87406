//! A driver's crate and what can be done with it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::build_tools::BuildTools;
use crate::delivery::{self, Built};
use crate::driver::{self, Driver, Folders};
use crate::files;
use crate::image;
use crate::inf::Architecture;
use crate::normalize_pe;
use crate::options::Options;
use crate::program;

/// The crate of a driver, and how to build it.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder of the crate.
    pub folder: PathBuf,
    /// The folder of the driver kit; by default `target/kit` in the crate's workspace. Builds with
    /// the same kit run one after the other.
    pub kit_folder: Option<PathBuf>,
    /// The name that replaces the path of the workspace in the names of source files, which panics
    /// carry. Without it, the image has this computer's paths in it.
    pub remap_workspace: Option<String>,
    /// System files that the image must import from, besides those of every driver of its model.
    pub required_imports: Vec<String>,
    /// The options that users choose.
    pub options: Options,
}

/// What rustc needs to compile a further module of a driver.
#[derive(Debug)]
pub struct Compilation {
    /// The compiler.
    pub rustc: PathBuf,
    /// The libraries, by the names of their crates.
    pub libraries: Vec<(String, PathBuf)>,
    /// True if `core` is one of the libraries. Otherwise it is in rustc's own folder.
    pub includes_core: bool,
}

impl Project {
    /// The driver in a folder, with the default options.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            kit_folder: None,
            remap_workspace: None,
            required_imports: Vec::new(),
            options: Options::default(),
        }
    }

    /// Builds the driver and checks its image. If that fails, no file of an earlier build is left at
    /// its place, which could be taken for the new one.
    ///
    /// # Errors
    ///
    /// If a program is missing and cannot be installed, the driver does not compile, or its image
    /// is not what Windows requires.
    pub fn build(&self) -> Result<Built> {
        let built = self.with_driver(|driver, folders| {
            let out = delivery::image_path(driver, self.options.out.as_deref());
            let built = self.build_driver(driver, folders, &out);
            if built.is_err() {
                delivery::withdraw(&out)?;
            }
            built
        });
        if let (Err(_), Some(out)) = (&built, &self.options.out) {
            delivery::withdraw(out)?;
        }
        built
    }

    fn build_driver(&self, driver: &Driver<'_>, folders: &Folders, out: &Path) -> Result<Built> {
        let linked = driver.compile(&self.options, folders)?;
        let mut image = fs::read(&linked.image)?;
        let mut symbols = linked.symbols.as_ref().map(fs::read).transpose()?;
        if driver.build_tools.tools.is_some() {
            // Microsoft's linker needs no help with /Brepro.
            normalize_pe::normalize(&mut image, symbols.as_deref_mut())?;
        }
        let of_project = self.required_imports.iter().map(String::as_str);
        let of_model = driver.model.required_imports().iter().copied();
        image::check_any(&image, &of_model.chain(of_project).collect::<Vec<_>>())?;
        let inf = delivery::stamped_inf(driver)?;
        delivery::deliver(out, &image, symbols.as_deref(), inf.as_deref())
    }

    /// Lints the driver as it is built. False if the toolchain has no clippy.
    ///
    /// # Errors
    ///
    /// If clippy finds something, or cannot run.
    pub fn lint(&self) -> Result<bool> {
        self.with_driver(|driver, folders| driver.lint(&self.options, folders))
    }

    /// Builds the driver and returns how it is compiled.
    ///
    /// # Errors
    ///
    /// If the driver does not compile.
    pub fn compilation(&self) -> Result<Compilation> {
        self.with_driver(|driver, folders| {
            let toolchain = &driver.build_tools.toolchain;
            Ok(Compilation {
                rustc: toolchain.rustc().to_owned(),
                libraries: driver.libraries(&self.options, folders)?,
                includes_core: toolchain.builds_its_libraries(),
            })
        })
    }

    /// Writes the driver's INF file for an architecture, without a build.
    ///
    /// # Errors
    ///
    /// If the crate has no source of an INF file, or it is not valid.
    pub fn stamp_inf(&self, architecture: Architecture, to: &Path) -> Result<()> {
        self.with_driver(|driver, _| {
            let source = delivery::inf_source(driver)?;
            let inf = delivery::stamp_inf(driver, &source, architecture)?;
            files::write_if_changed(to, &inf)
        })
    }

    /// Calls `work` while no other build uses the same kit.
    fn with_driver<R>(&self, work: impl FnOnce(&Driver<'_>, &Folders) -> Result<R>) -> Result<R> {
        let folder = self
            .folder
            .canonicalize()
            .with_context(|| format!("no such folder: {}", self.folder.display()))?;
        let build_tools = BuildTools::prepare(self.options.toolchain)?;
        program::print_status(&format!(
            "{} with {}",
            folder.display(),
            build_tools.toolchain.describe()?
        ));
        let metadata = driver::read_metadata(&build_tools.toolchain, &folder)?;
        let driver = Driver::new(&metadata, &build_tools, self.remap_workspace.as_deref())?;
        let default_kit = || driver.workspace().join("target/kit");
        let folders = Folders {
            kit: self.kit_folder.clone().unwrap_or_else(default_kit),
            build: driver.build_folder(),
        };
        let _lock = wait_for_other_builds(&folders.kit)?;
        work(&driver, &folders)
    }
}

/// Locks the kit until the file is dropped: builds share its folders.
pub(crate) fn wait_for_other_builds(kit: &Path) -> Result<fs::File> {
    fs::create_dir_all(kit)?;
    let lock = fs::File::create(kit.join(".lock"))?;
    if lock.file().try_lock().is_err() {
        program::print_status("waiting for another build to end");
        lock.file()
            .lock()
            .context("cannot wait for another build")?;
    }
    Ok(lock)
}
