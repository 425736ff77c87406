//! The driver kit, in the layout of Microsoft's, as `wdk-build` expects it.
//!
//! Its DDK headers are links to MinGW's, except for the few that need a patch. The framework's
//! headers, the entry stub and the lists of exports are those of `wdk-kit`.

mod c_flags;

use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use fs_err as fs;

pub(crate) use self::c_flags::LINK_FLAGS;

use crate::driver_model::KMDF_MINORS;
use crate::files;
use crate::headers;
use crate::import_library;
use crate::import_library::Exports;
use crate::patch;
use crate::program;
use crate::tools::Tools;

/// The version of the kit: that of the oldest Windows that the drivers are for.
const SDK_VERSION: &str = "10.0.19041.0";

/// Sources that assert the layouts and values of the headers.
const ASSERTS: [&str; 3] = [
    "tests/function_numbers.c",
    "tests/layout.c",
    "tests/values.c",
];

/// Headers for the folder of the compiler's own headers. The kit's other headers are copied to the
/// folder of the framework's headers or of the DDK's.
const COMPILER_HEADERS: [&str; 2] = ["excpt.h", "intrin.h"];
const FRAMEWORK_HEADERS: &str = "wdf";

/// Entries of the kit in folders of linked headers.
const OWN_ENTRIES: [&str; 7] = [
    "crt",
    "ufx",
    "dontuse.h",
    "evntrace.h",
    "wdm_additions.h",
    "wdmsec.h",
    "wpprecorder.h",
];

/// The import libraries that are made from MinGW's, and the system file of each.
const SYSTEM_FILES: [(&str, &str); 4] = [
    ("ntoskrnl", "ntoskrnl.exe"),
    ("hal", "HAL.dll"),
    ("wmilib", "WMILIB.SYS"),
    ("netio", "NETIO.SYS"),
];

/// A kit that is laid out.
#[derive(Debug)]
pub struct Kit {
    root: PathBuf,
    programs: PathBuf,
}

impl Kit {
    /// Lays the kit out in `folder`, for one minor version of KMDF.
    ///
    /// # Errors
    ///
    /// If the kit has no such version, a header does not fit, or a tool fails.
    pub fn lay_out(tools: &Tools, folder: &Path, kmdf_minor: u64) -> Result<Self> {
        if !KMDF_MINORS.contains(&kmdf_minor) {
            bail!("the crate asks for KMDF 1.{kmdf_minor}; this kit has 1.31 and 1.33");
        }
        refuse_misleading_path(folder)?;
        let kit = Self {
            root: folder.join("root"),
            programs: folder.join("programs"),
        };
        let sources = folder.join("source");
        write_sources(&sources)?;
        kit.link_programs(tools)?;
        kit.place_mingw_headers(tools)?;
        kit.place_own_headers(&sources.join("include"), kmdf_minor)?;
        kit.make_import_libraries(tools, &sources.join("lib"), kmdf_minor)?;
        kit.compile_stub(tools, &sources.join("src"), kmdf_minor)?;
        for asserts in ASSERTS {
            kit.check(tools, &sources.join(asserts), kmdf_minor)?;
        }
        Ok(kit)
    }

    /// Sets the variables by which a build finds the kit and its programs.
    pub(crate) fn equip(&self, command: &mut Command, tools: &Tools) {
        command
            .env("WDKContentRoot", &self.root)
            .env("Version_Number", SDK_VERSION)
            .env("LIBCLANG_PATH", &tools.libclang)
            .env(
                "CARGO_TARGET_X86_64_PC_WINDOWS_MSVC_LINKER",
                &tools.lld_link,
            )
            .env("CC_x86_64_pc_windows_msvc", self.programs.join("clang-cl"))
            .env("AR_x86_64_pc_windows_msvc", &tools.llvm_lib)
            .env("RC_x86_64_pc_windows_msvc", &tools.llvm_rc)
            // MinGW's headers use attributes that mean nothing for this target.
            .env("CFLAGS_x86_64_pc_windows_msvc", "-w");
    }

    /// Clang accepts the arguments of Microsoft's compiler under this name.
    fn link_programs(&self, tools: &Tools) -> Result<()> {
        files::link(&tools.clang, &self.programs.join("clang-cl"))
    }

    fn place_mingw_headers(&self, tools: &Tools) -> Result<()> {
        let mingw = &tools.mingw.include;
        self.link_headers(mingw, "", "shared")?;
        self.link_headers(mingw, "ddk", "km")?;
        for header in headers::PATCHED {
            let original = mingw.join(header.path);
            // As Latin-1, in which every byte is a character: not all of these files are UTF-8.
            let text: String = fs::read(&original)?.into_iter().map(char::from).collect();
            let patched = patch::apply(&original.display().to_string(), &text, header.patches)?;
            let patched: Result<Vec<u8>, _> = patched.chars().map(u8::try_from).collect();
            let to = match header.path.strip_prefix("ddk/") {
                Some(path) => self.include("km").join(path),
                None => self.include("shared").join(header.path),
            };
            files::write_if_changed(
                &to,
                &patched.context("a patch of a header is not in Latin-1")?,
            )?;
        }
        Ok(())
    }

    /// Links the headers of a folder of MinGW's into a folder of the kit, except for the patched
    /// ones; removes all others.
    fn link_headers(&self, mingw: &Path, below: &str, to: &str) -> Result<()> {
        let from = mingw.join(below);
        let to = self.include(to);
        let mut names = OWN_ENTRIES.map(str::to_owned).to_vec();
        for entry in fs::read_dir(&from)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let original = from.join(&name);
            if original == mingw.join("ddk") {
                continue;
            }
            if !headers::PATCHED
                .iter()
                .any(|patched| mingw.join(patched.path) == original)
            {
                files::link(&original, &to.join(&name))?;
            }
            names.push(name);
        }
        files::prune(&to, |name| names.iter().any(|kept| kept == name))
    }

    /// The folder of the framework's headers.
    pub(crate) fn framework_headers(&self, kmdf_minor: u64) -> PathBuf {
        self.root.join(format!("Include/wdf/kmdf/1.{kmdf_minor}"))
    }

    fn place_own_headers(&self, from: &Path, kmdf_minor: u64) -> Result<()> {
        let framework = self.framework_headers(kmdf_minor);
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let to = match name.as_str() {
                name if COMPILER_HEADERS.contains(&name) => self.include("km/crt"),
                name if name.starts_with(FRAMEWORK_HEADERS) => framework.clone(),
                _ => self.include("km"),
            };
            files::copy_if_changed(&entry.path(), &to.join(name))?;
        }
        files::prune(&framework, |name| from.join(name).exists())?;
        // wdk-build requires this folder, for the headers of USB functions.
        fs::create_dir_all(self.include("km/ufx/1.1"))?;
        Ok(())
    }

    fn make_import_libraries(&self, tools: &Tools, lists: &Path, kmdf_minor: u64) -> Result<()> {
        let additions = fs::read_to_string(lists.join("ntoskrnl-additions.def"))?;
        let (addition_dll, additions) = Exports::of_definition(&additions)?;
        let mut additions = Some(additions);
        for (name, dll) in SYSTEM_FILES {
            let mingw = tools.mingw.libraries.join(format!("lib{name}.a"));
            let mut exports = Exports::of_library(&mingw)?;
            if dll == addition_dll {
                exports.extend(additions.take().unwrap_or_default())?;
            }
            let library = self.libraries().join(format!("{name}.lib"));
            import_library::make(&tools.llvm_dlltool, &exports, dll, &library)?;
        }
        let ndis = fs::read_to_string(lists.join("ndis.def"))?;
        let (dll, exports) = Exports::of_definition(&ndis)?;
        let library = self.libraries().join("ndis.lib");
        import_library::make(&tools.llvm_dlltool, &exports, &dll, &library)?;
        let loader = fs::read_to_string(lists.join("wdfldr.def"))?;
        let (dll, exports) = Exports::of_definition(&loader)?;
        let library = self.framework_libraries(kmdf_minor).join("WdfLdr.lib");
        import_library::make(&tools.llvm_dlltool, &exports, &dll, &library)
    }

    /// Compiles the entry stub, and an empty library for the stack guard, which Rust does
    /// not use.
    fn compile_stub(&self, tools: &Tools, sources: &Path, kmdf_minor: u64) -> Result<()> {
        let scratch = self.root.join("scratch");
        let empty = scratch.join("empty.c");
        files::write_if_changed(&empty, b"/* Nothing. */\n")?;
        let guard = self.libraries().join("BufferOverflowFastFailK.lib");
        self.make_static_library(tools, &[empty], kmdf_minor, &guard)?;
        let framework = self.framework_libraries(kmdf_minor);
        let stub = [sources.join("driver_entry.c")];
        self.make_static_library(
            tools,
            &stub,
            kmdf_minor,
            &framework.join("WdfDriverEntry.lib"),
        )?;
        let security = ["wdmsec.c", "wdmsec_sddl.c"].map(|unit| sources.join(unit));
        let library = self.libraries().join("wdmsec.lib");
        self.make_static_library(tools, &security, kmdf_minor, &library)
    }

    fn make_static_library(
        &self,
        tools: &Tools,
        sources: &[PathBuf],
        kmdf_minor: u64,
        library: &Path,
    ) -> Result<()> {
        let made = library.with_extension("lib.new");
        let mut archive = OsString::from("/out:");
        archive.push(&made);
        let mut objects = Vec::new();
        for (number, source) in sources.iter().enumerate() {
            let object = library.with_extension(format!("{number}.obj"));
            program::output(
                self.compiler(tools, kmdf_minor)
                    // Windows unwinds through every function that calls.
                    .args(["-c", "-Os", "-fasynchronous-unwind-tables"])
                    // Without the time of day, so that the same source gives the same object.
                    .args(["-mno-incremental-linker-compatible", "-o"])
                    .arg(&object)
                    .arg(source),
            )?;
            objects.push(object);
        }
        program::output(Command::new(&tools.llvm_lib).arg(archive).args(&objects))?;
        files::copy_if_changed(&made, library)?;
        fs::remove_file(&made)?;
        for object in objects {
            fs::remove_file(&object)?;
        }
        Ok(())
    }

    /// Sizes and offsets depend on MinGW's headers, too: without the attributes, a driver would
    /// compile and be wrong.
    fn check(&self, tools: &Tools, asserts: &Path, kmdf_minor: u64) -> Result<()> {
        program::output(
            self.compiler(tools, kmdf_minor)
                .arg("-fsyntax-only")
                .arg(asserts),
        )
        .context("the kit's headers differ from the framework's public headers")?;
        Ok(())
    }

    /// Clang, set up for a unit of kernel code with the kit's headers.
    fn compiler(&self, tools: &Tools, kmdf_minor: u64) -> Command {
        let mut command = Command::new(&tools.clang);
        command
            .args([
                "--target=x86_64-pc-windows-msvc",
                "-fms-compatibility",
                "-fms-extensions",
            ])
            .args([
                "-ffreestanding",
                "-nostdinc",
                "-D_WIN64",
                "-D_AMD64_",
                "-DAMD64",
            ])
            .args(["-D_KERNEL_MODE", "-DKMDF_VERSION_MAJOR=1"])
            .arg(format!("-DKMDF_VERSION_MINOR={kmdf_minor}"));
        // The DDK's are system headers, without warnings.
        for folder in self.ddk_include_folders() {
            command.arg("-isystem").arg(folder);
        }
        command.arg("-I").arg(self.framework_headers(kmdf_minor));
        command
    }

    fn include(&self, below: &str) -> PathBuf {
        self.root.join("Include").join(SDK_VERSION).join(below)
    }

    fn libraries(&self) -> PathBuf {
        self.root.join("Lib").join(SDK_VERSION).join("km/x64")
    }

    fn framework_libraries(&self, kmdf_minor: u64) -> PathBuf {
        self.root.join(format!("Lib/wdf/kmdf/x64/1.{kmdf_minor}"))
    }
}

/// Writes the files of `wdk-kit`, and removes those of an older version.
fn write_sources(folder: &Path) -> Result<()> {
    for file in wdk_kit::FILES {
        files::write_if_changed(&folder.join(file.path), file.text.as_bytes())?;
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let top = entry.file_name().to_string_lossy().into_owned();
        files::prune(&entry.path(), |name| {
            wdk_kit::text(&format!("{top}/{name}")).is_some()
        })?;
    }
    Ok(())
}

/// wdk-sys treats every header whose path has "wdf" in it as one of the framework's.
fn refuse_misleading_path(folder: &Path) -> Result<()> {
    let misleading = folder.iter().find(|name| {
        name.to_string_lossy()
            .to_ascii_lowercase()
            .contains(FRAMEWORK_HEADERS)
    });
    if let Some(name) = misleading {
        bail!(
            "the driver cannot be built here: the crate wdk-sys takes every header whose path has \
             \"wdf\" in it for one of the framework's, and so the folder's name `{}` in {} would \
             mislead it. Rename the folder.",
            name.display(),
            folder.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
