//! What is built and shipped, as far as it can be checked without Windows: the driver's image, its
//! INF file, the package, and the header for programs in C.

mod c_program;
mod driver_image;
mod inf;
mod package;
mod package_image;
mod probe;
mod programs;
mod signatures;
mod stack_depth;
mod symbols;
mod windows_machine;
mod wine;
