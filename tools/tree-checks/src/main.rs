//! `tree-checks PACKAGE`: writes the module graphs of a package for Graphviz.

use std::process::ExitCode;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use tree_checks::module_graph;

fn main() -> Result<ExitCode> {
    let package = std::env::args().nth(1).context("expected PACKAGE")?;
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let mut graphs = module_graph::read(&metadata)?;
    graphs.retain(|graph| graph.package == package);
    if graphs.is_empty() {
        eprintln!("no package `{package}` in this workspace");
        return Ok(ExitCode::FAILURE);
    }
    for graph in graphs {
        print!("{}", graph.to_dot());
    }
    Ok(ExitCode::SUCCESS)
}
