//! Links the driver with the kit's libraries, with Netio.lib and with Ndis.lib.

fn main() -> Result<(), wdk_build::ConfigError> {
    println!("cargo::rustc-link-lib=dylib=netio");
    println!("cargo::rustc-link-lib=dylib=ndis");
    wdk_build::configure_wdk_binary_build()
}
