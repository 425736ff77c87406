//! Reads the declarations of `crates/ipforward-abi` from its source.
//!
//! The operation table and the statuses are values of that crate. Names, members and descriptions
//! of structures and constants exist in the source only. The C header, the reference page and the
//! snapshot are made from both.

mod constant;
mod item;
pub mod names;
pub mod snapshot;
mod structure;

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;

pub use constant::{Constant, ConstantValue};
pub use structure::{Shape, Structure, StructureMember};

/// The declarations of the contract, in the order of the source.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// Every structure that crosses between user and kernel.
    pub structures: Vec<Structure>,
    /// Every constant except the causes.
    pub constants: Vec<Constant>,
    /// The causes of a diagnosis.
    pub causes: Vec<Constant>,
}

impl Contract {
    /// Reads the contract of the workspace at `workspace`: the Windows structures, then our own.
    ///
    /// # Errors
    ///
    /// A file is missing, or a member is neither an integer nor bytes.
    pub fn read(workspace: &Path) -> Result<Self> {
        let mut contract = Self::default();
        for source in ["crates/nt-types/src", "crates/ipforward-abi/src"] {
            contract.add_crate(&workspace.join(source))?;
        }
        structure::lay_out(&mut contract.structures)?;
        Ok(contract)
    }

    /// The structure with this name in Rust.
    #[must_use]
    pub fn structure(&self, name: &str) -> Option<&Structure> {
        self.structures
            .iter()
            .find(|structure| structure.name == name)
    }

    fn add_crate(&mut self, source: &Path) -> Result<()> {
        for module in modules(&parse(&source.join("lib.rs"))?) {
            let path = source.join(module).with_extension("rs");
            self.add(&parse(&path)?)
                .with_context(|| format!("cannot read the declarations in {}", path.display()))?;
        }
        Ok(())
    }

    fn add(&mut self, file: &syn::File) -> Result<()> {
        for item in &file.items {
            match item {
                syn::Item::Struct(item) => self.structures.extend(structure::read(item)?),
                syn::Item::Const(item) => self.constants.extend(constant::read(item)?),
                syn::Item::Impl(item) => self.constants.extend(constant::associated(item)),
                syn::Item::Macro(item) if item.mac.path.is_ident("causes") => {
                    self.causes.extend(constant::causes(&item.mac)?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn parse(path: &Path) -> Result<syn::File> {
    syn::parse_file(&fs::read_to_string(path)?)
        .with_context(|| format!("{}: not valid Rust", path.display()))
}

/// The public modules of a file, in the order of the file.
fn modules(file: &syn::File) -> Vec<String> {
    file.items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) if item::is_public(&module.vis) => {
                Some(module.ident.to_string())
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
