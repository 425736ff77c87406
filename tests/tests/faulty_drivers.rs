//! Drivers that break a rule on purpose are caught, so that a clean run means something.

use tests::{Host, test_driver_image};

#[test]
fn a_driver_that_leaks_is_caught_at_unload() {
    const LEAK: i32 = 87;
    let host = Host::start_with(&test_driver_image("leak"), &[]);
    let ended = host.stop();
    assert_eq!(ended.code, Some(LEAK), "{}", ended.stderr);
    for leaked in ["pool", "MIB table", "Leak"] {
        assert!(
            ended.stderr.contains(leaked),
            "no {leaked} in: {}",
            ended.stderr
        );
    }
}
