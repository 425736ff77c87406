//! `stack-depth IMAGE [CALLBACK…]`: prints the deepest path to each call that leaves a driver image.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let image = PathBuf::from(
        arguments
            .next()
            .context("usage: stack-depth IMAGE [CALLBACK…]")?,
    );
    let callbacks: Vec<String> = arguments
        .filter_map(|name| name.into_string().ok())
        .collect();
    let callbacks: Vec<&str> = callbacks.iter().map(String::as_str).collect();
    for path in stack_depth::deepest_paths(&image, &callbacks)? {
        println!("{path}");
    }
    Ok(())
}
