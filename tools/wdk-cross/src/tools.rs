//! The programs and files that the driver build needs besides Rust: LLVM's compiler, linker and library
//! tools, libclang, and MinGW-w64's DDK headers and import libraries.
//!
//! No version is pinned: the newest that is installed is used.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::path::PathBuf;

use fs_err as fs;

use crate::prerequisites::Need;

/// The paths of the tools.
#[derive(Debug)]
pub struct Tools {
    /// The C compiler.
    pub clang: PathBuf,
    /// The linker.
    pub lld_link: PathBuf,
    /// The program that makes static libraries.
    pub llvm_lib: PathBuf,
    /// The program that makes import libraries.
    pub llvm_dlltool: PathBuf,
    /// The resource compiler.
    pub llvm_rc: PathBuf,
    /// The folder of libclang's shared library, which bindgen loads.
    pub libclang: PathBuf,
    /// MinGW-w64.
    pub mingw: MinGw,
}

/// MinGW-w64 for 64-bit Windows.
#[derive(Debug)]
pub struct MinGw {
    /// The folder of its headers, with `ddk` in it.
    pub include: PathBuf,
    /// The folder of its import libraries.
    pub libraries: PathBuf,
}

/// The parts that can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Clang,
    Linker,
    Library,
    Resources,
    LibClang,
    MinGwHeaders,
    MinGwLibraries,
}

impl Part {
    const LLVM: [Self; 5] = [
        Self::Clang,
        Self::Linker,
        Self::Library,
        Self::Resources,
        Self::LibClang,
    ];

    fn use_of_it(self) -> &'static str {
        match self {
            Self::Clang => "clang, which compiles the entry stub",
            Self::Linker => "lld-link, which links the driver",
            Self::Library => "llvm-lib and llvm-dlltool, which make its import libraries",
            Self::Resources => "llvm-rc, which compiles its version resource",
            Self::LibClang => "libclang, through which the kernel's headers become Rust",
            Self::MinGwHeaders => "MinGW-w64's DDK headers (ddk/wdm.h)",
            Self::MinGwLibraries => "MinGW-w64's import libraries (libntoskrnl.a)",
        }
    }

    /// Its package on Debian; those of LLVM carry a version, and come together.
    fn debian_package(self) -> Option<&'static str> {
        match self {
            Self::MinGwHeaders => Some("mingw-w64-common"),
            Self::MinGwLibraries => Some("mingw-w64-x86-64-dev"),
            Self::Clang | Self::Linker | Self::Library | Self::Resources | Self::LibClang => None,
        }
    }
}

/// Finds the tools.
///
/// # Errors
///
/// What to install.
pub fn find() -> Result<Tools, Need> {
    find_parts().map_err(|missing| Need {
        uses: missing
            .iter()
            .map(|part| part.use_of_it().to_owned())
            .collect(),
        llvm: missing.iter().any(|part| Part::LLVM.contains(part)),
        packages: missing
            .iter()
            .filter_map(|part| part.debian_package())
            .collect(),
        elsewhere: "Install LLVM (clang, lld, libclang) and MinGW-w64's headers and libraries for \
                    x86_64 with this system's package manager.",
    })
}

/// Finds the tools, or the parts that are missing.
fn find_parts() -> Result<Tools, BTreeSet<Part>> {
    let mut missing = BTreeSet::new();
    let mut need = |part, path: Option<PathBuf>| {
        if path.is_none() {
            missing.insert(part);
        }
        path.unwrap_or_default()
    };
    let llvm = llvm_folders();
    let tools = Tools {
        clang: need(Part::Clang, program_in(&llvm, "clang")),
        lld_link: need(Part::Linker, program_in(&llvm, "lld-link")),
        llvm_lib: need(Part::Library, program_in(&llvm, "llvm-lib")),
        llvm_dlltool: need(Part::Library, program_in(&llvm, "llvm-dlltool")),
        llvm_rc: need(Part::Resources, program_in(&llvm, "llvm-rc")),
        libclang: need(Part::LibClang, libclang_folder(&llvm)),
        mingw: MinGw {
            include: need(Part::MinGwHeaders, mingw_folder("include", "ddk/wdm.h")),
            libraries: need(Part::MinGwLibraries, mingw_folder("lib", "libntoskrnl.a")),
        },
    };
    if missing.is_empty() {
        Ok(tools)
    } else {
        Err(missing)
    }
}

/// Folders with LLVM's programs: Debian's, newest first, then the search path.
fn llvm_folders() -> Vec<PathBuf> {
    let mut versions = BTreeMap::new();
    for entry in fs::read_dir("/usr/lib").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(version) = name
            .strip_prefix("llvm-")
            .and_then(|v| v.parse::<u32>().ok())
        {
            versions.insert(version, entry.path().join("bin"));
        }
    }
    let path = env::var_os("PATH").unwrap_or_default();
    versions
        .into_values()
        .rev()
        .chain(env::split_paths(&path))
        .collect()
}

fn program_in(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

fn libclang_folder(llvm: &[PathBuf]) -> Option<PathBuf> {
    let beside = llvm
        .iter()
        .filter_map(|folder| Some(folder.parent()?.join("lib")));
    let chosen = env::var_os("LIBCLANG_PATH").map(PathBuf::from);
    let common = ["/usr/lib64", "/usr/lib", "/usr/local/lib"].map(PathBuf::from);
    chosen
        .into_iter()
        .chain(beside)
        .chain(common)
        .find(|folder| {
            fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .any(|entry| {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let library = name == "libclang.so"
                        || name.starts_with("libclang.so.")
                        || name.starts_with("libclang-") && !name.starts_with("libclang-cpp");
                    library && name.contains(".so") && entry.path().exists()
                })
        })
}

fn mingw_folder(below: &str, file: &str) -> Option<PathBuf> {
    let roots = [
        "/usr/x86_64-w64-mingw32",
        "/usr/x86_64-w64-mingw32/sys-root/mingw",
    ];
    roots
        .iter()
        .map(|root| Path::new(root).join(below))
        .find(|folder| folder.join(file).exists())
}
