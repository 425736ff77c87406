//! How a driver in C is compiled and linked with the kit.

use std::path::PathBuf;
use std::process::Command;

use super::Kit;
use crate::driver_model::WdkDriverModel;
use crate::tools::Tools;

/// The kernel's interface is that of the kit's version of Windows, 10 2004.
const VERSION_MACROS: [&str; 3] = [
    "-D_WIN32_WINNT=0x0A00",
    "-DWINVER=0x0A00",
    "-DNTDDI_VERSION=0x0A000008",
];

/// Windows unwinds through every function, and a load or a store within `__try` can raise an exception;
/// the image's debug information is that of Microsoft's debuggers; nothing in the kernel catches a C++
/// exception.
const CODE_FLAGS: [&str; 9] = [
    "-fasynchronous-unwind-tables",
    "-fasync-exceptions",
    "-fno-stack-protector",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-gcodeview",
    "-g",
    // The same source gives the same object.
    "-mno-incremental-linker-compatible",
];

/// Headers of Microsoft's kit have no more than names in common with these, and drivers spell them
/// in any case.
const QUIET: [&str; 3] = [
    "-Wno-nonportable-include-path",
    "-Wno-microsoft",
    "-Wno-pragma-pack",
];

/// The linker's arguments for a driver.
pub(crate) const LINK_FLAGS: [&str; 12] = [
    "/driver",
    "/subsystem:native",
    "/nodefaultlib",
    "/dynamicbase",
    "/highentropyva",
    "/nxcompat",
    "/integritycheck",
    "/machine:x64",
    "/debug",
    "/Brepro",
    "/release",
    "/opt:ref",
];

/// The import libraries of the kernel's system files.
const SYSTEM_LIBRARIES: [&str; 7] = [
    "ntoskrnl",
    "hal",
    "wmilib",
    "netio",
    "ndis",
    "wdmsec",
    "BufferOverflowFastFailK",
];

impl Kit {
    /// Clang, set up for a unit of a driver in C or C++.
    pub(crate) fn c_compiler(&self, tools: &Tools, kmdf_minor: u64) -> Command {
        let mut command = self.compiler(tools, kmdf_minor);
        command.args(VERSION_MACROS).args(CODE_FLAGS).args(QUIET);
        command
    }

    /// The folders of the DDK's headers, in the order in which they are searched.
    pub(super) fn ddk_include_folders(&self) -> [PathBuf; 3] {
        ["km/crt", "km", "shared"].map(|folder| self.include(folder))
    }

    /// The folders of all headers of the kit.
    pub(crate) fn include_folders(&self, kmdf_minor: u64) -> Vec<PathBuf> {
        let framework = self.framework_headers(kmdf_minor);
        self.ddk_include_folders()
            .into_iter()
            .chain([framework])
            .collect()
    }

    /// The entry point and the libraries that a driver of this model links.
    pub(crate) fn link_inputs(&self, model: WdkDriverModel) -> Vec<String> {
        let folder = self.framework_libraries(model.kit_minor());
        // A WDM driver may be a framework library, which imports from the loader.
        let (entry, framework) = match model {
            WdkDriverModel::Kmdf { .. } => {
                ("FxDriverEntry", &["WdfDriverEntry.lib", "WdfLdr.lib"][..])
            }
            WdkDriverModel::Wdm => ("DriverEntry", &["WdfLdr.lib"][..]),
        };
        let framework = framework.iter().map(|name| folder.join(name));
        let framework = framework.map(|path| path.display().to_string());
        let system = SYSTEM_LIBRARIES.map(|name| {
            let library = self.libraries().join(format!("{name}.lib"));
            library.display().to_string()
        });
        [format!("/entry:{entry}")]
            .into_iter()
            .chain(framework)
            .chain(system)
            .collect()
    }

    /// The command lines that compile a unit and link a driver, for a person who uses the kit alone.
    #[must_use]
    pub fn command_lines(&self, tools: &Tools, kmdf_minor: u64) -> String {
        let compiler = self.c_compiler(tools, kmdf_minor);
        let words = |command: &Command| {
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            words
                .map(|word| word.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let link = |model| {
            let mut linker = Command::new(&tools.lld_link);
            linker.args(LINK_FLAGS).args(self.link_inputs(model));
            words(&linker)
        };
        format!(
            "compile each source:\n  {} -O2 -c SOURCE.c -o SOURCE.obj\n\
             link a KMDF 1.{kmdf_minor} driver:\n  {} /out:DRIVER.sys SOURCE.obj\n\
             link a WDM driver:\n  {} /out:DRIVER.sys SOURCE.obj\n",
            words(&compiler),
            link(WdkDriverModel::Kmdf { minor: kmdf_minor }),
            link(WdkDriverModel::Wdm),
        )
    }
}
