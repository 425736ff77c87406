//! The example of `nthost-testkit` verifies the echo driver.

use tests::test_driver_image;

use crate::echo::ECHO;

#[expect(dead_code, reason = "its `main` reads the command line")]
#[path = "../../../host/nthost-testkit/examples/verify_your_driver.rs"]
pub(crate) mod verify_your_driver;

#[test]
fn the_testkits_example_verifies_the_echo_driver() {
    let image = test_driver_image("echo");
    verify_your_driver::verify(image.to_str().expect("a path in UTF-8"), ECHO);
}
