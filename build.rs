//! Links the driver with the kit's libraries, with Netio.lib, which exports the route API, with
//! Ndis.lib, which exports the network compartment of a thread, and with the version that Windows
//! shows of it.

use std::env;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rustc-link-lib=dylib=netio");
    println!("cargo::rustc-link-lib=dylib=ndis");
    version_resource()?;
    wdk_build::configure_wdk_binary_build()?;
    Ok(())
}

/// Compiles driver.rc with the version of this package.
fn version_resource() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=driver.rc");
    let mut macros = Vec::new();
    for part in ["MAJOR", "MINOR", "PATCH"] {
        let number = env::var(format!("CARGO_PKG_VERSION_{part}"))?;
        macros.push(format!("VERSION_{part}={number}"));
    }
    embed_resource::compile_for_cdylib("driver.rc", &macros).manifest_required()?;
    Ok(())
}
