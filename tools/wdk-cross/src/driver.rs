//! Cargo on a driver's crate: its command line, and what it links.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, CrateType, Metadata, MetadataCommand, Package};
use fs_err as fs;

use crate::build_tools::BuildTools;
use crate::cargo_output::{artifacts, file_of};
use crate::driver_model::WdkDriverModel;
use crate::files;
use crate::kit::Kit;
use crate::options::{Options, Profile};
use crate::program;
use crate::toolchain::{TARGET, Toolchain};
use crate::tools::Tools;
use crate::wdk_build_copy;
use crate::wdk_macros_cache;

/// Linker arguments for the same image from the same source, and a header with its checksum, which
/// Windows requires of drivers.
const LINKER_ARGUMENTS: [&str; 2] = ["/Brepro", "/RELEASE"];

/// The folders of a build.
pub(crate) struct Folders {
    /// The driver kit.
    pub(crate) kit: PathBuf,
    /// Cargo's builds of the driver.
    pub(crate) build: PathBuf,
}

/// The crate that is being built.
pub(crate) struct Driver<'a> {
    metadata: &'a Metadata,
    pub(crate) package: &'a Package,
    pub(crate) build_tools: &'a BuildTools,
    pub(crate) model: WdkDriverModel,
    remap_workspace: Option<&'a str>,
}

/// The files that cargo linked.
pub(crate) struct Linked {
    pub(crate) image: PathBuf,
    pub(crate) symbols: Option<PathBuf>,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(
        metadata: &'a Metadata,
        build_tools: &'a BuildTools,
        remap_workspace: Option<&'a str>,
    ) -> Result<Self> {
        let package = metadata
            .root_package()
            .context("the folder has a workspace, but no crate")?;
        let model = WdkDriverModel::of(metadata, package)?;
        Ok(Self {
            metadata,
            package,
            build_tools,
            model,
            remap_workspace,
        })
    }

    /// The name of the image, as cargo writes it.
    pub(crate) fn file_name(&self) -> String {
        self.package.name.replace('-', "_")
    }

    pub(crate) fn workspace(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    pub(crate) fn folder(&self) -> Result<&Path> {
        self.package
            .manifest_path
            .as_std_path()
            .parent()
            .context("the crate has no folder")
    }

    /// wdk-build looks for Cargo.lock in the folders above, so this has to be in the workspace.
    pub(crate) fn build_folder(&self) -> PathBuf {
        self.workspace().join("target/driver-build")
    }

    /// Cargo with the arguments that every subcommand on the driver's library needs.
    fn cargo(&self, subcommand: &str, options: &Options, folders: &Folders) -> Result<Command> {
        let toolchain = &self.build_tools.toolchain;
        let mut cargo = toolchain.cargo(self.folder()?);
        cargo
            .args([subcommand, "--lib", "--package", self.package.name.as_str()])
            .args(["--target", TARGET, "--target-dir"])
            .arg(folders.build.join(toolchain.name()))
            .args(["--profile", options.profile.name()])
            .args(toolchain.library_arguments());
        if let Some(features) = &options.features {
            cargo.args(["--features", features]);
        }
        if let Some(name) = self.remap_workspace {
            cargo.arg("--config").arg(self.path_remapping(name)?);
        }
        if !self.chooses_debug_information(options.profile)? {
            // Without line tables, reports of the host could not name the driver's lines.
            cargo.arg("--config").arg(format!(
                "profile.{}.debug='line-tables-only'",
                options.profile.name()
            ));
        }
        if toolchain.builds_its_libraries() || self.build_tools.tools.is_some() {
            // Building `core`, and naming the lock file, are unstable features of cargo.
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(tools) = &self.build_tools.tools {
            self.use_own_kit(&mut cargo, options, tools, folders)?;
        }
        if toolchain.builds_its_libraries() && !cfg!(windows) {
            program::print_status(
                "cargo will warn about an unused patch: it resolves core separately, without the patch",
            );
        }
        Ok(cargo)
    }

    pub(crate) fn compile(&self, options: &Options, folders: &Folders) -> Result<Linked> {
        self.linked(&self.build(options, folders)?)
    }

    fn build(&self, options: &Options, folders: &Folders) -> Result<Vec<Artifact>> {
        let mut cargo = self.cargo("rustc", options, folders)?;
        cargo.args(["--message-format", "json-render-diagnostics", "--"]);
        let more = options.link_arg.iter().map(String::as_str);
        for argument in LINKER_ARGUMENTS.iter().copied().chain(more) {
            cargo.arg("-C").arg(format!("link-arg={argument}"));
        }
        artifacts(&mut cargo)
    }

    /// The libraries that the driver is compiled against, by the names of their crates.
    pub(crate) fn libraries(
        &self,
        options: &Options,
        folders: &Folders,
    ) -> Result<Vec<(String, PathBuf)>> {
        let artifacts = self.build(options, folders)?;
        let library = |artifact: &Artifact| {
            let file = file_of(artifact, "rlib")?;
            Some((artifact.target.name.replace('-', "_"), file))
        };
        Ok(artifacts.iter().filter_map(library).collect())
    }

    pub(crate) fn lint(&self, options: &Options, folders: &Folders) -> Result<bool> {
        let toolchain = &self.build_tools.toolchain;
        let version = program::output(
            toolchain
                .cargo(self.folder()?)
                .args(["clippy", "--version"]),
        );
        if version.is_err() {
            return Ok(false);
        }
        let mut cargo = self.cargo("clippy", options, folders)?;
        cargo.args(["--quiet", "--", "--deny", "warnings"]);
        let status = cargo.stdin(Stdio::null()).status();
        if !status.context("cannot start cargo")?.success() {
            bail!("clippy has warnings about the driver");
        }
        Ok(true)
    }

    /// Makes the kit and the copy of `wdk-build`, and points cargo at them.
    fn use_own_kit(
        &self,
        cargo: &mut Command,
        options: &Options,
        tools: &Tools,
        folders: &Folders,
    ) -> Result<()> {
        let kmdf_minor = self.model.kit_minor();
        let kit = Kit::lay_out(tools, &folders.kit, kmdf_minor)?;
        kit.equip(cargo, tools);
        wdk_macros_cache::remove_if_stale(
            &folders.build.join(self.build_tools.toolchain.name()),
            options.profile.folder(),
            &kit.framework_headers(kmdf_minor),
        )?;
        let copies = wdk_build_copy::make_all(self.metadata, &folders.build)?;
        let lock = self.seed_lock_file(&folders.build)?;
        cargo
            .args(self.build_tools.toolchain.lock_file_flag())
            .arg("--config")
            .arg(format!("resolver.lockfile-path={}", toml_string(&lock)?));
        for (number, copy) in copies.iter().enumerate() {
            // One table can patch a package twice, under different keys.
            let key = format!(
                "patch.{}.wdk-build-{number}",
                toml_string(Path::new(&copy.source))?
            );
            cargo
                .arg("--config")
                .arg(format!("{key}.package='{}'", wdk_build_copy::NAME))
                .arg("--config")
                .arg(format!("{key}.path={}", toml_string(&copy.folder)?));
        }
        Ok(())
    }

    /// True if the workspace's manifest says how much debug information a profile has, or if the
    /// profile has all by default.
    fn chooses_debug_information(&self, profile: Profile) -> Result<bool> {
        let manifest = fs::read_to_string(self.workspace().join("Cargo.toml"))?;
        Ok(profile == Profile::Dev || sets_debug(&manifest, profile.name()))
    }

    /// A lock file for this build alone: a copy of the workspace's, to which cargo adds the copy of
    /// wdk-build.
    fn seed_lock_file(&self, build_folder: &Path) -> Result<PathBuf> {
        let lock = build_folder.join("lock/Cargo.lock");
        let seed = build_folder.join("lock/seed");
        let original = fs::read(self.workspace().join("Cargo.lock"))?;
        if !lock.exists() || fs::read(&seed).ok().as_ref() != Some(&original) {
            files::write_if_changed(&lock, &original)?;
            files::write_if_changed(&seed, &original)?;
        }
        Ok(lock)
    }

    /// Replaces this computer's folders in the names of source files, which panics carry.
    fn path_remapping(&self, workspace: &str) -> Result<String> {
        let registry = self
            .metadata
            .packages
            .iter()
            .find(|p| p.name == wdk_build_copy::NAME);
        let registry = registry.and_then(|package| package.manifest_path.parent()?.parent());
        let registry = registry.context("the driver does not depend on wdk-build")?;
        let folders = [
            (self.workspace().to_owned(), workspace),
            (registry.as_std_path().to_owned(), "crates"),
            (self.build_tools.toolchain.library_source()?, "rust"),
        ];
        let flags = folders.map(|(folder, name)| {
            toml_string(Path::new(&format!(
                "--remap-path-prefix={}={name}",
                folder.display()
            )))
        });
        let flags = flags.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(format!("target.{TARGET}.rustflags=[{}]", flags.join(",")))
    }

    fn linked(&self, artifacts: &[Artifact]) -> Result<Linked> {
        let image = artifacts
            .iter()
            .find(|artifact| {
                artifact.package_id == self.package.id
                    && artifact.target.crate_types.contains(&CrateType::CDyLib)
            })
            .and_then(|artifact| Some((artifact, file_of(artifact, "dll")?)));
        let (artifact, image) =
            image.context("the crate is not a driver: its crate-type must be cdylib")?;
        Ok(Linked {
            image,
            symbols: file_of(artifact, "pdb"),
        })
    }
}

/// Cargo's description of the crate in a folder and of its dependencies.
pub(crate) fn read_metadata(toolchain: &Toolchain, folder: &Path) -> Result<Metadata> {
    let mut command = toolchain.cargo(folder);
    command.args(["metadata", "--format-version", "1", "--manifest-path"]);
    let output = program::output(command.arg(folder.join("Cargo.toml")))?;
    MetadataCommand::parse(output).context("cannot parse the output of cargo metadata")
}

/// True if the table of a profile in a manifest has the key `debug`.
fn sets_debug(manifest: &str, profile: &str) -> bool {
    let header = format!("[profile.{profile}]");
    let table = manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with(&header))
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let mut keys = table.filter_map(|line| line.split_once('='));
    keys.any(|(key, _)| key.trim() == "debug")
}

/// A path as a string of TOML, in which it needs no escapes.
fn toml_string(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.contains(['\'', '\n']));
    let text = text.with_context(|| {
        format!(
            "cargo cannot take the path {}: it has a quote or a line break, or is not UTF-8",
            path.display()
        )
    })?;
    Ok(format!("'{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_sets_debug_keeps_it() {
        let manifest = "[package]\n[profile.dev]\ndebug = 1\n[profile.release]\nlto = true\n";
        assert!(sets_debug(manifest, "dev"));
        assert!(!sets_debug(manifest, "release"));
        assert!(!sets_debug(manifest, "bench"));
        let package = "[profile.release.package.echo]\ndebug = 1\n";
        assert!(!sets_debug(package, "release"));
        assert!(sets_debug(
            "[profile.release] # small\n debug=0\n",
            "release"
        ));
    }
}
