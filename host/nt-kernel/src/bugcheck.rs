//! The end of the machine: one readable report, then the process exits with [`EXIT_CODE`].

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{alarm, gettid};

use crate::process;
use crate::stack::{self, Stack};
use crate::{callback_stack, console, level, processor_block};

/// The exit code of a process whose kernel stopped.
pub const EXIT_CODE: i32 = 86;

/// The code of a bugcheck. Each rule of the host uses one of the constants here, and so has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopCode(u32);

macro_rules! stop_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: StopCode = StopCode($code);
        )*

        impl StopCode {
            /// The symbolic name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($name => stringify!($name),)*
                    _ => "a code of the driver's own",
                }
            }
        }
    };
}

stop_codes! {
    /// System function or work-item routine, state index, critical regions, 0 system call or 1 work item.
    APC_INDEX_MISMATCH = 0x1;
    /// Address, level, 0 read or 1 write or 8 execute, instruction.
    IRQL_NOT_LESS_OR_EQUAL = 0xA;
    /// Without parameters.
    MAXIMUM_WAIT_OBJECTS_EXCEEDED = 0xC;
    /// The spin lock.
    SPIN_LOCK_ALREADY_OWNED = 0xF;
    /// The spin lock.
    SPIN_LOCK_NOT_OWNED = 0x10;
    /// Exception, address, two parameters of the exception.
    KMODE_EXCEPTION_NOT_HANDLED = 0x1E;
    /// The IRP.
    NO_MORE_IRP_STACK_LOCATIONS = 0x35;
    /// Exception, address, context record.
    SYSTEM_SERVICE_EXCEPTION = 0x3B;
    /// The IRP.
    MULTIPLE_IRP_COMPLETE_REQUESTS = 0x44;
    /// Address, 0 read or 2 write or 0x10 execute, instruction.
    PAGE_FAULT_IN_NONPAGED_AREA = 0x50;
    /// Exception, address, exception record, context record.
    SYSTEM_THREAD_EXCEPTION_NOT_HANDLED = 0x7E;
    /// The processor's exception number.
    UNEXPECTED_KERNEL_MODE_TRAP = 0x7F;
    /// The handle, 1: it is not open.
    INVALID_KERNEL_HANDLE = 0x93;
    /// 3: a device blocks the power IRP.
    DRIVER_POWER_STATE_FAILURE = 0x9F;
    /// Address.
    ATTEMPTED_WRITE_TO_READONLY_MEMORY = 0xBE;
    /// The last parameter is the kind of violation.
    SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION = 0xC1;
    /// The first parameter is the kind of violation.
    BAD_POOL_CALLER = 0xC2;
    /// The first parameter is the kind of violation.
    DRIVER_VERIFIER_DETECTED_VIOLATION = 0xC4;
    /// 0 a timer, 1 a DPC, 2 a DPC routine; its address; the memory's start and end.
    TIMER_OR_DPC_INVALID = 0xC7;
    /// The level, the expected level, and a value that says where.
    IRQL_UNEXPECTED_VALUE = 0xC8;
    /// The first parameter is the kind of violation.
    DRIVER_VERIFIER_IOMANAGER_VIOLATION = 0xC9;
    /// The address of the driver's that is still used.
    DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS = 0xCE;
    /// Address, level, 0 read or 1 write or 8 execute, instruction.
    DRIVER_IRQL_NOT_LESS_OR_EQUAL = 0xD1;
    /// Address.
    ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY = 0xFC;
    /// The resource, the thread, its table of owners, 2 not owned.
    RESOURCE_NOT_OWNED = 0xE3;
    /// 0 freed, 1 queued again, 2 an I/O work item freed; the work item.
    WORKER_INVALID = 0xE4;
    /// The first parameter is the framework's own code.
    WDF_VIOLATION = 0x10D;
    /// The spin lock that the thread cannot acquire.
    DPC_WATCHDOG_VIOLATION = 0x133;
    /// The first parameter is the fast-fail code.
    KERNEL_SECURITY_CHECK_FAILURE = 0x139;
    /// The code with which the `wdk-panic` crate reports a Rust panic ("RPNC"): file name, its
    /// length, line, column.
    RUST_PANIC = 0x5250_4E43;
}

impl StopCode {
    /// The code of a driver that calls `KeBugCheckEx` itself.
    #[must_use]
    pub const fn of_driver(code: u32) -> Self {
        Self(code)
    }
}

/// How long a report may take.
const REPORT_SECONDS: u32 = 20;

/// Why the machine stops.
#[derive(Clone, Debug)]
pub struct BugCheck {
    /// The stop code.
    pub code: StopCode,
    /// Its four parameters, with the meaning that the documentation gives them for this code.
    pub parameters: [u64; 4],
    /// The broken rule, in words.
    pub rule: String,
}

/// Returns lines for the report: requests in flight, open files. Runs on the stopping thread, which
/// may hold any lock of the host: it must not wait for one.
pub type Hook = fn() -> Vec<String>;

static HOOKS: Mutex<Vec<Hook>> = Mutex::new(Vec::new());

/// Registers `hook`, which is called for lines when the machine stops.
pub fn on_stop(hook: Hook) {
    if let Ok(mut hooks) = HOOKS.lock() {
        hooks.push(hook);
    }
}

/// The thread that stops the machine; 0 while it runs.
static STOPPING: AtomicI32 = AtomicI32::new(0);

/// Prints the report to standard error and ends the process with [`EXIT_CODE`]. No destructor
/// runs. A second thread that stops meanwhile waits for the first one's exit. Any IRQL.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a report is made for this call, which does not return"
)]
pub fn stop(report: BugCheck) -> ! {
    stop_with(&report, &Stack::capture())
}

/// As [`stop`], for a fault whose place in the driver is known.
pub fn stop_with(report: &BugCheck, driver: &Stack) -> ! {
    let me = gettid().as_raw();
    match STOPPING.compare_exchange(0, me, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => print(&edited(report), driver),
        Err(thread) if thread == me => write_error("*** and again while it was being reported\n"),
        Err(_) => park(),
    }
    exit()
}

/// Whether a stop has begun.
#[must_use]
pub fn stopping() -> bool {
    STOPPING.load(Ordering::Acquire) != 0
}

/// Waits for the end of the process, if a stop has begun: its exit code is the stop's.
pub fn wait_if_stopping() {
    if stopping() {
        park();
    }
}

/// Changes a report before it is written.
pub(crate) type Edit = fn(&BugCheck) -> BugCheck;

static EDIT: OnceLock<Edit> = OnceLock::new();

/// Changes each report with `edit` from now on.
pub(crate) fn edit_with(edit: Edit) {
    // A second one is the same.
    let _ = EDIT.set(edit);
}

fn edited(report: &BugCheck) -> BugCheck {
    EDIT.get()
        .map_or_else(|| report.clone(), |edit| edit(report))
}

fn print(report: &BugCheck, driver: &Stack) {
    watch_over_report();
    write_error(&headline(report));
    write_error(&driver.to_string());
    for line in hook_lines() {
        write_error(&format!("  {line}\n"));
    }
    let host = std::backtrace::Backtrace::force_capture().to_string();
    write_error(&format!("  host stack:\n{}\n", host_frames(&host)));
}

fn headline(report: &BugCheck) -> String {
    let BugCheck {
        code,
        parameters: [first, second, third, fourth],
        rule,
    } = report;
    let StopCode(number) = code;
    let thread = thread::current();
    // The text of a rule may end with a list of lines.
    let rule = rule.trim_end();
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n*** STOP 0x{number:08X} {} ({first:#x}, {second:#x}, {third:#x}, {fourth:#x})\n  \
         rule: {rule}\n  \
         IRQL: {}\n  \
         thread: {} ({}), of process {}\n",
        code.name(),
        level::current(),
        thread.name().unwrap_or("unnamed"),
        gettid(),
        process::current().pid,
    );
    if let Some(call) = processor_block::call_at(stack::pointer()) {
        let _ = writeln!(text, "  call: {call}");
    }
    for callback in callback_stack::names() {
        let _ = writeln!(text, "  callback: {callback}");
    }
    text
}

/// The frames of the host's own crates.
fn host_frames(backtrace: &str) -> String {
    const CRATES: [&str; 5] = ["nthost", "nt_image", "nt_kernel", "nt_io", "nt_wdf"];
    let mut kept = Vec::new();
    let mut inside = false;
    for line in backtrace.lines() {
        let is_place = line.trim_start().starts_with("at ");
        if !is_place {
            inside = CRATES.iter().any(|name| line.contains(name)) && !line.contains("bugcheck::");
        }
        if inside {
            kept.push(format!("    {}", line.trim_end()));
        }
    }
    kept.join("\n")
}

fn hook_lines() -> Vec<String> {
    HOOKS.try_lock().map_or_else(
        |_| Vec::new(),
        |hooks| hooks.iter().flat_map(|hook| hook()).collect(),
    )
}

fn write_error(text: &str) {
    console::write_now(text);
}

/// Ends the process even if the report hangs: the stopping thread may hold a lock that the report
/// needs.
fn watch_over_report() {
    extern "C" fn give_up(_signal: nix::libc::c_int) {
        exit();
    }
    let action = SigAction::new(
        SigHandler::Handler(give_up),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler only ends the process.
    let watched = unsafe { sigaction(Signal::SIGALRM, &action) };
    if watched.is_ok() {
        alarm::set(REPORT_SECONDS);
    }
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

fn exit() -> ! {
    // SAFETY: `_exit` ends the process without running anything of it.
    unsafe { nix::libc::_exit(EXIT_CODE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    #[test]
    fn a_report_names_code_parameters_and_rule() {
        let report = expect_stop!(|| {
            on_stop(|| vec!["in flight: one request".to_owned()]);
            stop(BugCheck {
                code: WDF_VIOLATION,
                parameters: [5, 0x10, 0, 0],
                rule: "a WDFREQUEST is due, this is a WDFQUEUE".to_owned(),
            });
        },);
        for words in [
            "STOP 0x0000010D WDF_VIOLATION (0x5, 0x10, 0x0, 0x0)",
            "rule: a WDFREQUEST is due",
            "IRQL: PASSIVE_LEVEL",
            "in flight: one request",
        ] {
            assert!(report.contains(words), "{words:?} in {report}");
        }
    }

    #[test]
    fn a_hook_that_stops_again_does_not_loop() {
        fn again() -> Vec<String> {
            stop(BugCheck {
                code: StopCode::of_driver(1),
                parameters: [0; 4],
                rule: "within the report".to_owned(),
            })
        }
        let report = expect_stop!(|| {
            on_stop(again);
            again();
        },);
        assert!(report.contains("and again"), "{report}");
    }
}
