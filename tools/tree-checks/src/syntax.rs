//! What several checks ask of Rust syntax.

use proc_macro2::TokenTree;
use syn::Attribute;

/// Whether an item is compiled for tests only: `#[cfg(test)]`, also within `all` and `any`.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        list.path.is_ident("cfg") && says_test(list.tokens.clone())
    })
}

fn says_test(tokens: proc_macro2::TokenStream) -> bool {
    let mut negated = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Ident(ident) => negated = ident == "not",
            TokenTree::Group(group) if !negated && says_test(group.stream()) => return true,
            _ => negated = false,
        }
    }
    false
}

/// The text of a string attribute such as `#[path = "x.rs"]`.
pub(crate) fn string_attribute(attributes: &[Attribute], name: &str) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let syn::Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        match &meta.value {
            syn::Expr::Lit(literal) if meta.path.is_ident(name) => match &literal.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_test_item(attribute: &str) -> bool {
        let item: syn::ItemFn = syn::parse_str(&format!("{attribute} fn item() {{}}")).unwrap();
        is_for_tests(&item.attrs)
    }

    #[test]
    fn items_for_tests_are_recognized() {
        assert!(is_test_item("#[cfg(test)]"));
        assert!(is_test_item("#[cfg(all(test, unix))]"));
        assert!(!is_test_item("#[cfg(not(test))]"));
        assert!(!is_test_item("#[cfg(unix)]"));
        assert!(!is_test_item("#[cfg(feature = \"test\")]"));
    }
}
