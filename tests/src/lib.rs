//! End-to-end tests of the driver image.
