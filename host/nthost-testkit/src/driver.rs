//! A driver image and the options of the host that runs it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the host waits for the driver before it reports a hang, unless a test chooses another
/// time.
const WATCHDOG: Duration = Duration::from_mins(1);

/// A driver image, and how to run it.
///
/// ```no_run
/// use nthost_testkit::Driver;
///
/// let host = Driver::new("target/driver/echo.sys").devices(2).start();
/// host.stop_clean();
/// ```
#[derive(Clone, Debug)]
pub struct Driver {
    image: PathBuf,
    program: PathBuf,
    wrapper: Vec<OsString>,
    watchdog: Duration,
    arguments: Vec<OsString>,
}

impl Driver {
    /// The driver in the file `image`, with one root-enumerated device.
    ///
    /// The program `nthost` is the one that the variable `NTHOST` names, else the one beside this
    /// program's build directory (`target/debug/nthost`), else the one in the search path.
    #[must_use]
    pub fn new(image: impl Into<PathBuf>) -> Self {
        Self {
            image: image.into(),
            program: program(),
            wrapper: Vec::new(),
            watchdog: WATCHDOG,
            arguments: Vec::new(),
        }
    }

    /// Uses this `nthost` program.
    #[must_use]
    pub fn nthost(self, program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            ..self
        }
    }

    /// Runs the host as the last arguments of this command line, such as that of a profiler.
    #[must_use]
    pub fn under<A: Into<OsString>>(self, wrapper: impl IntoIterator<Item = A>) -> Self {
        Self {
            wrapper: wrapper.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Creates `count` root-enumerated devices; the framework calls `EvtDriverDeviceAdd` for each.
    #[must_use]
    pub fn devices(self, count: u32) -> Self {
        self.arguments(["--devices".to_owned(), count.to_string()])
    }

    /// Loads this filter driver above the driver in each device's stack, and above the filters that were given
    /// before.
    #[must_use]
    pub fn filter(self, image: impl Into<PathBuf>) -> Self {
        self.arguments([OsString::from("--filter"), image.into().into()])
    }

    /// Loads this filter driver below the driver in each device's stack, and above the lower filters that were
    /// given before.
    #[must_use]
    pub fn lower_filter(self, image: impl Into<PathBuf>) -> Self {
        self.arguments([OsString::from("--lower-filter"), image.into().into()])
    }

    /// Loads this framework library, such as Wdf01000.sys, for the driver to bind to instead of the
    /// host's own framework.
    #[must_use]
    pub fn framework(self, library: impl Into<PathBuf>) -> Self {
        self.arguments([OsString::from("--framework"), library.into().into()])
    }

    /// Names the driver's service. Without it, the name comes from the image's file name.
    #[must_use]
    pub fn service(self, name: &str) -> Self {
        self.arguments(["--service", name])
    }

    /// Sets the security descriptor that the registry has for the devices, as the driver's INF file
    /// does. Without it every user may open a device that the driver does not name.
    #[must_use]
    pub fn security(self, sddl: &str) -> Self {
        self.arguments(["--security", sddl])
    }

    /// Sets how long the host waits for a request that the driver does not complete, or for an
    /// unload routine that does not return, before it stops with a report. One minute by default.
    #[must_use]
    pub fn watchdog(self, limit: Duration) -> Self {
        Self {
            watchdog: limit,
            ..self
        }
    }

    /// Adds arguments of `nthost run`; see `nthost run --help`.
    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The program that is started, and its arguments, for a host that listens at `socket`.
    pub(crate) fn command_line(&self, socket: &Path) -> Vec<OsString> {
        let mut line = self.wrapper.clone();
        line.push(self.program.clone().into());
        line.extend(["run".into(), "--driver".into()]);
        line.push(self.image.clone().into());
        line.extend(["--socket".into(), socket.into()]);
        line.push("--watchdog".into());
        line.push(self.watchdog.as_secs().to_string().into());
        line.extend(self.arguments.iter().cloned());
        line
    }
}

/// Where the program `nthost` is.
fn program() -> PathBuf {
    let beside = || {
        let this = env::current_exe().ok()?;
        // Test programs are in target/<profile>/deps, examples in target/<profile>/examples.
        let built = this.ancestors().nth(2)?.join("nthost");
        built.is_file().then_some(built)
    };
    env::var_os("NTHOST")
        .map(PathBuf::from)
        .or_else(beside)
        .unwrap_or_else(|| "nthost".into())
}
