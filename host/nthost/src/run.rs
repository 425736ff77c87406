//! `nthost run`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, bail};
use clap::Args;
use nix::sys::signal::{SigSet, Signal};
use nt_kernel::{
    bugcheck, clock, console, fault, files, on_windows, paging, pause_point, poison, pool,
    pool_tracking, stack, verification, watchdog,
};
use nt_netio::behaviours::{BehaviourError, ProfileFile, is_profile_file};
use nt_netio::{Behaviours, Choice, Memory, NetworkStack, Profile};
use nt_netio_rtnetlink::Rtnetlink;
use nthost::hosted_driver::{self, DriverOptions, HostedDriver, StartFailure};
use nthost::pnp_commands::{self, PnpCommands};
use nthost::server::{Listener, Server, call_log};

use crate::registry_file;

/// The arguments of `nthost run`.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Arguments {
    /// The driver: a 64-bit .sys file.
    #[arg(long, value_name = "FILE")]
    driver: PathBuf,
    /// A filter driver above the driver in each device's stack, as `UpperFilters` of the registry names it; may
    /// be repeated, the lowest first.
    #[arg(long, value_name = "FILE")]
    filter: Vec<PathBuf>,
    /// A filter driver below the driver in each device's stack, as `LowerFilters` names it; may be repeated,
    /// the lowest first.
    #[arg(long, value_name = "FILE")]
    lower_filter: Vec<PathBuf>,
    /// A framework library, such as Wdf01000.sys, that the driver binds to instead of the host's own
    /// framework.
    #[arg(long, value_name = "FILE")]
    framework: Option<PathBuf>,
    /// A value that the library of `--framework` reads with `WdfLdrDiagnosticsValueByNameAsULONG`, as in
    /// `DbgPrintOn=1`; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", requires = "framework")]
    framework_diagnostics: Vec<DiagnosticsValue>,
    /// The socket at which clients arrive.
    #[arg(long, value_name = "PATH", default_value_os_t = nthost_protocol::default_socket())]
    socket: PathBuf,
    /// How many root-enumerated devices the driver is given, each with its own `AddDevice`.
    #[arg(long, value_name = "N", default_value_t = 1)]
    devices: u32,
    /// The security descriptor that the registry has for the driver's devices, as the driver's INF file
    /// sets it; without it every user may open them, unless the driver names its device.
    #[arg(long, value_name = "SDDL")]
    security: Option<String>,
    /// The network stack: `memory`, with interfaces and routes of its own, or `netns:NAME`, the
    /// network namespace of this system that `ip netns` calls NAME.
    #[arg(long, value_name = "STACK", default_value = "memory")]
    stack: Stack,
    /// The interfaces, as TOML; by default a small built-in set. A network namespace has its own.
    #[arg(long, value_name = "FILE")]
    interfaces: Option<PathBuf>,
    /// What the stack does where the documentation of Windows leaves it open: `documented`,
    /// `alternative`, or the file of a profile, which ends in `.toml`.
    #[arg(long, value_name = "PROFILE", default_value = "documented")]
    profile: ProfileChoice,
    /// Set one behaviour of the profile, as in `duplicate-status=objectid-exists`; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    behaviour: Vec<Choice>,
    /// The driver's service; by default the file's name without `.sys`.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// What the registry has when the driver is loaded, as TOML: each table is a key, by its full name or
    /// below that of the service, as in `[Parameters]`.
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// Give the driver the files of this folder, in which `C` is the drive `C:`; without it a driver that
    /// opens a file stops the machine.
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
    /// Call the driver's callbacks for changes of routes and interfaces so long after the change, as a
    /// busy machine does.
    #[arg(
        long,
        value_name = "MILLISECONDS",
        default_value_t = 0,
        overrides_with = "notify_after"
    )]
    notify_after: u64,
    /// Fail the N-th call that may fail, counted from 0 when the driver is loaded.
    #[arg(long, value_name = "N", conflicts_with = "fail_from")]
    fail_call: Option<u64>,
    /// Fail the N-th call that may fail and all later ones.
    #[arg(long, value_name = "N")]
    fail_from: Option<u64>,
    /// Fail it in the N-th of the ways that its documentation lists, counted from 0 and round.
    #[arg(long, value_name = "N", default_value_t = 0)]
    fail_way: usize,
    /// Count only calls of functions whose names contain this text.
    #[arg(long, value_name = "TEXT", default_value = "")]
    fail_among: String,
    /// How long to wait for a driver that does not complete a request, or does not return from its
    /// unload, before the machine stops.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    watchdog: u64,
    /// Do not put pool blocks on pages of their own: faster, but fewer overruns are found.
    #[arg(long)]
    no_guard_pages: bool,
    /// Do not page out pageable memory at `DISPATCH_LEVEL`: for tools that do not expect the faults of the
    /// accesses afterwards, but accesses at `DISPATCH_LEVEL` are not found.
    #[arg(long)]
    no_paging: bool,
    /// Stop only where Windows does, with Driver Verifier and the framework's verifier on, and with the
    /// parameters of its bugcheck. Elsewhere warn, and do what Windows does: nothing, or wait.
    #[arg(long)]
    as_windows: bool,
    /// Fill uninitialised memory with a second pattern: bytes of an answer that differ between the two
    /// patterns were never written by the driver.
    #[arg(long)]
    second_poison: bool,
    /// Do not record where in the driver each resource was taken: much faster, but leak reports lack
    /// the stack.
    #[arg(long)]
    no_stacks: bool,
    /// Do not verify the driver: the functions do the same, and hardly a mistake of the driver is found.
    /// For measurements, and for other programs that need a driver that has passed its tests.
    #[arg(long, conflicts_with_all = ["second_poison", "as_windows"])]
    unchecked: bool,
    /// Show on standard error each call of a process as it comes, and its outcome, and say what to type
    /// next.
    #[arg(long, short)]
    verbose: bool,
    /// Start with a clock that stands still, at the same time in every run, until a test advances it.
    #[arg(long)]
    stopped_clock: bool,
}

/// A value for a framework library.
#[derive(Clone, Debug)]
struct DiagnosticsValue(String, u32);

impl FromStr for DiagnosticsValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = parts.ok_or("expected NAME=VALUE, as in DbgPrintOn=1")?;
        let value = value.parse().map_err(|_| {
            format!(
                "`{value}` is no value: expected a number from 0 to {}",
                u32::MAX
            )
        })?;
        Ok(Self(name.to_owned(), value))
    }
}

/// A profile of the host, or the file of one.
#[derive(Clone, Debug)]
enum ProfileChoice {
    Named(Profile),
    File(PathBuf),
}

impl FromStr for ProfileChoice {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_profile_file(text) {
            Ok(Self::File(text.into()))
        } else {
            Ok(Self::Named(text.parse()?))
        }
    }
}

impl ProfileChoice {
    fn behaviours(&self) -> Result<Behaviours> {
        let path = match self {
            Self::Named(profile) => return Ok(profile.behaviours()),
            Self::File(path) => path,
        };
        let file = ProfileFile::read(path)
            .with_context(|| format!("the profile in {}", path.display()))?;
        if !file.not_observed.is_empty() {
            let names: Vec<_> = file.not_observed.keys().map(String::as_str).collect();
            console::write_line(&format!(
                "as documented, because {} has not observed it: {}",
                path.display(),
                names.join(", ")
            ));
        }
        Ok(file.behaviours()?)
    }
}

/// What is behind NETIO.
#[derive(Clone, Debug)]
enum Stack {
    Memory,
    /// The routes of a network namespace.
    Namespace(String),
}

impl FromStr for Stack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| !name.is_empty() && !name.contains('/') && name != "..";
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            Some(("netns", name)) if is_name(name) => Ok(Self::Namespace(name.to_owned())),
            _ => Err("give memory, or netns:NAME with a name from `ip netns list`".to_owned()),
        }
    }
}

/// Loads the driver and serves its devices until a signal ends the host.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Before there are threads, which take over what is blocked.
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    signals.thread_block().context("cannot block signals")?;
    let listener = Listener::bind(&arguments.socket)?;
    if arguments.unchecked {
        verification::turn_off();
        pool::keep_freed_memory();
    }
    pool::set_guarding(!arguments.no_guard_pages);
    paging::set_staying_in(arguments.no_paging);
    stack::set_keeping(!arguments.no_stacks && !arguments.unchecked);
    poison::use_second_pattern(arguments.second_poison);
    watchdog::set_timeout(arguments.watchdog);
    if arguments.as_windows {
        on_windows::imitate();
    }
    if arguments.stopped_clock {
        clock::stop();
    }
    nt_netio::notify_after(arguments.notify_after);
    let values = &arguments.framework_diagnostics;
    let values = values.iter().cloned();
    nt_wdf::library::set_diagnostics(values.map(|DiagnosticsValue(name, value)| (name, value)));
    hosted_driver::publish_functions(arguments.framework.is_some());
    if let Some(reason) = fault::why_unreachable(&arguments.fail_among) {
        bail!("--fail-among: {reason}");
    }
    fault::arm_among(arguments.plan(), arguments.fail_way, &arguments.fail_among);
    let options = arguments.driver_options()?;
    if let Some(folder) = &arguments.files {
        files::set_folder(folder).with_context(|| format!("the folder {}", folder.display()))?;
    }
    if let Some(path) = &arguments.registry {
        registry_file::load(path, &options.service_name())
            .with_context(|| format!("the registry in {}", path.display()))?;
    }
    let mut driver = match HostedDriver::start(&options) {
        Ok(driver) => driver,
        Err(StartFailure { error, left }) if left.is_empty() => return Err(error.into()),
        Err(StartFailure { error, left }) => {
            console::write_line(&format!("{:#}", anyhow::Error::from(error)));
            return Ok(report(&left));
        }
    };
    for (device, status) in driver.failures() {
        console::write_line(&format!("device {device} did not start: {status}"));
    }
    tell(&format!(
        "ready: {} serves {}",
        driver.image().name(),
        listener.path().display()
    ));
    if arguments.verbose {
        call_log::enable();
        console::write(&next_commands(listener.path()));
    }
    let (commands, receiver) = pnp_commands::channel();
    end_on(signals, &commands);
    let server = Server::start(listener, commands).context("cannot serve")?;
    pnp_commands::run(&mut driver, &server, receiver);
    // A second Ctrl-C ends the process at once. SIGTERM stays blocked: `timeout` sends it twice.
    let interrupt = SigSet::from(Signal::SIGINT);
    interrupt
        .thread_unblock()
        .context("cannot unblock SIGINT")?;
    pause_point::resume();
    server.stop();
    fault::arm(fault::Plan::Off);
    let left = driver.stop();
    bugcheck::wait_if_stopping();
    Ok(report(&left))
}

/// What a person can type now.
fn next_commands(socket: &Path) -> String {
    let send = if socket == nthost_protocol::default_socket() {
        "nthost send".to_owned()
    } else {
        format!("nthost send --socket {}", socket.display())
    };
    format!(
        "nthost: type in a second terminal:\n  \
         {send} --interfaces                 the names that open the driver's devices\n  \
         {send}                              opens the only one, and closes it\n  \
         {send} --ioctl CODE --in HEX        one call\n  \
         {send} --calls -                    several calls on one handle, one a line\n  \
         {send} --outstanding                what the driver holds now\n\
         nthost: Ctrl-C here removes the devices, unloads the driver and reports\n"
    )
}

/// Ends the machine when one of `signals` comes.
fn end_on(signals: SigSet, commands: &PnpCommands) {
    let commands = commands.clone();
    thread::spawn(move || {
        if let Err(error) = signals.wait() {
            console::write_line(&format!("cannot wait for a signal: {error}"));
        }
        commands.end();
    });
}

impl Arguments {
    fn driver_options(&self) -> Result<DriverOptions> {
        Ok(DriverOptions {
            driver: self.driver.clone(),
            framework: self.framework.clone(),
            lower_filters: self.lower_filter.clone(),
            upper_filters: self.filter.clone(),
            service: self.service.clone(),
            network: self.network()?,
            devices: self.devices,
            security: self.security.clone(),
        })
    }

    fn behaviours(&self) -> Result<Behaviours> {
        let profile = self.profile.behaviours()?;
        Ok(self.behaviour.iter().fold(profile, Behaviours::with))
    }

    fn network(&self) -> Result<Arc<dyn NetworkStack>> {
        match &self.stack {
            Stack::Memory => self.memory(),
            Stack::Namespace(name) => self.namespace(name),
        }
    }

    fn memory(&self) -> Result<Arc<dyn NetworkStack>> {
        let machine = match &self.interfaces {
            Some(path) => nt_netio::NetworkDescription::read(path)
                .with_context(|| format!("the interfaces in {}", path.display()))?,
            None => nt_netio::NetworkDescription::default(),
        };
        let network = Arc::new(Memory::new(&machine, self.behaviours()?));
        network
            .expire_in_background()
            .context("cannot start the network")?;
        Ok(network)
    }

    fn namespace(&self, name: &str) -> Result<Arc<dyn NetworkStack>> {
        if let Some(path) = &self.interfaces {
            bail!(
                "the network namespace `{name}` has interfaces of its own; leave out \
                 --interfaces {}",
                path.display()
            );
        }
        let network = Arc::new(Rtnetlink::open(name, self.behaviours()?)?);
        network
            .follow_in_background()
            .context("cannot start the network")?;
        Ok(network)
    }

    fn plan(&self) -> fault::Plan {
        match (self.fail_call, self.fail_from) {
            (Some(number), _) => fault::Plan::Only(number),
            (None, Some(number)) => fault::Plan::From(number),
            (None, None) => fault::Plan::Off,
        }
    }
}

/// Reports what the driver left behind.
fn report(left: &[String]) -> ExitCode {
    console::end_line();
    let warnings = nt_kernel::warnings();
    if !verification::is_on() {
        tell(&format!(
            "unloaded: nothing was verified, {warnings} warnings"
        ));
        return ExitCode::SUCCESS;
    }
    if left.is_empty() {
        tell(&format!("unloaded: nothing is left, {warnings} warnings"));
        return ExitCode::SUCCESS;
    }
    console::write_line(&format!("left behind by the driver: {}", left.len()));
    for entry in left {
        console::write(entry);
    }
    pool_tracking::require_no_pool();
    tell(&format!(
        "unloaded: left behind {}, {warnings} warnings",
        left.len()
    ));
    ExitCode::from(crate::exit_code::LEAKED)
}

/// Prints a line for the process that started the host. A closed standard output is no error.
fn tell(line: &str) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}
