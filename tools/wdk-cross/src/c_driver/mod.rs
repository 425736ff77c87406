//! A driver written in C or C++.

mod headers;
mod overlay;
mod sources;
mod trace_headers;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;

use self::overlay::Overlay;
use self::sources::Sources;
use crate::build_tools::BuildTools;
use crate::delivery::{self, Built};
use crate::image;
use crate::kit::{Kit, LINK_FLAGS};
use crate::normalize_pe;
use crate::program;
use crate::project;
use crate::toolchain::ToolchainChoice;
use crate::tools::Tools;

/// A driver in C or C++, and how to build it.
#[derive(Debug, Clone)]
pub struct CDriver {
    /// Its sources: files, and folders whose sources are all of the driver.
    pub sources: Vec<PathBuf>,
    /// The image.
    pub out: PathBuf,
    /// The folder of the driver kit. Builds with the same kit run one after the other.
    pub kit_folder: PathBuf,
    /// KMDF's minor version, for a driver that includes `wdf.h`.
    pub kmdf_minor: u64,
    /// Folders of further headers.
    pub include: Vec<PathBuf>,
    /// Macros, as `NAME` or `NAME=VALUE`.
    pub define: Vec<String>,
    /// Without optimization, and with `DBG` set to 1.
    pub debug: bool,
}

impl CDriver {
    /// Builds the driver and checks its image. If that fails, no file of an earlier build is left at
    /// its place, which could be taken for the new one.
    ///
    /// # Errors
    ///
    /// If a program is missing and cannot be installed, the driver does not compile, or its image
    /// is not what Windows requires.
    pub fn build(&self) -> Result<Built> {
        let built = self.build_image();
        if built.is_err() {
            delivery::withdraw(&self.out)?;
        }
        built
    }

    fn build_image(&self) -> Result<Built> {
        let found = BuildTools::prepare(ToolchainChoice::Auto)?;
        let tools = found.tools.context("on Windows, use the installed kit")?;
        let sources = Sources::find(&self.sources, &self.include)?;
        let model = sources.model(self.kmdf_minor);
        program::print_status(&format!("{}: a {model} driver in C", self.out.display()));
        for skipped in &sources.skipped {
            program::print_status(&format!("{} is not compiled", skipped.display()));
        }
        let _lock = project::wait_for_other_builds(&self.kit_folder)?;
        let kit = Kit::lay_out(&tools, &self.kit_folder, model.kit_minor())?;
        let work = self.out.with_extension("build");
        fs::create_dir_all(&work)?;
        let objects = self.compile(&tools, &kit, &sources, &work)?;
        let linked = work.join("linked.sys");
        let symbols = linked.with_extension("pdb");
        program::output(
            Command::new(&tools.lld_link)
                .args(LINK_FLAGS)
                .arg(path_flag("/out:", &linked))
                .arg(path_flag("/pdb:", &symbols))
                .args(kit.link_inputs(model))
                .args(objects),
        )
        .context("the driver does not link")?;
        let mut image = fs::read(&linked)?;
        let mut symbols = fs::read(&symbols)?;
        normalize_pe::normalize(&mut image, Some(&mut symbols))?;
        image::check_any(&image, model.required_imports())?;
        fs::remove_dir_all(&work)?;
        delivery::deliver(&self.out, &image, Some(&symbols), None)
    }

    /// Compiles each source and returns the object files.
    fn compile(
        &self,
        tools: &Tools,
        kit: &Kit,
        sources: &Sources,
        work: &Path,
    ) -> Result<Vec<PathBuf>> {
        let traces = work.join("trace");
        trace_headers::write(sources, &traces)?;
        let own: Vec<_> = [traces]
            .into_iter()
            .chain(sources.folders.iter().cloned())
            .chain(self.include.iter().cloned())
            .collect();
        let overlay = work.join("overlay.json");
        let kit_folders = kit.include_folders(self.kmdf_minor);
        Overlay::of(own.iter().chain(&kit_folders))?.write(&overlay)?;
        let mut objects = Vec::new();
        for (number, source) in sources.files.iter().enumerate() {
            let object = work.join(format!("{number}.obj"));
            let mut clang = kit.c_compiler(tools, self.kmdf_minor);
            clang.arg("-ivfsoverlay").arg(&overlay);
            for folder in &own {
                clang.arg("-I").arg(folder);
            }
            clang.args(self.define.iter().map(|define| format!("-D{define}")));
            clang.args(if self.debug {
                ["-O0", "-DDBG=1"]
            } else {
                ["-O2", "-DDBG=0"]
            });
            clang.arg("-c").arg(source).arg("-o").arg(&object);
            program::visible(&mut clang)
                .with_context(|| format!("{} does not compile", source.display()))?;
            objects.push(object);
        }
        Ok(objects)
    }
}

fn path_flag(flag: &str, path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from(flag);
    argument.push(path);
    argument
}
