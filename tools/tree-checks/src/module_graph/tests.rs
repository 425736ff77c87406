//! Made-up crates.

use fs_err as fs;

use super::*;

/// The graph of a crate of these files.
fn graph(files: &[(&str, &str)]) -> Graph {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Graph::of_crate("made-up", "made-up", &folder.path().join("lib.rs")).unwrap()
}

fn module(path: &str) -> ModulePath {
    path.split("::").map(str::to_owned).collect()
}

fn cycles(files: &[(&str, &str)]) -> Vec<String> {
    let found = graph(files).cycles(Path::new("/"));
    found.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn modules_that_use_each_other_are_a_cycle() {
    let found = cycles(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B;\nfn f() { super::c::g(); }"),
        ("c.rs", "pub fn g() { drop(crate::a::A::new()); }"),
    ]);
    assert_eq!(found.len(), 1);
    let names = "cycle of modules in made-up: a → b";
    assert!(found[0].starts_with(names), "{}", found[0]);
    assert!(found[0].contains("b.rs:2) → a ("), "{}", found[0]);
}

#[test]
fn a_module_and_its_submodules_are_one_idea() {
    let found = cycles(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child; pub struct Item; pub use child::f;"),
        ("a/child.rs", "pub fn f(_: super::Item) {}"),
    ]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn folders_that_use_each_other_are_a_cycle() {
    let found = cycles(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub mod x; pub mod y;"),
        ("a/x.rs", "pub struct X;"),
        ("a/y.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::x::X; pub struct B(X);"),
    ]);
    assert_eq!(found.len(), 1);
}

#[test]
fn a_path_through_a_re_export_leads_to_what_it_names() {
    let files = [
        ("lib.rs", "mod a; pub use a::Item;"),
        ("a/mod.rs", "mod x; mod y; pub use x::Item; pub use y::f;"),
        ("a/x.rs", "pub struct Item;"),
        (
            "a/y.rs",
            "use crate::Item; pub fn f(_: Item, _: super::Item) {}",
        ),
    ];
    let graph = graph(&files);
    let uses: Vec<_> = graph.uses[&module("a::y")].keys().cloned().collect();
    assert_eq!(uses, [module("a::x")]);
    assert!(graph.cycles(Path::new("/")).is_empty());
}

#[test]
fn tests_and_inline_modules_make_no_edges_of_their_own() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b; fn f() { mod inner { use super::*; } }",
        ),
        (
            "a.rs",
            "pub struct A; mod inner { use super::A; } \
             #[cfg(test)] mod tests { use crate::b::B; }",
        ),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
    ];
    assert!(cycles(&files).is_empty());
}

#[test]
fn paths_in_the_arguments_of_macros_count() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "fn f() { assert!(crate::b::g()); } pub struct A;"),
        ("b.rs", "pub fn g() -> bool { matches!(0, super::a::A) }"),
    ];
    assert_eq!(cycles(&files).len(), 1);
}

#[test]
fn the_graph_is_written_for_graphviz() {
    let graph = graph(&[("lib.rs", "mod a;"), ("a.rs", "use crate::f;")]);
    let text = graph.to_dot();
    assert!(text.contains("\"a\" -> \"crate\";"), "{text}");
}
