//! The I/O manager: names, files, requests on their way to a driver.
