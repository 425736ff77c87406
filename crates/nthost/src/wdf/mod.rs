//! The Kernel-Mode Driver Framework, as WDFLDR.SYS hands it to a driver.
