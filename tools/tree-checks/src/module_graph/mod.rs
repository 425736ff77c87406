//! Which module of a crate uses which, and the cycles among them.
//!
//! A node is a file; an inline module belongs to the file that it is in. An edge leads to the
//! module that *defines* what is used: re-exports are followed. What is compiled for tests only is
//! left out.
//!
//! A crate is in layers if, in each folder, the modules (each with all of its submodules) use each
//! other in one direction only. A module may use its own submodules, and they may use what it
//! declares: they are one idea.

mod cycle;
mod references;
mod resolve;
mod scope;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cargo_metadata::{Metadata, TargetKind};

use self::resolve::Resolver;
use crate::Finding;

/// The module graph of one crate.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The package.
    pub package: String,
    /// The library or program of the package.
    pub target: String,
    /// For each module the modules that it uses, each with the first line that does.
    pub uses: BTreeMap<ModulePath, BTreeMap<ModulePath, SourceLine>>,
}

/// The names from the crate's root to a module.
pub type ModulePath = Vec<String>;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// The graphs of every library and program of the workspace.
///
/// # Errors
///
/// A file is missing or is not valid Rust.
pub fn read(metadata: &Metadata) -> Result<Vec<Graph>> {
    let mut graphs = Vec::new();
    for package in metadata.workspace_packages() {
        for target in &package.targets {
            let is_product = target.kind.iter().any(|kind| {
                matches!(
                    kind,
                    TargetKind::Lib
                        | TargetKind::RLib
                        | TargetKind::CDyLib
                        | TargetKind::StaticLib
                        | TargetKind::ProcMacro
                        | TargetKind::Bin
                )
            });
            if is_product {
                graphs.push(Graph::of_crate(
                    &package.name,
                    &target.name,
                    target.src_path.as_std_path(),
                )?);
            }
        }
    }
    Ok(graphs)
}

impl Graph {
    /// The graph of the crate with this root file.
    ///
    /// # Errors
    ///
    /// A file is missing or is not valid Rust.
    pub fn of_crate(package: &str, target: &str, root: &Path) -> Result<Self> {
        let scopes = scope::read(root)?;
        let resolver = Resolver { scopes: &scopes };
        let mut graph = Self {
            package: package.to_owned(),
            target: target.to_owned(),
            uses: BTreeMap::new(),
        };
        for (path, scope) in &scopes {
            let uses = graph.uses.entry(scope.of_file.clone()).or_default();
            for reference in &scope.references {
                let Some(target) = resolver.module_of(path, &reference.segments) else {
                    continue;
                };
                let to = &scopes[&target].of_file;
                if *to != scope.of_file {
                    uses.entry(to.clone()).or_insert_with(|| SourceLine {
                        file: scope.file.clone(),
                        line: reference.line,
                    });
                }
            }
        }
        Ok(graph)
    }

    /// Each group of modules of one folder that use each other, as a finding that shows its
    /// shortest cycle.
    #[must_use]
    pub fn cycles(&self, workspace: &Path) -> Vec<Finding> {
        let folders: BTreeSet<_> = self
            .uses
            .keys()
            .filter_map(|module| Some(module.split_last()?.1))
            .collect();
        folders
            .into_iter()
            .flat_map(|folder| {
                let siblings = self.siblings(folder);
                let edges = siblings
                    .iter()
                    .map(|(from, uses)| (from, uses.keys().collect()))
                    .collect();
                cycle::shortest_cycles(&edges)
                    .iter()
                    .map(|cycle| self.finding(&siblings, cycle, workspace))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// Which modules of a folder use which, each with all of its submodules.
    fn siblings(
        &self,
        folder: &[String],
    ) -> BTreeMap<ModulePath, BTreeMap<ModulePath, &SourceLine>> {
        let within = |module: &ModulePath| {
            let is_inside = module.len() > folder.len() && module.starts_with(folder);
            is_inside.then(|| module[..=folder.len()].to_vec())
        };
        let mut siblings = BTreeMap::new();
        for (from, uses) in &self.uses {
            let Some(from) = within(from) else { continue };
            let edges: &mut BTreeMap<_, _> = siblings.entry(from.clone()).or_default();
            for (to, place) in uses {
                if let Some(to) = within(to).filter(|to| *to != from) {
                    edges.entry(to).or_insert(place);
                }
            }
        }
        siblings
    }

    fn finding(
        &self,
        siblings: &BTreeMap<ModulePath, BTreeMap<ModulePath, &SourceLine>>,
        cycle: &[&ModulePath],
        workspace: &Path,
    ) -> Finding {
        let mut message = format!("cycle of modules in {}: {}", self.package, node(cycle[0]));
        let mut first = None;
        let nexts = cycle.iter().skip(1).chain(&cycle[..1]);
        for (from, to) in cycle.iter().zip(nexts) {
            let place = siblings[*from][*to];
            let file = place.file.strip_prefix(workspace).unwrap_or(&place.file);
            let _ = write!(
                message,
                " → {} ({}:{})",
                node(to),
                file.display(),
                place.line
            );
            first.get_or_insert((file.to_owned(), place.line));
        }
        message += "; move what both need into a module below both";
        let (file, line) = first.unwrap_or_default();
        Finding::new(file, line, message)
    }

    /// The graph in the language of Graphviz.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = format!("digraph \"{} {}\" {{\n", self.package, self.target);
        for (from, uses) in &self.uses {
            let from = node(from);
            let _ = writeln!(text, "    \"{from}\";");
            for to in uses.keys() {
                let _ = writeln!(text, "    \"{from}\" -> \"{}\";", node(to));
            }
        }
        text + "}\n"
    }
}

fn node(path: &[String]) -> String {
    if path.is_empty() {
        "crate".to_owned()
    } else {
        path.join("::")
    }
}

#[cfg(test)]
mod tests;
