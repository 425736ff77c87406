//! Made-up files.

use super::*;

const RETIRED: &[Retired] = &[
    Retired(Use::Text, &["errand", "it goes"], "deferred work"),
    Retired(Use::Identifier, &["Desk", "DID_*"], "Transaction"),
    Retired(Use::Module("host/"), &["fill"], "poison"),
];

fn lines(path: &str, text: &str) -> Vec<usize> {
    let tree = Tree {
        root: "/".into(),
        files: vec![SourceFile {
            path: path.into(),
            text: text.to_owned(),
        }],
    };
    let findings = check(&tree, RETIRED);
    findings.into_iter().map(|finding| finding.line).collect()
}

#[test]
fn a_word_is_found_in_text_and_in_names() {
    assert_eq!(lines("a.md", "An errand.\n"), [1]);
    assert_eq!(lines("a.rs", "fn f() {}\nstruct ErrandQueue;\n"), [2]);
    assert_eq!(lines("a.rs", "// the way it\n// goes\n"), [1]);
    assert!(lines("a.md", "The errandless.\n").is_empty());
}

#[test]
fn an_identifier_is_found_in_code_only() {
    assert_eq!(
        lines("a.rs", "struct Desk;\nconst DID_X: u8 = 1;\n"),
        [1, 2]
    );
    assert!(lines("a.rs", "// Desk, DID_X\nstruct Desks;\n").is_empty());
    assert!(lines("a.md", "Desk\n").is_empty());
}

#[test]
fn a_module_is_found_in_its_folder_only() {
    assert_eq!(lines("host/x/src/fill.rs", ""), [1]);
    assert_eq!(lines("host/x/src/fill/mod.rs", ""), [1]);
    assert!(lines("src/fill.rs", "").is_empty());
}

#[test]
fn history_may_use_the_words_of_its_time() {
    assert!(lines("CHANGELOG.md", "errand\n").is_empty());
    assert!(lines("docs/glossary.md", "formerly errand\n").is_empty());
    assert_eq!(lines("docs/glossary.md", "errand\n"), [1]);
}
