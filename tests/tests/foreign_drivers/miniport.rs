//! A driver whose device and unloading belong to a port driver.

use tests::{has_own_framework, start_test_driver};

#[test]
fn a_miniport_has_a_device_and_unloads_itself() {
    if !has_own_framework("its device objects are no device objects of the I/O manager") {
        return;
    }
    let host = start_test_driver("miniport", &[]);
    let ended = host.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let said: Vec<&str> = ended
        .stderr
        .lines()
        .filter_map(|line| line.split_once("miniport: "))
        .map(|(_, said)| said)
        .collect();
    assert_eq!(
        said,
        [
            "the device has its device objects and a target",
            "work is done below the device",
            "the device goes",
        ]
    );
}
