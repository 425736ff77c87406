//! The program `wdk-cross`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use wdk_cross::build_tools::BuildTools;
use wdk_cross::toolchain::ToolchainChoice;
use wdk_cross::{CDriver, KMDF_MINORS, Kit, Options, Project, output};

/// Builds Windows kernel drivers on Linux, without Microsoft's driver kit.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a driver: its image, debug information and INF file
    Build(BuildArguments),
    /// Lint a driver with clippy, as it is built
    Lint(BuildArguments),
    /// Build a driver in C: its image and debug information
    C(CArguments),
    /// Lay out the driver kit alone, and print how C is compiled and linked with it
    Kit(KitArguments),
}

#[derive(Args)]
struct BuildArguments {
    /// The Cargo.toml of the driver's crate
    #[arg(long, value_name = "FILE", default_value = "Cargo.toml")]
    manifest_path: PathBuf,
    /// A system file that the image must import from, such as NETIO.SYS
    #[arg(long, value_name = "FILE.SYS")]
    require_import: Vec<String>,
    /// The name that replaces the path of the workspace in the image's file names
    #[arg(long, value_name = "NAME")]
    remap_workspace: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct CArguments {
    /// The driver's folder, or its sources
    #[arg(required = true, value_name = "DIR|FILE")]
    sources: Vec<PathBuf>,
    /// The image
    #[arg(long, value_name = "FILE.sys")]
    out: PathBuf,
    /// The folder of the kit
    #[arg(long, value_name = "DIR", default_value = "target/kit")]
    kit: PathBuf,
    /// A folder of further headers
    #[arg(long, value_name = "DIR")]
    include: Vec<PathBuf>,
    /// A macro
    #[arg(long, value_name = "NAME[=VALUE]")]
    define: Vec<String>,
    /// Do not optimize, and set DBG to 1
    #[arg(long)]
    debug: bool,
    /// KMDF's minor version: 31 or 33
    #[arg(long, default_value_t = KMDF_MINORS[0])]
    kmdf_minor: u64,
}

#[derive(Args)]
struct KitArguments {
    /// The folder of the kit
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// KMDF's minor version: 31 or 33
    #[arg(long, default_value_t = KMDF_MINORS[0])]
    kmdf_minor: u64,
}

fn main() -> ExitCode {
    output::end_with_reader();
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wdk-cross: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Build(arguments) => print!("{}", project(arguments)?.build()?),
        Command::Lint(arguments) => {
            if !project(arguments)?.lint()? {
                println!("not linted: the toolchain has no clippy");
            }
        }
        Command::C(arguments) => {
            let driver = CDriver {
                sources: arguments.sources,
                out: arguments.out,
                kit_folder: std::path::absolute(&arguments.kit)?,
                kmdf_minor: arguments.kmdf_minor,
                include: arguments.include,
                define: arguments.define,
                debug: arguments.debug,
            };
            print!("{}", driver.build()?);
        }
        Command::Kit(arguments) => {
            let found = BuildTools::prepare(ToolchainChoice::Auto)?;
            let tools = found.tools.context("on Windows, use the installed kit")?;
            let folder = std::path::absolute(&arguments.out)?;
            let kit = Kit::lay_out(&tools, &folder, arguments.kmdf_minor)?;
            print!("{}", kit.command_lines(&tools, arguments.kmdf_minor));
        }
    }
    Ok(())
}

fn project(arguments: BuildArguments) -> Result<Project> {
    let manifest = arguments
        .manifest_path
        .canonicalize()
        .with_context(|| format!("no such file: {}", arguments.manifest_path.display()))?;
    let folder = manifest
        .parent()
        .context("the manifest is in no folder")?
        .to_owned();
    Ok(Project {
        required_imports: arguments.require_import,
        remap_workspace: arguments.remap_workspace,
        options: arguments.options,
        ..Project::new(folder)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
