//! A WDM driver in C with exceptions within exceptions, and with language handlers of its own.

use abi::NtStatus;
use tests::start_test_driver;

const DEVICE: &str = r"\\.\ExceptionsWdm";
/// Plays the scene whose number is the input.
const PLAY: u32 = 0x0022_2000;

const FIRST: NtStatus = NtStatus::INVALID_PARAMETER;
const SECOND: NtStatus = NtStatus::new(0x8000_0011);
const THIRD: NtStatus = NtStatus::new(0xC000_003E);
const ACCESS_VIOLATION: NtStatus = NtStatus::new(0xC000_0005);

/// What ran, a bit each.
const INNER_FINALLY: u32 = 1;
const OUTER_FINALLY: u32 = 2;
const INNER_EXCEPT: u32 = 4;
const SEARCHED: u32 = 8;
const UNWOUND: u32 = 0x10;

/// Plays scenes twice in one host: the status of the exception that was handled last, and what ran.
fn play<const COUNT: usize>(scenes: [u32; COUNT]) -> [(NtStatus, u32); COUNT] {
    let host = start_test_driver("exceptions_wdm", &[]);
    let mut process = host.connect();
    let handle = process.open(DEVICE).expect("the device opens");
    let mut play = |scene: u32| {
        let reply = process.device_control(handle, PLAY, &scene.to_le_bytes(), 8);
        assert_eq!(reply.status, NtStatus::SUCCESS);
        let number = |at: usize| u32::from_le_bytes(reply.output[at..][..4].try_into().unwrap());
        (NtStatus::new(number(0)), number(4))
    };
    let first = scenes.map(&mut play);
    assert_eq!(scenes.map(&mut play), first);
    drop(process);
    host.stop_clean();
    first
}

#[test]
fn an_exception_in_a_finally_block_is_handled_around_it() {
    let ran = INNER_FINALLY | OUTER_FINALLY;
    let in_one_function = 0;
    let in_a_callee = 1;
    assert_eq!(play([in_one_function, in_a_callee]), [(SECOND, ran); 2]);
}

#[test]
fn an_exception_in_a_finally_block_ends_the_first_one() {
    let past_a_filter_of_the_first = 2;
    let [outcome] = play([past_a_filter_of_the_first]);
    assert_eq!(outcome, (SECOND, INNER_FINALLY | OUTER_FINALLY));
}

#[test]
fn a_fault_in_a_finally_block_is_handled_around_it() {
    let [outcome] = play([3]);
    assert_eq!(outcome, (ACCESS_VIOLATION, INNER_FINALLY | OUTER_FINALLY));
}

#[test]
fn each_of_two_finally_blocks_can_raise_an_exception() {
    let [outcome] = play([4]);
    assert_eq!(outcome, (THIRD, INNER_FINALLY | OUTER_FINALLY));
}

#[test]
fn a_finally_block_that_handles_its_exception_goes_on() {
    let [outcome] = play([5]);
    let ran = INNER_FINALLY | OUTER_FINALLY | INNER_EXCEPT;
    assert_eq!(outcome, (FIRST, ran));
}

#[test]
fn a_language_handler_of_the_driver_finds_its_blocks() {
    let [except, finally] = play([6, 7]);
    assert_eq!(except, (FIRST, SEARCHED | UNWOUND));
    assert_eq!(finally, (FIRST, SEARCHED | UNWOUND | OUTER_FINALLY));
}

#[test]
fn a_block_of_a_language_handler_can_raise_an_exception() {
    let [outcome] = play([8]);
    assert_eq!(outcome, (SECOND, SEARCHED | UNWOUND | OUTER_FINALLY));
}
