//! Links the driver with the kit's libraries and with Netio.lib.

fn main() -> Result<(), wdk_build::ConfigError> {
    println!("cargo::rustc-link-lib=dylib=netio");
    wdk_build::configure_wdk_binary_build()
}
