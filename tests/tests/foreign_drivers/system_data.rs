//! A driver in C that starts only if the data that the kernel exports are what they should be.

use tests::start_test_driver;

#[test]
fn a_driver_in_c_reads_the_data_of_the_kernel() {
    start_test_driver("system_data", &[]).stop_clean();
}
