//! The modules of one crate: their names, imports and references, read from the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use syn::{Item, UseTree};

use super::ModulePath;
use super::references::{self, Reference};
use crate::syntax::{is_for_tests, string_attribute};

/// One module, in a file of its own or inline.
#[derive(Debug, Default)]
pub(super) struct ModuleScope {
    /// The module of the file that it is in: itself, unless it is inline.
    pub(super) of_file: ModulePath,
    /// The file.
    pub(super) file: PathBuf,
    /// Names of the modules that it declares.
    pub(super) children: BTreeSet<String>,
    /// Names of all other items that it declares.
    pub(super) items: BTreeSet<String>,
    /// Names that it imports, and the path of each.
    pub(super) imports: BTreeMap<String, Vec<String>>,
    /// Paths that it imports everything of.
    pub(super) globs: Vec<Vec<String>>,
    /// Paths that its code mentions.
    pub(super) references: Vec<Reference>,
}

/// Reads a crate from its root file on.
pub(super) fn read(root: &Path) -> Result<BTreeMap<ModulePath, ModuleScope>> {
    let mut scopes = BTreeMap::new();
    let folder = root.parent().context("a crate root has a folder")?;
    read_file(&mut scopes, root, Vec::new(), folder)?;
    Ok(scopes)
}

/// Reads one file; `folder` holds the files of its submodules.
fn read_file(
    scopes: &mut BTreeMap<ModulePath, ModuleScope>,
    file: &Path,
    path: ModulePath,
    folder: &Path,
) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let syntax = syn::parse_file(&text)
        .with_context(|| format!("{}: this is not valid Rust", file.display()))?;
    let of_file = path.clone();
    read_items(scopes, &syntax.items, path, &of_file, file, folder)
}

fn read_items(
    scopes: &mut BTreeMap<ModulePath, ModuleScope>,
    items: &[Item],
    path: ModulePath,
    of_file: &ModulePath,
    file: &Path,
    folder: &Path,
) -> Result<()> {
    let mut scope = ModuleScope {
        of_file: of_file.clone(),
        file: file.to_owned(),
        ..ModuleScope::default()
    };
    for item in items {
        if is_for_tests(references::attributes(item)) {
            continue;
        }
        match item {
            Item::Mod(module) => {
                let name = module.ident.to_string();
                let mut child = path.clone();
                child.push(name.clone());
                scope.children.insert(name.clone());
                if let Some((_, items)) = &module.content {
                    read_items(scopes, items, child, of_file, file, &folder.join(&name))?;
                } else {
                    let (file, folder) = module_file(module, file, folder)?;
                    read_file(scopes, &file, child, &folder)?;
                }
            }
            Item::Use(import) => {
                add_imports(&mut scope, &mut Vec::new(), &import.tree);
                references::of_use(&import.tree, &mut scope.references);
            }
            item => {
                scope.items.extend(references::item_name(item));
                references::of_item(item, &mut scope.references);
            }
        }
    }
    scopes.insert(path, scope);
    Ok(())
}

/// The file of a module, and the folder of its submodules.
fn module_file(module: &syn::ItemMod, file: &Path, folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let name = module.ident.to_string();
    if let Some(path) = string_attribute(&module.attrs, "path") {
        let path = file.parent().unwrap_or(folder).join(path);
        let folder = path.parent().unwrap_or(folder).to_owned();
        return Ok((path, folder));
    }
    let own_folder = folder.join(&name);
    let candidates = [
        folder.join(&name).with_extension("rs"),
        own_folder.join("mod.rs"),
    ];
    let found = candidates.into_iter().find(|path| path.exists());
    let path = found.with_context(|| format!("module {name} of {} has no file", file.display()))?;
    Ok((path, own_folder))
}

fn add_imports(scope: &mut ModuleScope, prefix: &mut Vec<String>, tree: &UseTree) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            add_imports(scope, prefix, &path.tree);
            prefix.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            if let Some(last) = prefix.last() {
                scope.imports.insert(last.clone(), prefix.clone());
            }
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let target = [prefix.as_slice(), std::slice::from_ref(&name)].concat();
            scope.imports.insert(name, target);
        }
        UseTree::Rename(rename) => {
            let mut target = prefix.clone();
            if rename.ident != "self" {
                target.push(rename.ident.to_string());
            }
            scope.imports.insert(rename.rename.to_string(), target);
        }
        UseTree::Glob(_) => scope.globs.push(prefix.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                add_imports(scope, prefix, tree);
            }
        }
    }
}
