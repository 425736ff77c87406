//! `cargo xtask build`: from a driver's crate to its image.

use std::fmt;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use cargo_metadata::Artifact;
use cargo_metadata::CrateType;
use cargo_metadata::Message;
use cargo_metadata::Metadata;
use cargo_metadata::MetadataCommand;
use cargo_metadata::Package;
use clap::Args;
use clap::ValueEnum;
use fs_err as fs;

use crate::build_tools::BuildTools;
use crate::files;
use crate::image;
use crate::inf::Architecture;
use crate::inf::Stamp;
use crate::kit::Kit;
use crate::normalize_pe;
use crate::program;
use crate::source_date;
use crate::toolchain::{TARGET, Toolchain, ToolchainChoice};
use crate::tools::Tools;
use crate::wdk_build_copy;
use crate::wdk_macros_cache;
use crate::workspace;

/// Linker arguments for the same image from the same source, and a header with its checksum, as
/// Windows wants it of drivers.
const LINKER_ARGUMENTS: [&str; 2] = ["/Brepro", "/RELEASE"];

/// What to build, and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder of another KMDF driver's crate, instead of this workspace's driver
    #[arg(long = "crate", value_name = "DIR")]
    crate_folder: Option<PathBuf>,
    /// Where to put the image [default: target/driver/<package>.sys]
    #[arg(long, value_name = "FILE.sys")]
    out: Option<PathBuf>,
    /// Which Rust to build with
    #[arg(long, value_enum, default_value_t = ToolchainChoice::Auto)]
    toolchain: ToolchainChoice,
    /// Cargo's profile
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
    /// Features of the driver's crate to turn on
    #[arg(long, value_name = "LIST")]
    features: Option<String>,
}

impl Options {
    /// This workspace's driver, as it ships.
    pub(crate) fn ours() -> Self {
        Self {
            crate_folder: None,
            out: None,
            toolchain: ToolchainChoice::Auto,
            profile: Profile::Release,
            features: None,
        }
    }

    /// Another driver, with a place for its image.
    pub(crate) fn other(folder: PathBuf, image: PathBuf) -> Self {
        Self {
            crate_folder: Some(folder),
            out: Some(image),
            ..Self::ours()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    Release,
    Dev,
}

impl Profile {
    /// As cargo calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }

    /// The folder that cargo puts its builds in.
    fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// What a build has made.
#[derive(Debug)]
pub(crate) struct Built {
    /// The driver.
    pub(crate) image: PathBuf,
    /// Its debug information, if the linker wrote any.
    pub(crate) symbols: Option<PathBuf>,
    /// Its INF file, if the crate has a source of one.
    pub(crate) inf: Option<PathBuf>,
}

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = [Some(&self.image), self.inf.as_ref(), self.symbols.as_ref()];
        files
            .into_iter()
            .flatten()
            .try_for_each(|file| writeln!(f, "{}", file.display()))
    }
}

/// Builds a driver and checks its image.
pub(crate) fn build(options: &Options) -> Result<Built> {
    with_driver(options, |driver, site| {
        let linked = driver.compile(options, site)?;
        let mut image = fs::read(&linked.image)?;
        let mut symbols = linked.symbols.as_ref().map(fs::read).transpose()?;
        if driver.build_tools.tools.is_some() {
            // Microsoft's linker needs no help with /Brepro.
            normalize_pe::normalize(&mut image, symbols.as_deref_mut())?;
        }
        let needed: &[&str] = if driver.is_ours { &["NETIO.SYS"] } else { &[] };
        image::check(&image, needed)?;
        driver.deliver(&image, symbols.as_deref(), options.out.as_deref())
    })
}

/// Writes our driver's INF file as it would be for another architecture.
pub(crate) fn stamp_inf(architecture: Architecture, to: &Path) -> Result<()> {
    with_driver(&Options::ours(), |driver, _| {
        let source = driver.inf_source()?;
        driver.stamp_inf(&source, architecture, to)
    })
}

/// Lints a driver as it is built. Tells whether it could: a toolchain may come without clippy.
pub(crate) fn lint(options: &Options) -> Result<bool> {
    with_driver(options, |driver, site| driver.lint(options, site))
}

/// How the driver is compiled, for whoever compiles a part of it by hand.
#[derive(Debug)]
pub(crate) struct Compilation {
    pub(crate) rustc: PathBuf,
    /// The libraries, by the names of their crates.
    pub(crate) libraries: Vec<(String, PathBuf)>,
    /// Whether `core` is among the libraries, rather than in rustc's own folder.
    pub(crate) core_is_among_them: bool,
}

/// Builds a driver and tells how it is compiled.
pub(crate) fn compilation(options: &Options) -> Result<Compilation> {
    with_driver(options, |driver, site| {
        Ok(Compilation {
            rustc: driver.build_tools.toolchain.rustc().to_owned(),
            libraries: driver.libraries(options, site)?,
            core_is_among_them: driver.build_tools.toolchain.builds_its_libraries(),
        })
    })
}

/// The folders of a build.
struct Site {
    /// This workspace.
    root: PathBuf,
    /// Where cargo builds the driver.
    build_folder: PathBuf,
}

/// Does something with the driver that the options name, alone: builds share their folders.
fn with_driver<R>(
    options: &Options,
    work: impl FnOnce(&Driver<'_>, &Site) -> Result<R>,
) -> Result<R> {
    let root = workspace::root()?;
    let folder = match &options.crate_folder {
        Some(folder) => folder
            .canonicalize()
            .with_context(|| format!("no such folder: {}", folder.display()))?,
        None => root.clone(),
    };
    let is_ours = program::same(&folder, &root);
    let build_tools = BuildTools::prepare(options.toolchain)?;
    program::print_status(&format!(
        "{} with {}",
        folder.display(),
        build_tools.toolchain.describe()?
    ));
    let metadata = read_metadata(&build_tools.toolchain, &folder)?;
    let driver = Driver::of(&metadata, &build_tools, is_ours)?;
    let build_folder = driver.build_folder();
    let _alone = wait_for_other_builds(&root)?;
    work(&driver, &Site { root, build_folder })
}

/// The kit and the folders of the build are shared: the file is locked until it is dropped.
fn wait_for_other_builds(root: &Path) -> Result<fs::File> {
    fs::create_dir_all(root.join("target/kit"))?;
    let lock = fs::File::create(root.join("target/kit/.lock"))?;
    if lock.file().try_lock().is_err() {
        program::print_status("waiting for another build to end");
        lock.file()
            .lock()
            .context("cannot wait for another build")?;
    }
    Ok(lock)
}

/// The crate that is being built.
struct Driver<'a> {
    metadata: &'a Metadata,
    package: &'a Package,
    build_tools: &'a BuildTools,
    kmdf_minor: u64,
    is_ours: bool,
}

/// What cargo has linked.
struct Linked {
    image: PathBuf,
    symbols: Option<PathBuf>,
}

impl<'a> Driver<'a> {
    fn of(metadata: &'a Metadata, build_tools: &'a BuildTools, is_ours: bool) -> Result<Self> {
        let package = metadata
            .root_package()
            .context("the folder has a workspace, but no crate")?;
        let kmdf_minor = kmdf_minor(metadata, package)?;
        Ok(Self {
            metadata,
            package,
            build_tools,
            kmdf_minor,
            is_ours,
        })
    }

    /// As cargo names the image.
    fn file_name(&self) -> String {
        self.package.name.replace('-', "_")
    }

    fn workspace(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    fn folder(&self) -> Result<&Path> {
        self.package
            .manifest_path
            .as_std_path()
            .parent()
            .context("the crate has no folder")
    }

    /// wdk-build looks for Cargo.lock in the folders above, so this has to be in the workspace.
    fn build_folder(&self) -> PathBuf {
        self.workspace().join("target/driver-build")
    }

    /// Cargo, ready to do something with the driver's library.
    fn cargo(&self, subcommand: &str, options: &Options, site: &Site) -> Result<Command> {
        let toolchain = &self.build_tools.toolchain;
        let mut cargo = toolchain.cargo(self.folder()?);
        cargo
            .args([subcommand, "--lib", "--package", self.package.name.as_str()])
            .args(["--target", TARGET, "--target-dir"])
            .arg(site.build_folder.join(toolchain.name()))
            .args(["--profile", options.profile.name()])
            .args(toolchain.library_arguments());
        if let Some(features) = &options.features {
            cargo.args(["--features", features]);
        }
        if self.is_ours {
            cargo.arg("--config").arg(self.path_remapping()?);
        }
        if toolchain.builds_its_libraries() || self.build_tools.tools.is_some() {
            // A `core` of our own, and a lock file of our own, are unstable features of cargo's.
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(tools) = &self.build_tools.tools {
            self.stand_in_for_windows(&mut cargo, options, tools, site)?;
        }
        if toolchain.builds_its_libraries() && !cfg!(windows) {
            program::print_status(
                "cargo will warn that a patch was not used: by core, which it resolves on its own",
            );
        }
        Ok(cargo)
    }

    fn compile(&self, options: &Options, site: &Site) -> Result<Linked> {
        self.linked(&self.build(options, site)?)
    }

    fn build(&self, options: &Options, site: &Site) -> Result<Vec<Artifact>> {
        let mut cargo = self.cargo("rustc", options, site)?;
        cargo.args(["--message-format", "json-render-diagnostics", "--"]);
        for argument in LINKER_ARGUMENTS {
            cargo.arg("-C").arg(format!("link-arg={argument}"));
        }
        artifacts(&mut cargo)
    }

    /// The libraries that the driver is compiled against, by the names of their crates.
    fn libraries(&self, options: &Options, site: &Site) -> Result<Vec<(String, PathBuf)>> {
        let artifacts = self.build(options, site)?;
        let library = |artifact: &Artifact| {
            let file = file_of(artifact, "rlib")?;
            Some((artifact.target.name.replace('-', "_"), file))
        };
        Ok(artifacts.iter().filter_map(library).collect())
    }

    fn lint(&self, options: &Options, site: &Site) -> Result<bool> {
        let toolchain = &self.build_tools.toolchain;
        let version = program::output(toolchain.cargo(&site.root).args(["clippy", "--version"]));
        if version.is_err() {
            return Ok(false);
        }
        let mut cargo = self.cargo("clippy", options, site)?;
        cargo.args(["--quiet", "--", "--deny", "warnings"]);
        let status = cargo.stdin(Stdio::null()).status();
        if !status.context("cannot start cargo")?.success() {
            bail!("clippy found something in the driver");
        }
        Ok(true)
    }

    /// What takes the place of an installed driver kit, and of a `wdk-build` that looks for it.
    fn stand_in_for_windows(
        &self,
        cargo: &mut Command,
        options: &Options,
        tools: &Tools,
        site: &Site,
    ) -> Result<()> {
        let kit = Kit::lay_out(
            tools,
            &site.root.join("kit"),
            &site.root.join("target/kit"),
            self.kmdf_minor,
        )?;
        kit.equip(cargo, tools);
        wdk_macros_cache::forget_if_stale(
            &site.build_folder.join(self.build_tools.toolchain.name()),
            options.profile.folder(),
            &kit.framework_headers(self.kmdf_minor),
        )?;
        let wdk_build = wdk_build_copy::make(self.metadata, &site.build_folder)?;
        let lock = self.seed_lock_file(&site.build_folder)?;
        cargo
            .args(self.build_tools.toolchain.lock_file_flag())
            .arg("--config")
            .arg(format!("resolver.lockfile-path={}", toml_string(&lock)?))
            .arg("--config")
            .arg(format!(
                "patch.crates-io.wdk-build.path={}",
                toml_string(&wdk_build)?
            ));
        Ok(())
    }

    /// A lock file for this build alone: the workspace's, in which cargo will note the copy of
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

    /// Keeps this machine's folders out of the driver: panics carry the names of source files.
    fn path_remapping(&self) -> Result<String> {
        let registry = self
            .metadata
            .packages
            .iter()
            .find(|p| p.name == wdk_build_copy::NAME);
        let registry = registry.and_then(|package| package.manifest_path.parent()?.parent());
        let registry = registry.context("the driver does not depend on wdk-build")?;
        let folders = [
            (self.workspace().to_owned(), "ipforward"),
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
        let (artifact, image) = image
            .context("the crate has built, but it is no driver: its crate-type is not cdylib")?;
        Ok(Linked {
            image,
            symbols: file_of(artifact, "pdb"),
        })
    }

    /// Puts the files where they are looked for.
    fn deliver(&self, linked: &[u8], symbols: Option<&[u8]>, out: Option<&Path>) -> Result<Built> {
        let name = self.file_name();
        let image = match out {
            Some(out) => out.to_owned(),
            None => self
                .workspace()
                .join("target/driver")
                .join(format!("{name}.sys")),
        };
        files::write_if_changed(&image, linked)?;
        let symbols = symbols.map(|symbols| {
            let to = image.with_extension("pdb");
            files::write_if_changed(&to, symbols).map(|()| to)
        });
        let source = self.inf_source()?;
        let inf = source.exists().then(|| {
            let to = image.with_extension("inf");
            let architecture = Architecture::of_target(TARGET)?;
            self.stamp_inf(&source, architecture, &to).map(|()| to)
        });
        Ok(Built {
            image,
            symbols: symbols.transpose()?,
            inf: inf.transpose()?,
        })
    }

    /// Where Microsoft's tools look for the source of the INF file, too.
    fn inf_source(&self) -> Result<PathBuf> {
        let name = self.file_name();
        Ok(self.folder()?.join(format!("{name}.inx")))
    }

    fn stamp_inf(&self, source: &Path, architecture: Architecture, to: &Path) -> Result<()> {
        let version = &self.package.version;
        let stamp = Stamp {
            date: source_date::of(self.folder()?)?,
            version: (version.major, version.minor, version.patch),
            kmdf_minor: self.kmdf_minor,
            architecture,
        };
        let inf = stamp.fill(&fs::read_to_string(source)?);
        let inf = inf.with_context(|| source.display().to_string())?;
        files::write_if_changed(to, inf.as_bytes())
    }
}

/// Runs cargo and tells what it has made.
fn artifacts(cargo: &mut Command) -> Result<Vec<Artifact>> {
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo's messages")? {
            artifacts.push(artifact);
        }
    }
    let status = child.wait().context("cargo is gone")?;
    if !status.success() {
        bail!("the driver did not build");
    }
    Ok(artifacts)
}

/// The file of this kind that an artifact consists of.
fn file_of(artifact: &Artifact, extension: &str) -> Option<PathBuf> {
    let mut files = artifact.filenames.iter();
    files
        .find(|file| file.extension() == Some(extension))
        .map(PathBuf::from)
}

fn read_metadata(toolchain: &Toolchain, folder: &Path) -> Result<Metadata> {
    let mut command = toolchain.cargo(folder);
    command.args(["metadata", "--format-version", "1", "--manifest-path"]);
    let output = program::output(command.arg(folder.join("Cargo.toml")))?;
    MetadataCommand::parse(output).context("cargo metadata is not understood")
}

/// The framework's version that the crate asks for, where wdk-build looks for it, too.
fn kmdf_minor(metadata: &Metadata, package: &Package) -> Result<u64> {
    let of_package = &package.metadata["wdk"]["driver-model"];
    let of_workspace = &metadata.workspace_metadata["wdk"]["driver-model"];
    let model = if of_package.is_null() {
        of_workspace
    } else {
        of_package
    };
    match model["driver-type"].as_str() {
        Some("KMDF") => {}
        Some(other) => bail!("the crate is a {other} driver; this kit builds KMDF drivers"),
        None => bail!("the crate says nothing of a driver in package.metadata.wdk.driver-model"),
    }
    model["target-kmdf-version-minor"]
        .as_u64()
        .context("the crate gives no target-kmdf-version-minor in its driver-model")
}

/// A path as a string of TOML, in which it needs no escapes.
fn toml_string(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.contains(['\'', '\n']));
    let text = text.with_context(|| format!("cargo cannot be told of {}", path.display()))?;
    Ok(format!("'{text}'"))
}
