//! The workspace's own commands: `cargo xtask <command>`.

mod bench;
mod cargo;
mod compile_fail;
mod counted_cost;
mod demo;
mod driver;
mod fuzz;
mod kit;
mod package;
mod picture;
mod programs;
mod reference;
mod registry;
mod symbols;
mod test;
mod windows_check;
mod windows_vm;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use clap::Subcommand;

/// The commands of this workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the driver: driver.sys and driver.inf, under target/driver
    Build(driver::Options),
    /// Lay out the driver kit alone, and print how C is compiled and linked with it
    Kit(kit::Options),
    /// Show the driver: build it, run it in the host, create and show routes
    Demo,
    /// Make the package that a Windows machine installs, under target/package
    Package,
    /// Make the programs for Linux, with manual pages and completions, under target/programs
    Programs,
    /// Package every crate for the registry, and build each from its package: before a release
    Registry,
    /// Write the generated headers and the reference page
    Header,
    /// Run every check that this computer can run
    Test(test::Options),
    /// Measure what routes cost, in time or in counted instructions
    Bench(bench::Options),
    /// Fuzz the driver with random requests, for longer than the tests do
    Fuzz(fuzz::Options),
    /// Test the package on a Windows machine in QEMU, unattended, and bring its reports back
    WindowsVm(windows_vm::Options),
}

fn main() -> ExitCode {
    wdk_cross::output::end_with_reader();
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // All causes in one line. A backtrace would only show xtask.
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Build(options) => {
            print!("{}", driver::build(&options)?);
            Ok(())
        }
        Command::Kit(options) => {
            print!("{}", kit::lay_out(&options)?);
            Ok(())
        }
        Command::Demo => demo::demo(),
        Command::Package => {
            print!("{}", package::package()?);
            Ok(())
        }
        Command::Programs => {
            print!("{}", programs::programs()?);
            Ok(())
        }
        Command::Registry => registry::verify_packages(),
        Command::Header => {
            print!("{}", reference::write()?);
            Ok(())
        }
        Command::Test(options) => test::test(&options),
        Command::Bench(options) => bench::bench(&options),
        Command::Fuzz(options) => fuzz::fuzz(&options),
        Command::WindowsVm(options) => windows_vm::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use tree_checks::page_commands;
    use tree_checks::source::Tree;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_commands_of_the_pages_are_understood() {
        let commands = page_commands::commands(&Tree::read().unwrap());
        let texts = commands.iter().map(|command| command.text.as_str());
        let ours: Vec<_> = texts
            .filter(|text| text.starts_with("cargo xtask "))
            .collect();
        assert!(ours.len() > 10, "{ours:?}");
        for text in ours {
            // One command of several.
            let text = text.split(" && ").next().unwrap_or_default();
            let words = text.split_whitespace().skip(1);
            let parsed = Arguments::try_parse_from(words);
            assert!(parsed.is_ok(), "{text}: {:?}", parsed.err());
        }
    }
}
