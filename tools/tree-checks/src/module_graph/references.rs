//! The paths that code mentions.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

use crate::syntax::is_for_tests;

/// A path in the code.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// Its segments, as written.
    pub(super) segments: Vec<String>,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// The paths that a `use` imports.
pub(super) fn of_use(tree: &UseTree, references: &mut Vec<Reference>) {
    add_use(tree, &mut Vec::new(), references);
}

/// The paths in the signature and the body of an item.
pub(super) fn of_item(item: &Item, references: &mut Vec<Reference>) {
    Visitor { references }.visit_item(item);
}

fn add_use(tree: &UseTree, prefix: &mut Vec<String>, references: &mut Vec<Reference>) {
    let mut add = |last: Option<&syn::Ident>, span: Span, prefix: &[String]| {
        let last = last.filter(|ident| *ident != "self");
        references.push(Reference {
            segments: prefix
                .iter()
                .cloned()
                .chain(last.map(ToString::to_string))
                .collect(),
            line: span.start().line,
        });
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            add_use(&path.tree, prefix, references);
            prefix.pop();
        }
        UseTree::Name(name) => add(Some(&name.ident), name.ident.span(), prefix),
        UseTree::Rename(rename) => add(Some(&rename.ident), rename.ident.span(), prefix),
        UseTree::Glob(glob) => add(None, glob.star_token.spans[0], prefix),
        UseTree::Group(group) => {
            for tree in &group.items {
                add_use(tree, prefix, references);
            }
        }
    }
}

struct Visitor<'a> {
    references: &'a mut Vec<Reference>,
}

impl<'syntax> Visit<'syntax> for Visitor<'_> {
    fn visit_item(&mut self, item: &'syntax Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'syntax syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            syn::ImplItem::Macro(item) => &item.attrs,
            _ => return,
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'syntax syn::ItemUse) {
        of_use(&item.tree, self.references);
    }

    fn visit_path(&mut self, path: &'syntax syn::Path) {
        if path.segments.len() > 1 {
            self.references.push(Reference {
                segments: path
                    .segments
                    .iter()
                    .map(|segment| segment.ident.to_string())
                    .collect(),
                line: path.segments[0].ident.span().start().line,
            });
        }
        visit::visit_path(self, path);
    }

    /// The definition of a macro: only paths from `$crate` mean the same wherever it is used.
    fn visit_item_macro(&mut self, item: &'syntax syn::ItemMacro) {
        let is_definition = item.mac.path.is_ident("macro_rules");
        self.add_tokens(item.mac.tokens.clone(), is_definition);
        if !is_definition {
            self.visit_path(&item.mac.path);
        }
    }

    fn visit_macro(&mut self, invocation: &'syntax syn::Macro) {
        self.visit_path(&invocation.path);
        self.add_tokens(invocation.tokens.clone(), false);
    }

    fn visit_vis_restricted(&mut self, _: &'syntax syn::VisRestricted) {}

    fn visit_attribute(&mut self, _: &'syntax Attribute) {}
}

impl Visitor<'_> {
    /// Finds paths in tokens that are not parsed.
    fn add_tokens(&mut self, tokens: TokenStream, only_from_root: bool) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        let mut in_visibility = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.finish(&mut path, line, only_from_root || in_visibility);
                        in_visibility = false;
                        line = ident.span().start().line;
                    }
                    if ident == "in" {
                        in_visibility = true;
                    } else {
                        path.push(ident.to_string());
                    }
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.finish(&mut path, line, only_from_root || in_visibility);
                    self.add_tokens(group.stream(), only_from_root);
                    colons = 0;
                }
                _ => {
                    self.finish(&mut path, line, only_from_root || in_visibility);
                    colons = 0;
                }
            }
        }
        self.finish(&mut path, line, only_from_root || in_visibility);
    }

    fn finish(&mut self, path: &mut Vec<String>, line: usize, only_from_root: bool) {
        let segments = std::mem::take(path);
        let counts = segments.len() > 1 && (!only_from_root || segments[0] == "crate");
        if counts {
            self.references.push(Reference { segments, line });
        }
    }
}

/// The attributes of an item.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item declares.
pub(super) fn item_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        _ => return None,
    };
    Some(ident.to_string())
}
