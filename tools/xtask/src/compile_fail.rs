//! Misuse of the driver's types that must not compile: `tests/compile_fail`.
//!
//! Each file is compiled as one more module of the driver, against the libraries of its last
//! build. Without the misuse the same must compile: otherwise a failure proves nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use wdk_cross::Compilation;
use wdk_cross::toolchain::TARGET;

use crate::cargo::TestCounts;
use crate::driver;
use crate::workspace;

/// Compiles every case, and counts those that fail with the expected error.
pub(crate) fn test() -> Result<TestCounts> {
    let compilation = driver::ours()?.compilation()?;
    let folder = workspace::root()?.join("tests/compile_fail");
    if let Some(errors) = compile(&compilation, None)? {
        bail!("the driver does not compile by hand:\n{errors}");
    }
    let mut counts = TestCounts::default();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            match check_case(&compilation, &path)? {
                Ok(()) => counts.passed += 1,
                Err(why) => {
                    counts.failed += 1;
                    println!("{}: {why}", path.display());
                }
            }
        }
    }
    if counts == TestCounts::default() {
        bail!("there is no case in {}", folder.display());
    }
    Ok(counts)
}

/// Compiles a case, which must fail with the error that its first line names, once or so many
/// times. The inner error says what differs.
fn check_case(compilation: &Compilation, case: &Path) -> Result<Result<(), String>> {
    let source = fs::read_to_string(case)?;
    let wanted = source
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// "))
        .with_context(|| format!("{} does not begin with the error it wants", case.display()))?;
    let (times, wanted) = match wanted.split_once(" times ") {
        None => (1, wanted),
        Some((times, wanted)) => (times.parse().context("a number of errors")?, wanted),
    };
    Ok(match compile(compilation, Some(case))? {
        None => Err("compiles, but must not".to_owned()),
        Some(errors)
            if errors.matches(wanted).count() != times
                || errors.matches("error[").count() != times =>
        {
            Err(format!("wanted {wanted}, {times} of them, got:\n{errors}"))
        }
        Some(_) => Ok(()),
    })
}

/// Compiles the driver with one more module. Returns the compiler's errors, if any.
fn compile(compilation: &Compilation, case: Option<&Path>) -> Result<Option<String>> {
    let folder = workspace::root()?.join("target/compile-fail");
    fs::create_dir_all(&folder)?;
    let root = folder.join("driver.rs");
    fs::write(&root, root_module(case)?)?;
    let mut rustc = Command::new(&compilation.rustc);
    rustc
        .args([
            "--crate-name",
            "driver",
            "--crate-type",
            "lib",
            "--edition",
            "2024",
        ])
        .args([
            "--target",
            TARGET,
            "--emit",
            "metadata",
            "--cap-lints",
            "allow",
        ])
        .args([
            "-C",
            "panic=abort",
            "-C",
            "target-feature=+crt-static",
            "--out-dir",
        ])
        .arg(&folder);
    add_libraries(&mut rustc, compilation);
    let output = rustc.arg(&root).output().context("cannot start rustc")?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then_some(errors))
}

fn add_libraries(rustc: &mut Command, compilation: &Compilation) {
    let files = compilation.libraries.iter().map(|(_, file)| file);
    let folders: BTreeSet<&Path> = files.filter_map(|file| file.parent()).collect();
    for folder in folders {
        rustc
            .arg("-L")
            .arg(format!("dependency={}", folder.display()));
    }
    if compilation.includes_core {
        rustc
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["-Z", "unstable-options"]);
    }
    for (name, file) in &compilation.libraries {
        let (prefix, name) = match name.as_str() {
            "ipforward_abi" => ("", "abi"),
            "ipforward_engine" => ("", "engine"),
            "core" | "alloc" | "compiler_builtins" => ("noprelude:", name.as_str()),
            "allocator_api2" | "wdk" | "wdk_panic" | "wdk_sys" => ("", name.as_str()),
            _ => continue,
        };
        rustc
            .arg("--extern")
            .arg(format!("{prefix}{name}={}", file.display()));
    }
}

/// The driver's root module with the paths of its files, and the case as one more module.
fn root_module(case: Option<&Path>) -> Result<String> {
    let source = workspace::root()?.join("src");
    let mut lines = Vec::new();
    for line in fs::read_to_string(source.join("lib.rs"))?.lines() {
        let module = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'));
        if let Some(module) = module {
            let file = source.join(module).with_extension("rs");
            let folder = source.join(module).join("mod.rs");
            lines.push(path_attribute(if file.exists() { &file } else { &folder }));
        }
        lines.push(line.to_owned());
    }
    if let Some(case) = case {
        lines.push(path_attribute(case));
        lines.push("mod misuse;".to_owned());
    }
    Ok(lines.join("\n"))
}

fn path_attribute(file: &Path) -> String {
    format!("#[path = {:?}]", file.display().to_string())
}
