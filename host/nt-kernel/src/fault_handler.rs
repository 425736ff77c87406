//! Faults of the processor: an invalid access, instruction or division of the driver becomes a
//! bugcheck.
//!
//! The signal handler itself only records the fault and makes the thread continue in `report`,
//! where ordinary code may run.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::panic;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc::{self, siginfo_t, ucontext_t};
use nix::sys::mman::ProtFlags;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nt_image::loaded;
use nt_image::unwind::UnwindFrame;

use crate::bugcheck::{self, BugCheck, StopCode};
use crate::exception::{self, RaisedException, ThreadRegisters};
use crate::irql::{self, Irql};
use crate::saved_registers::{index, to_address};
use crate::stack::{self, Stack};
use crate::{
    callback_stack, emulation, on_windows, paging, pool, processor_block, unimplemented,
    user_memory, warning,
};

/// The processor's exception "page fault".
const PAGE_FAULT: i64 = 14;
/// The page fault's code: bit 0 the page was there, bit 1 a write, bit 4 an instruction fetch.
const FAULT_WRITE: i64 = 2;
/// See [`FAULT_WRITE`].
const FAULT_FETCH: i64 = 16;
/// `STATUS_BREAKPOINT`.
const BREAKPOINT: u64 = 0x8000_0003;
/// `STATUS_ILLEGAL_INSTRUCTION`.
const ILLEGAL_INSTRUCTION: u64 = 0xC000_001D;
/// `STATUS_INTEGER_DIVIDE_BY_ZERO`.
const DIVIDE_BY_ZERO: u64 = 0xC000_0094;
/// `STATUS_PRIVILEGED_INSTRUCTION`.
const PRIVILEGED_INSTRUCTION: u64 = 0xC000_0096;
/// `STATUS_ACCESS_VIOLATION`.
const ACCESS_VIOLATION: u64 = 0xC000_0005;
/// `int 29h`, with the reason in rcx: how compiled code fails fast.
const FAST_FAIL: [u8; 2] = [0xCD, 0x29];
/// The host's own first parameter of a stop for a panic of the host: "HST".
const HOST_PANIC: u64 = 0x48_5354;
/// Addresses below are what is left of a null pointer.
const NULL_REGION: u64 = 0x1_0000;
/// How near the stack pointer a fault means that the stack has run out.
const STACK_REACH: u64 = 64 << 10;
/// Size of the stack on which a stack overflow is reported.
const EMERGENCY_SIZE: usize = 256 << 10;

/// What the handler notes.
#[derive(Clone, Copy, Default)]
struct Fault {
    signal: c_int,
    trap: i64,
    code: i64,
    address: u64,
    instruction: u64,
    pointer: u64,
    frame_pointer: u64,
    rcx: u64,
}

thread_local! {
    static REGISTERS: Cell<ThreadRegisters> = const { Cell::new(ThreadRegisters::ZERO) };
    static FAULT: Cell<Fault> = const { Cell::new(Fault {
        signal: 0, trap: 0, code: 0, address: 0, instruction: 0, pointer: 0, frame_pointer: 0, rcx: 0,
    }) };
}

/// The stack for a thread whose own has run out. Only the first such thread reports.
#[repr(align(16))]
struct Emergency(#[expect(dead_code, reason = "memory for a stack")] [u8; EMERGENCY_SIZE]);

static mut EMERGENCY: Emergency = Emergency([0; EMERGENCY_SIZE]);
static EMERGENCY_TAKEN: AtomicBool = AtomicBool::new(false);

/// Explains what is wrong with an access to an address, if it can. Runs on the stopping thread,
/// which may hold any lock of the host: it must not wait for one.
pub type Explain = fn(address: usize) -> Option<String>;

static EXPLAINERS: Mutex<Vec<Explain>> = Mutex::new(Vec::new());

/// Registers `explain`, which is called with the address of a fault.
pub fn explain_with(explain: Explain) {
    if let Ok(mut explainers) = EXPLAINERS.lock() {
        explainers.push(explain);
    }
}

/// Makes faults of every thread bugchecks.
///
/// # Errors
///
/// What the system answers.
pub fn install() -> nix::Result<()> {
    let flags = SaFlags::SA_SIGINFO | SaFlags::SA_ONSTACK | SaFlags::SA_NODEFER;
    let fatal = SigAction::new(SigHandler::SigAction(on_fault), flags, SigSet::empty());
    for signal in [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGILL,
        Signal::SIGFPE,
    ] {
        // SAFETY: the handler does nothing but what a signal handler may.
        unsafe { sigaction(signal, &fatal) }?;
    }
    let flags = SaFlags::SA_SIGINFO | SaFlags::SA_NODEFER;
    let passing = SigAction::new(SigHandler::SigAction(on_breakpoint), flags, SigSet::empty());
    // SAFETY: as above.
    unsafe { sigaction(Signal::SIGTRAP, &passing) }?;
    report_panics();
    Ok(())
}

/// Makes a panic of the host in a call of the driver's a bugcheck: what the driver passed may be its
/// cause, and the functions that the driver calls cannot unwind.
fn report_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if callback_stack::names().is_empty() {
            return before(panic);
        }
        let call = processor_block::call_at(stack::pointer());
        let whose = call.map_or_else(String::new, |call| format!(" in {call}"));
        bugcheck::stop(BugCheck {
            code: bugcheck::DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [HOST_PANIC, 0, 0, 0],
            rule: format!("the host has panicked{whose}: {panic}"),
        });
    }));
}

/// A breakpoint without a debugger: reports it and continues, since the panic handler of a debug build
/// stops at one before it says why, and so does the verifier of the framework.
///
/// Runs on the driver's own stack, between two of its instructions.
extern "C" fn on_breakpoint(_signal: c_int, _info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: as in `on_fault`.
    let context = unsafe { &*context.cast::<ucontext_t>() };
    let value = |number| {
        let value = context.uc_mcontext.gregs[index(number)];
        to_address(value.cast_unsigned())
    };
    let mut frame = UnwindFrame::new(
        value(libc::REG_RIP),
        value(libc::REG_RSP),
        value(libc::REG_RBP),
    );
    // The instruction has been executed.
    frame.is_return_address = true;
    let place = loaded::describe(frame.instruction);
    let stack = Stack::at(&frame);
    if on_windows::imitating() {
        let report = BugCheck {
            code: bugcheck::KMODE_EXCEPTION_NOT_HANDLED,
            parameters: [BREAKPOINT, frame.instruction as u64, 0, 0],
            rule: format!("a breakpoint without a debugger, at {place}"),
        };
        bugcheck::stop_with(&report, &stack);
    }
    warning(format!("a breakpoint without a debugger, at {place}\n{stack}").trim_end());
}

extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives a handler with `SA_SIGINFO` the interrupted context, which stays
    // where it is until the handler returns.
    let context = unsafe { &mut *context.cast::<ucontext_t>() };
    // SAFETY: likewise the signal's information.
    let info = unsafe { &*info };
    let instruction = context.uc_mcontext.gregs[index(libc::REG_RIP)].cast_unsigned();
    if let Some(wanted) = exception::take_resumed(to_address(instruction)) {
        return wanted.restore(context);
    }
    let interrupted = ThreadRegisters::of(context);
    let registers = &mut context.uc_mcontext.gregs;
    let fault = Fault {
        signal,
        trap: registers[index(libc::REG_TRAPNO)],
        code: registers[index(libc::REG_ERR)],
        // SAFETY: all the signals handled here carry an address.
        address: unsafe { info.si_addr() }.addr() as u64,
        instruction: registers[index(libc::REG_RIP)].cast_unsigned(),
        pointer: registers[index(libc::REG_RSP)].cast_unsigned(),
        frame_pointer: registers[index(libc::REG_RBP)].cast_unsigned(),
        rcx: registers[index(libc::REG_RCX)].cast_unsigned(),
    };
    if fault.trap == PAGE_FAULT
        && irql::current() < Irql::DISPATCH
        && paging::bring_in(to_address(fault.address), wanted(&fault))
    {
        return;
    }
    if fault.trap == PAGE_FAULT && processor_block::prepare_for(to_address(fault.address)) {
        return;
    }
    let instruction = to_address(fault.instruction);
    let image = loaded::find(instruction);
    let address = (fault.trap == PAGE_FAULT).then(|| to_address(fault.address));
    let code = |offset| {
        let place = instruction.checked_add(offset)?;
        let is_code = image.as_ref().is_some_and(|image| image.is_code(place));
        is_code.then(|| read_code(place))
    };
    // An instruction that could not be fetched cannot be read either.
    let is_fetched = fault.code & FAULT_FETCH == 0;
    if fault.signal == libc::SIGSEGV && is_fetched && emulation::execute(registers, address, code) {
        return;
    }
    FAULT.set(fault);
    REGISTERS.set(interrupted);
    let top = report_stack(&fault);
    // As a call would leave it: aligned to 16 but for the return address.
    registers[index(libc::REG_RSP)] = ((top & !15) - 8).cast_signed();
    registers[index(libc::REG_RIP)] = (report as *const () as u64).cast_signed();
}

/// Where the report's stack begins: below what the thread has in use.
fn report_stack(fault: &Fault) -> u64 {
    const RED_ZONE: u64 = 128;
    if !is_overflow(fault) {
        return fault.pointer - RED_ZONE;
    }
    while EMERGENCY_TAKEN.swap(true, Ordering::AcqRel) {
        // SAFETY: waits for a signal; the first thread's report ends the process.
        unsafe { libc::pause() };
    }
    (&raw const EMERGENCY).addr() as u64 + EMERGENCY_SIZE as u64
}

fn is_overflow(fault: &Fault) -> bool {
    let below = fault.pointer.wrapping_sub(fault.address);
    let above = fault.address.wrapping_sub(fault.pointer);
    fault.trap == PAGE_FAULT && (below < STACK_REACH || above < 256)
}

/// The context with which a thread continues after a fault.
extern "C" fn report() -> ! {
    let fault = FAULT.get();
    raise(&fault);
    let instruction = to_address(fault.instruction);
    let pointer = to_address(fault.pointer);
    let frame = UnwindFrame::new(instruction, pointer, to_address(fault.frame_pointer));
    let stack = Stack::at(&frame);
    let whose = if loaded::find(instruction).is_some() {
        loaded::describe(instruction)
    } else if let Some(call) = processor_block::call_at(pointer) {
        format!("the host, on behalf of the driver, in {call}")
    } else if stack.is_empty() {
        "the host itself, without the driver".to_owned()
    } else {
        "the host, on behalf of the driver".to_owned()
    };
    let (code, parameters, what) = judge(&fault);
    let rule = format!("{whose}: {what}");
    bugcheck::stop_with(
        &BugCheck {
            code,
            parameters,
            rule,
        },
        &stack,
    )
}

/// Gives the fault to the driver's exception handlers, if it is one that Windows gives to them. Does not
/// return if a handler takes it.
fn raise(fault: &Fault) {
    let is_drivers = loaded::find(to_address(fault.instruction)).is_some();
    let registers = if is_drivers {
        Some(REGISTERS.get())
    } else {
        exception::registers_at_call(to_address(fault.pointer))
    };
    let code = match fault.signal {
        libc::SIGILL if is_drivers => ILLEGAL_INSTRUCTION,
        libc::SIGFPE if is_drivers => DIVIDE_BY_ZERO,
        _ if is_callers_memory(fault) => ACCESS_VIOLATION,
        _ => return,
    };
    let information = [operation(fault), fault.address];
    let is_access = code == ACCESS_VIOLATION;
    if let Some(registers) = registers {
        exception::dispatch(&RaisedException {
            code: u32::try_from(code).unwrap_or_default(),
            information: if is_access { &information } else { &[] },
            registers,
        });
    }
}

/// Whether an access to the caller's memory has failed, which is an exception. Elsewhere, and at
/// `DISPATCH_LEVEL`, Windows stops at once.
fn is_callers_memory(fault: &Fault) -> bool {
    fault.trap == PAGE_FAULT
        && irql::current() < Irql::DISPATCH
        && !is_overflow(fault)
        && is_raising_place(fault)
        && user_memory::is_user_address(to_address(fault.address))
}

/// Whether the fault is the driver's own, or one of a function that only accesses its memory: neither
/// holds a lock of the host.
fn is_raising_place(fault: &Fault) -> bool {
    let call = processor_block::call_at(to_address(fault.pointer));
    loaded::find(to_address(fault.instruction)).is_some()
        || call.is_some_and(|call| call.is_copying())
}

fn judge(fault: &Fault) -> (StopCode, [u64; 4], String) {
    match fault.signal {
        libc::SIGILL => exception(fault, ILLEGAL_INSTRUCTION, "an invalid instruction (ud2?)"),
        libc::SIGFPE => exception(fault, DIVIDE_BY_ZERO, "a division by zero"),
        _ if fault.trap == PAGE_FAULT => page_fault(fault),
        _ => protection_fault(fault),
    }
}

fn exception(fault: &Fault, status: u64, what: &str) -> (StopCode, [u64; 4], String) {
    (
        bugcheck::KMODE_EXCEPTION_NOT_HANDLED,
        [status, fault.instruction, 0, fault.address],
        what.to_owned(),
    )
}

fn protection_fault(fault: &Fault) -> (StopCode, [u64; 4], String) {
    if instruction_starts_with(fault, &FAST_FAIL) {
        return (
            bugcheck::KERNEL_SECURITY_CHECK_FAILURE,
            [fault.rcx, 0, 0, 0],
            format!("fast fail with reason {:#x}", fault.rcx),
        );
    }
    let what = "a privileged instruction, or an address that is not canonical";
    exception(fault, PRIVILEGED_INSTRUCTION, what)
}

fn page_fault(fault: &Fault) -> (StopCode, [u64; 4], String) {
    let address = fault.address;
    let (access, verb) = match fault.code {
        code if code & FAULT_FETCH != 0 => (0x10, "executed"),
        code if code & FAULT_WRITE != 0 => (2, "written"),
        _ => (0, "read"),
    };
    let parameters = [address, access, fault.instruction, 0];
    if is_overflow(fault) {
        let what = format!("the stack has run out: {address:#x} was {verb}");
        return (bugcheck::UNEXPECTED_KERNEL_MODE_TRAP, [8, 0, 0, 0], what);
    }
    let missing = emulation::missing_at(to_address(address));
    let what = match missing {
        Some(missing) => Some(format!(
            "{missing} was {verb}, in a way or at a place that this host does not have"
        )),
        None if address < NULL_REGION => {
            Some(format!("a null pointer was {verb}, at offset {address:#x}"))
        }
        None => None,
    };
    if let Some(what) = what {
        return (
            bugcheck::KMODE_EXCEPTION_NOT_HANDLED,
            [ACCESS_VIOLATION, fault.instruction, access >> 1, address],
            what,
        );
    }
    if irql::current() >= Irql::DISPATCH && paging::was_out(to_address(address), wanted(fault)) {
        return pageable(fault, verb);
    }
    let place = explain(to_address(address)).unwrap_or_else(|| place_of(address));
    let code = match access {
        0x10 => bugcheck::ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY,
        2 if loaded::find(to_address(address)).is_some() => {
            bugcheck::ATTEMPTED_WRITE_TO_READONLY_MEMORY
        }
        _ => bugcheck::PAGE_FAULT_IN_NONPAGED_AREA,
    };
    let what = format!("{address:#x} was {verb}, {place}");
    (code, parameters, what)
}

/// The access that the thread attempted at the address.
fn wanted(fault: &Fault) -> ProtFlags {
    match fault.code {
        code if code & FAULT_FETCH != 0 => ProtFlags::PROT_EXEC,
        code if code & FAULT_WRITE != 0 => ProtFlags::PROT_WRITE,
        _ => ProtFlags::PROT_READ,
    }
}

/// The same as a number, in exception records and stops for a level: 0 read, 1 write, 8 execute.
fn operation(fault: &Fault) -> u64 {
    match wanted(fault) {
        ProtFlags::PROT_EXEC => 8,
        ProtFlags::PROT_WRITE => 1,
        _ => 0,
    }
}

/// An access to pageable memory at `DISPATCH_LEVEL` or above.
fn pageable(fault: &Fault, verb: &str) -> (StopCode, [u64; 4], String) {
    let address = to_address(fault.address);
    let level = irql::current();
    let code = if loaded::find(to_address(fault.instruction)).is_some() {
        bugcheck::DRIVER_IRQL_NOT_LESS_OR_EQUAL
    } else {
        bugcheck::IRQL_NOT_LESS_OR_EQUAL
    };
    let in_image = || format!("a section of the image ({})", loaded::describe(address));
    let whose = pool::explain_paged(address)
        .or_else(|| explain_outside_pool(address))
        .unwrap_or_else(in_image);
    (
        code,
        [
            fault.address,
            level.0.into(),
            operation(fault),
            fault.instruction,
        ],
        format!("{address:#x} was {verb} at {level}, which is pageable: {whose}"),
    )
}

/// The explanation of the pool, or of another allocator of the host, for the address.
fn explain(address: usize) -> Option<String> {
    pool::explain_fault(address).or_else(|| explain_outside_pool(address))
}

fn explain_outside_pool(address: usize) -> Option<String> {
    let explainers = EXPLAINERS.try_lock().ok()?;
    explainers.iter().find_map(|explain| explain(address))
}

fn place_of(address: u64) -> String {
    let address = to_address(address);
    if let Some(name) = unimplemented::name_of_data(address) {
        format!("where {name} should be, which is data that this host does not have")
    } else if loaded::find(address).is_some() {
        format!(
            "a protected part of the image ({})",
            loaded::describe(address)
        )
    } else {
        "which is no memory of this kernel".to_owned()
    }
}

/// Whether the bytes at the faulting instruction begin so.
fn instruction_starts_with(fault: &Fault, bytes: &[u8]) -> bool {
    let address = to_address(fault.instruction);
    let Some(image) = loaded::find(address) else {
        return false;
    };
    (0..bytes.len()).all(|index| {
        let place = address + index;
        image.is_code(place) && read_code(place) == bytes[index]
    })
}

fn read_code(address: usize) -> u8 {
    let byte = std::ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the caller asked that this is code of a loaded image, which is readable.
    unsafe { byte.read_volatile() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    #[test]
    fn a_null_pointer_is_reported() {
        let report = expect_stop!(|| {
            install().unwrap();
            let nowhere = std::ptr::without_provenance::<u32>(0x18);
            // SAFETY: none; the fault is what is tested.
            let _ = unsafe { nowhere.read_volatile() };
        });
        assert!(
            report.contains("a null pointer was read, at offset 0x18"),
            "{report}"
        );
        assert!(report.contains("the host itself"), "{report}");
    }

    extern "win64" fn read(address: *const u32) -> u32 {
        // SAFETY: none; the fault is what is tested.
        unsafe { address.read_volatile() }
    }

    #[test]
    fn a_fault_in_an_export_names_it_and_its_arguments() {
        let report = expect_stop!(|| {
            install().unwrap();
            let targets = vec![("test!Read".to_owned(), read as *const () as usize)];
            let thunk = crate::export_thunk::record_calls(targets)[0];
            let thunk = std::ptr::with_exposed_provenance::<()>(thunk);
            // SAFETY: a thunk is called as its function is.
            let thunk =
                unsafe { std::mem::transmute::<*const (), extern "win64" fn(usize) -> u32>(thunk) };
            crate::callback_guard::run("EvtTest", || thunk(0x18));
        });
        assert!(
            report.contains("on behalf of the driver, in test!Read (rcx 0x18,"),
            "{report}"
        );
        assert!(report.contains("callback: EvtTest"), "{report}");
    }

    #[test]
    fn a_panic_of_the_host_in_a_callback_is_reported() {
        let report = expect_stop!(|| {
            install().unwrap();
            crate::callback_guard::run("EvtTest", || panic!("of the host"));
        });
        assert!(report.contains("the host has panicked: "), "{report}");
        assert!(report.contains("of the host"), "{report}");
    }

    #[test]
    fn a_stack_that_runs_out_is_reported() {
        #[expect(unconditional_recursion, reason = "what is tested")]
        fn deeper(depth: &mut [u64; 64]) -> u64 {
            let mut next = [depth[0] + 1; 64];
            std::hint::black_box(&mut next);
            deeper(&mut next) + std::hint::black_box(depth)[1]
        }
        let report = expect_stop!(|| {
            install().unwrap();
            deeper(&mut [0; 64]);
        });
        assert!(report.contains("the stack has run out"), "{report}");
    }

    #[test]
    fn an_invalid_instruction_is_reported() {
        let report = expect_stop!(|| {
            install().unwrap();
            // SAFETY: none; the fault is what is tested.
            unsafe { std::arch::asm!("ud2") };
        });
        assert!(
            report.contains("0x0000001E") && report.contains("0xc000001d"),
            "{report}"
        );
    }

    #[test]
    fn a_breakpoint_is_passed_over() {
        let report = expect_stop!(|| {
            install().unwrap();
            // SAFETY: the handler resumes execution after this instruction.
            unsafe { std::arch::asm!("int3") };
            panic_like_the_driver();
        });
        assert!(
            report.contains("a breakpoint without a debugger"),
            "{report}"
        );
    }

    fn panic_like_the_driver() {
        bugcheck::stop(BugCheck {
            code: bugcheck::RUST_PANIC,
            parameters: [0; 4],
            rule: "a panic".to_owned(),
        });
    }
}
