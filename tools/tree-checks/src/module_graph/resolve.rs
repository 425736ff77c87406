//! Which module a path leads to, through imports and re-exports.

use std::collections::BTreeMap;

use super::ModulePath;
use super::scope::ModuleScope;

/// Re-exports that are followed at most, so that imports that name each other come to an end.
const DEPTH_MAX: usize = 24;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entity {
    Module(ModulePath),
    /// An item of this module.
    ItemOf(ModulePath),
}

/// The modules of one crate, to resolve paths in.
pub(super) struct Resolver<'a> {
    pub(super) scopes: &'a BTreeMap<ModulePath, ModuleScope>,
}

impl Resolver<'_> {
    /// The module that defines what `segments` names within `from`; `None` if it is of another
    /// crate.
    pub(super) fn module_of(&self, from: &ModulePath, segments: &[String]) -> Option<ModulePath> {
        match self.resolve(from, segments, 0)? {
            Entity::Module(module) | Entity::ItemOf(module) => Some(module),
        }
    }

    fn resolve(&self, from: &ModulePath, segments: &[String], depth: usize) -> Option<Entity> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => self.walk(Vec::new(), rest, depth),
            "self" => self.walk(from.clone(), rest, depth),
            "super" => {
                let parent = from[..from.len().checked_sub(1)?].to_vec();
                if rest.first().is_some_and(|next| next == "super") {
                    return self.resolve(&parent, rest, depth);
                }
                self.walk(parent, rest, depth)
            }
            _ if self.knows(from, first, depth) => self.walk(from.clone(), segments, depth),
            _ => None,
        }
    }

    /// Whether a name means something in a module that is not of another crate.
    fn knows(&self, module: &ModulePath, name: &str, depth: usize) -> bool {
        let scope = &self.scopes[module];
        scope.children.contains(name)
            || scope.items.contains(name)
            || scope.imports.contains_key(name)
            || self.through_globs(module, name, depth).is_some()
    }

    /// The module that a glob import of `module` brings `name` from.
    fn through_globs(&self, module: &ModulePath, name: &str, depth: usize) -> Option<ModulePath> {
        if depth >= DEPTH_MAX {
            return None;
        }
        self.scopes[module].globs.iter().find_map(|glob| {
            match self.resolve(module, glob, depth + 1)? {
                Entity::Module(target)
                    if target != *module && self.knows(&target, name, depth + 1) =>
                {
                    Some(target)
                }
                _ => None,
            }
        })
    }

    /// Follows segments from a module on.
    fn walk(&self, module: ModulePath, segments: &[String], depth: usize) -> Option<Entity> {
        let Some((first, rest)) = segments.split_first() else {
            return Some(Entity::Module(module));
        };
        if depth >= DEPTH_MAX {
            return None;
        }
        let scope = self.scopes.get(&module)?;
        if scope.children.contains(first) {
            let mut child = module;
            child.push(first.clone());
            return self.walk(child, rest, depth);
        }
        if scope.items.contains(first) {
            return Some(Entity::ItemOf(module));
        }
        if let Some(target) = scope.imports.get(first) {
            return match self.resolve(&module, target, depth + 1)? {
                Entity::Module(target) => self.walk(target, rest, depth + 1),
                item @ Entity::ItemOf(_) => Some(item),
            };
        }
        match self.through_globs(&module, first, depth) {
            Some(target) => self.walk(target, segments, depth + 1),
            // A macro declares it.
            None => Some(Entity::ItemOf(module)),
        }
    }
}
