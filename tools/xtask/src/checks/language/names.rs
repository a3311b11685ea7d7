//! The names that a Rust file gives to types, modules and functions.

use crate::checks::rust_source::{first_line, inner_trees, is_braces, is_mark, is_word, word_text};
use proc_macro2::TokenTree;

/// A name and the line it is given on.
#[derive(Debug, PartialEq)]
pub(super) struct GivenName {
    /// The name.
    pub(super) name: String,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// Structs, enums, traits and type aliases; types inside a trait or its implementation are not counted.
pub(super) fn type_names(code: &[TokenTree]) -> Vec<GivenName> {
    let keywords = ["struct", "enum", "trait", "type"];
    let mut found = Vec::new();
    collect_names(code, &keywords, &mut found, &|item, _| {
        is_word(item, &["impl", "trait"])
    });
    found.retain(|given| given.name.starts_with(char::is_uppercase));
    found
}

/// Modules in braces; one in a file of its own has the file's name.
pub(super) fn module_names(code: &[TokenTree]) -> Vec<GivenName> {
    let mut found = Vec::new();
    let with_braces = code.windows(3).filter(|three| is_braces(&three[2]));
    for three in with_braces {
        found.extend(name_after(three, &["mod"]));
        found.extend(module_names(&inner_trees(&three[2])));
    }
    found
}

/// Functions whose name is of one's own choice: those of a trait's implementation have the trait's names.
pub(super) fn function_names(code: &[TokenTree]) -> Vec<GivenName> {
    let mut found = Vec::new();
    collect_names(code, &["fn"], &mut found, &|item, header| {
        is_word(item, &["impl"]) && header.iter().any(|token| is_word(token, &["for"]))
    });
    found.retain(|given| given.name != "main");
    found
}

/// Adds the names that follow one of `keywords`, but none in the braces of an item that is `unwanted` by its keyword and
/// its header, which is everything before its braces.
fn collect_names(
    code: &[TokenTree],
    keywords: &[&str],
    found: &mut Vec<GivenName>,
    unwanted: &dyn Fn(&TokenTree, &[TokenTree]) -> bool,
) {
    const ITEMS: [&str; 7] = ["impl", "trait", "fn", "struct", "enum", "union", "mod"];
    let mut begin = 0;
    for (at, token) in code.iter().enumerate() {
        found.extend(name_after(&code[at..], keywords));
        let header = &code[begin..at];
        let item = header.iter().find(|token| is_word(token, &ITEMS));
        if !is_braces(token) || !item.is_some_and(|item| unwanted(item, header)) {
            collect_names(&inner_trees(token), keywords, found, unwanted);
        }
        if is_braces(token) || is_mark(token, ';') {
            begin = at + 1;
        }
    }
}

fn name_after(code: &[TokenTree], keywords: &[&str]) -> Option<GivenName> {
    match code {
        [keyword, TokenTree::Ident(name), ..] if is_word(keyword, keywords) => Some(GivenName {
            name: word_text(name),
            line: first_line(&code[1]),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::rust_source::parse_code;

    fn texts(found: &[GivenName]) -> Vec<&str> {
        found.iter().map(|given| given.name.as_str()).collect()
    }

    #[test]
    fn names_are_those_of_ones_own_choice() -> anyhow::Result<()> {
        let source = "pub struct A; enum B {} trait C { type D; fn e(); }\nimpl C for A { type D = u8; fn e() {} }\n\
            impl A { fn f(&self) -> impl Fn(u8) { g } }\ntype H = u8; mod i; mod j { fn k() {} }\nfn main() {}";
        let code = parse_code(source)?;
        assert_eq!(texts(&type_names(&code)), ["A", "B", "C", "H"]);
        assert_eq!(texts(&module_names(&code)), ["j"]);
        assert_eq!(texts(&function_names(&code)), ["e", "f", "k"]);
        Ok(())
    }
}
